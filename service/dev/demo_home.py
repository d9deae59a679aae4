"""Where does a demo keep its files, and who cleans up after one that was killed? Not for what is in them."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from service.dev.installation import InstallationFailed

_PREFIX = "beatline-demo-"
_LOCK = "demo.lock"


@contextmanager
def home_of_demo(data_dir: Path | None, *, root: Path | None = None) -> Iterator[Path]:
    """`data_dir` (made if missing, never removed), or a private folder that is gone afterwards. Ours alone meanwhile.

    Private folders are made in `root`, by default where this machine keeps temporary files. Raises InstallationFailed
    when another demo uses `data_dir`.
    """
    if data_dir is None:
        with _private_folder(root or Path(tempfile.gettempdir())) as folder:
            yield folder
        return
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / _LOCK).open("a") as lock:
        if not _locked(lock):
            raise InstallationFailed(f"{data_dir} is used by another demo: stop that one, or choose another folder")
        yield data_dir.resolve()


@contextmanager
def _private_folder(root: Path) -> Iterator[Path]:
    """Gone at the end. What demos left behind that could not clean up is swept first."""
    _sweep(root)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
    with (folder / _LOCK).open("a") as lock:
        _locked(lock)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(root: Path) -> None:
    """Remove the folders of demos that were killed: the kernel has let go of their locks."""
    for left in root.glob(f"{_PREFIX}*/{_LOCK}"):
        # It may be another user's, or swept by somebody else meanwhile.
        with suppress(OSError), left.open("r+") as lock:
            if _locked(lock):
                shutil.rmtree(left.parent, ignore_errors=True)


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
