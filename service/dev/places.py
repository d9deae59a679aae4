"""Where may embedded servers keep sockets and data, and who else uses it? Folders and locks; it knows no server."""

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_MEMORY = "/dev/shm"  # noqa: S108  only where a private folder is to be
_DISKS = ("/tmp", "/var/tmp")  # noqa: S108  as above
_ROOM_BYTES = 512 * 2**20
_SOCKET_PATH_BYTES = 107
_LONGEST_BELOW = "/beatline-12345678/postgres/.s.PGSQL.5432.lock"
_POLL_S = 0.1


class PlaceFailed(Exception):
    """No place, or not for us; the message says why, in words for the person who started the stores."""


@contextmanager
def private_folder(*, in_memory: bool, for_another_account: bool) -> Iterator[Path]:
    """A temporary folder that is gone afterwards, with a path short enough for the sockets in it.

    `in_memory`: rather in memory, where there is room: a disk may take 200 ms to create the 400 files of a test's
    database, memory takes 10. `for_another_account`: it may pass the folder, not look into it, and run programs there.
    Raises PlaceFailed.
    """
    root = _temp_root(in_memory=in_memory, for_another_account=for_another_account)
    with tempfile.TemporaryDirectory(prefix="beatline-", dir=root, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if for_another_account:
            folder.chmod(0o711)
        yield folder


def _temp_root(*, in_memory: bool, for_another_account: bool) -> Path:
    candidates = (*((_MEMORY,) if in_memory else ()), tempfile.gettempdir(), *_DISKS)
    for root in map(Path, dict.fromkeys(candidates)):
        if _is_usable(root) and (not for_another_account or (open_to_all(root) and _runs_programs(root))):
            return root
    raise PlaceFailed(f"none of {', '.join(candidates)} is open, has a short path and room: set TMPDIR to one that is")


def _is_usable(root: Path) -> bool:
    return (
        len(os.fsencode(f"{root}{_LONGEST_BELOW}")) <= _SOCKET_PATH_BYTES
        and os.access(root, os.W_OK | os.X_OK)
        and shutil.disk_usage(root).free >= _ROOM_BYTES
    )


def _runs_programs(root: Path) -> bool:
    return not os.statvfs(root).f_flag & os.ST_NOEXEC


def open_to_all(path: Path) -> bool:
    """Whether everybody may pass `path` and all folders above it (or run it, when it is a program)."""
    real = path.resolve()
    return all(part.stat().st_mode & stat.S_IXOTH for part in (real, *real.parents))


@contextmanager
def sole_use(data_dir: Path, *, patience_s: float) -> Iterator[int]:
    """Lock `data_dir`, waiting up to `patience_s` for servers of a dead owner to end. Gives the lock's descriptor.

    Let the servers inherit it: then it is free only when the last of them is gone, and who holds it may believe that no
    process uses these files, whatever a left-behind pid file says. Raises PlaceFailed, at once when its owner lives.
    """
    with (data_dir / "stores.lock").open("a+") as lock:
        deadline_s = time.monotonic() + patience_s
        while not _take(lock):
            if _owner_lives(lock) or time.monotonic() > deadline_s:
                raise PlaceFailed(f"{data_dir} is in use by another copy: stop it, or choose another folder")
            time.sleep(_POLL_S)
        yield lock.fileno()


def _take(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    lock.truncate(0)
    lock.write(str(os.getppid()))
    lock.flush()
    return True


def _owner_lives(lock: IO[str]) -> bool:
    lock.seek(0)
    owner_pid = lock.read()
    return bool(owner_pid) and Path("/proc", owner_pid).exists()
