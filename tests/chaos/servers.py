"""PostgreSQL and Valkey as programs that can be killed, hung, emptied and started again, each for itself.

The wheels' binaries and the settings of `service.dev.embedded_*`, without the warden, which takes both away when one
ends. What a killed process had written is in the kernel: nothing here is about a machine that loses its power.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGQUIT, SIGTERM
from urllib.parse import quote

import psycopg
from psycopg.rows import DictRow, dict_row

from chaos.processes import Program
from service.dev import embedded_postgres as postgres
from service.dev import embedded_valkey as valkey
from service.dev.embedded import Stores
from service.dev.places import private_folder

DATABASE = "beatline"
APP_ROLE = "beatline_app"


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where the two are. Not started here: `postgres` and `valkey` are what is to be started."""

    folder: Path
    postgres: Program
    valkey: Program

    @property
    def admin_url(self) -> str:
        """For SQLAlchemy, as the superuser, whom no row-level security stops."""
        return self._url(postgres.SUPERUSER)

    @property
    def app_url(self) -> str:
        return self._url(APP_ROLE)

    @property
    def redis_url(self) -> str:
        return f"unix://{quote(str(self._valkey_socket))}"

    def connect(self, database: str = DATABASE) -> psycopg.Connection[DictRow]:
        """As the superuser; each statement commits by itself. Raises psycopg.OperationalError while it is away."""
        return psycopg.connect(
            host=str(self._socket_dir),
            user=postgres.SUPERUSER,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
            row_factory=dict_row,
        )

    def postgres_is_ready(self, pid: int) -> bool:
        """The pid file of a server that was killed says that it is ready for ever: so `pid` must be in it."""
        told = self._data_dir / "postmaster.pid"
        return told.exists() and told.read_text().startswith(f"{pid}\n") and postgres.is_ready(self._data_dir)

    def valkey_is_ready(self, _pid: int) -> bool:
        return valkey.is_ready(self._valkey_socket)

    def _url(self, role: str) -> str:
        return f"postgresql+psycopg://{role}@/{DATABASE}?host={quote(str(self._socket_dir), safe='')}"

    @property
    def _data_dir(self) -> Path:
        return self.postgres.folder

    @property
    def _socket_dir(self) -> Path:
        return self.folder / "postgres-socket"

    @property
    def _valkey_socket(self) -> Path:
        return self.folder / "valkey.sock"


@contextmanager
def created(home: Path, *, in_memory: bool) -> Iterator[Servers]:
    """A new data folder for each, which is gone afterwards; logs are in `home`."""
    account = postgres.account_for(None)
    wheels = Stores()._errand()
    with private_folder(in_memory=in_memory, for_another_account=account is not None) as folder:
        binaries = Path(wheels.postgres_home)
        if account:
            binaries = postgres.reachable_home(binaries, copies=folder)
        data_dir = folder / "postgres"
        postgres.create(binaries, data_dir, account=account, durable=not in_memory)
        socket_dir = postgres.private_dir(folder / "postgres-socket", account=account)
        (folder / "valkey").mkdir()
        yield Servers(
            folder=folder,
            postgres=Program(
                command=postgres.command(binaries, socket_dir=socket_dir, durable=True),
                folder=data_dir,
                environment=postgres.ENVIRONMENT,
                log=home / "postgres.log",
                last_signal=SIGQUIT,  # takes its shared memory along, and writes nothing that nobody will read
                account=account,
            ),
            valkey=Program(
                command=valkey.command(
                    Path(wheels.valkey_server),
                    data_dir=folder / "valkey",
                    socket_path=folder / "valkey.sock",
                    durable=True,
                ),
                folder=folder / "valkey",
                environment=postgres.ENVIRONMENT,
                log=home / "valkey.log",
                last_signal=SIGTERM,
            ),
        )
