"""How is the wheel's PostgreSQL created and started, as root too, and when is it ready?

Not for keeping it alive: that is the warden's. The wheel's own launcher is not used: it adds a user to the machine,
opens every parent folder to everybody, and leaves the server running when its caller is killed.
"""

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from service.dev.foreground import Account, tied
from service.dev.places import open_to_all

MAJOR_VERSION = "18"
SUPERUSER = "postgres"
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""Nothing of the caller's: a PGDATA or PGOPTIONS meant for another server would be believed."""

HERE = "/proc/self/cwd"
"""The data directory as PostgreSQL is told it: the folder it was started in.

Under root it runs as somebody who may not pass the folders above (a closed home); through this link it need not.
"""

_CREATION = (
    f"--username={SUPERUSER}",
    "--auth=trust",  # the socket's folder decides who gets in: nobody but its owner can pass it, and there is no TCP
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # the same order of text on every machine, whatever locales that has
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)
_ALWAYS = {
    "listen_addresses": "",
    "dynamic_shared_memory_type": "mmap",  # in the data directory: none in /dev/shm for a kill to leave behind
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_wal_size": "128MB",
}


class PostgresFailed(Exception):
    """It could not be created; the message says why, in words for the person who started it."""


def account_for(data_dir: Path | None) -> Account | None:
    """Whom the server runs as: ourselves, but under root the owner of existing data, or else `nobody`."""
    if os.geteuid() != 0:
        return None
    if data_dir and data_dir.exists() and (owner := data_dir.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise PostgresFailed("PostgreSQL does not run as root, and there is no user `nobody` to run it as") from error
    return Account(nobody.pw_uid, nobody.pw_gid)


def reachable_home(home: Path, *, copies: Path) -> Path:
    """`home` itself when everybody can run what is in it, or else a copy of what is needed in `copies`.

    A copy (25 MB, about 40 ms) is cheaper than the alternatives: opening the user's folders to everybody, or lending
    the server root's right to read anything.
    """
    if open_to_all(home / "bin" / "postgres"):
        return home
    libraries = f"{home.parent.name}.libs"
    package = copies / home.parent.name
    shutil.copytree(home, package / home.name, ignore=_only_the_server)
    shutil.copytree(home.parent.parent / libraries, copies / libraries)
    for copied in (*package.rglob("*"), *(copies / libraries).rglob("*"), package, copies / libraries):
        copied.chmod(0o755)
    return package / home.name


def _only_the_server(folder: str, names: list[str]) -> set[str]:
    match Path(folder).name:
        case "bin":
            return set(names) - {"postgres", "initdb"}
        case "lib":
            return set(names) - {"postgresql"}
        case _:
            return set(names) & {"include", "pgxs"}


def private_dir(path: Path, *, account: Account | None) -> Path:
    """Make `path`, which only the server's user can pass."""
    path.mkdir(mode=0o700)
    if account:
        os.chown(path, account.uid, account.gid)
    return path


def create(home: Path, data_dir: Path, *, account: Account | None, durable: bool) -> None:
    """Make the data directory, unless it is there. All or nothing: an interrupted attempt is done again.

    Raises PostgresFailed, also for data of another major version.
    """
    if data_dir.exists():
        _refuse_another_version(data_dir)
        return
    attempt = data_dir.with_name(f"{data_dir.name}.new")
    shutil.rmtree(attempt, ignore_errors=True)
    private_dir(attempt, account=account)
    _initialise(home, attempt, account=account, durable=durable)
    attempt.rename(data_dir)


def _refuse_another_version(data_dir: Path) -> None:
    found = (data_dir / "PG_VERSION").read_text().strip()
    if found != MAJOR_VERSION:
        raise PostgresFailed(f"{data_dir} was made by PostgreSQL {found}, this is {MAJOR_VERSION}: move it away")


def _initialise(home: Path, data_dir: Path, *, account: Account | None, durable: bool) -> None:
    command = [str(home / "bin" / "initdb"), "--pgdata", HERE, *_CREATION, *([] if durable else ["--no-sync"])]
    finished = subprocess.run(
        tied(command, last_signal=signal.SIGKILL, account=account),
        cwd=data_dir,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise PostgresFailed(f"PostgreSQL could not create {data_dir}: {finished.stderr.strip()[-2_000:]}")


def command(home: Path, *, socket_dir: Path, durable: bool) -> list[str]:
    """Foreground, on a unix socket in `socket_dir` alone; to be started inside its data directory."""
    options = {"unix_socket_directories": str(socket_dir), **_ALWAYS, **({} if durable else _FORGETFUL)}
    return [str(home / "bin" / "postgres"), "-D", HERE, *(f"--{name}={value}" for name, value in options.items())]


def is_ready(data_dir: Path) -> bool:
    """As pg_ctl asks: the last line of its pid file turns from `starting` to `ready`."""
    try:
        return (data_dir / "postmaster.pid").read_text().rstrip().endswith("ready")
    except FileNotFoundError:
        return False
