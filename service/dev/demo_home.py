"""Where does a demo keep its files, and who cleans up after one that was killed? Not for what is in them."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from service.dev.installation import InstallationFailed

_PREFIX = "beatline-demo-"
_LOCK = "demo.lock"


@contextmanager
def home_of_demo(data_dir: Path | None) -> Iterator[Path]:
    """`data_dir` (made if missing, never removed), or a private folder that is gone afterwards. Ours alone meanwhile.

    Raises InstallationFailed when another demo uses `data_dir`.
    """
    if data_dir is None:
        with _private_folder() as folder:
            yield folder
        return
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / _LOCK).open("a") as lock:
        if not _locked(lock):
            raise InstallationFailed(f"{data_dir} is used by another demo: stop that one, or choose another folder")
        yield data_dir.resolve()


@contextmanager
def _private_folder() -> Iterator[Path]:
    """Gone at the end. What demos left behind that could not clean up is swept first."""
    root = Path(tempfile.gettempdir())
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
    for folder in root.glob(f"{_PREFIX}*"):
        if folder.stat().st_uid != os.geteuid() or not (folder / _LOCK).exists():
            continue
        with (folder / _LOCK).open("a") as lock:
            if _locked(lock):
                shutil.rmtree(folder, ignore_errors=True)


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
