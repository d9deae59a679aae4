"""PostgreSQL servers of one's own: hung, killed, full or read-only at will, with a standby that can be promoted.

The wheel's binaries on unix sockets, in memory, each server a real process. Not for a test that only needs a database:
`conftest` has one ready.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGQUIT
from urllib.parse import quote

import psycopg
from chaos.processes import Processes, Program

from service.dev import embedded_postgres as postgres
from service.dev.embedded import Stores
from service.dev.places import private_folder
from service.store import migration

DATABASE = "beatline"
APP_ROLE = "beatline_app"
SCRIPTS = Path(__file__).parents[1] / "docker"
READY_S = 30.0


class Cluster:
    """Servers by name. A standby is a copy of another server, which waits for it before it commits anything."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        self.folder = folder
        self.processes = processes
        self.account = postgres.account_for(None)
        # Tools are run by ourselves, from where they are; the server by whom it must be, from where that one may.
        self.tools = Path(Stores()._errand().postgres_home) / "bin"
        home = self.tools.parent
        self.server_home = postgres.reachable_home(home, copies=folder) if self.account else home

    # -- make them ----------------------------------------------------------------------------------------------

    def create(self, name: str, **options: str) -> None:
        """A new server without a database, started."""
        postgres.create(self.server_home, self.data_dir(name), account=self.account, durable=False)
        self.start(name, **options)

    def create_database(self, name: str) -> None:
        """Empty and migrated."""
        with self.admin(name, "postgres") as connection:
            connection.execute(f"create database {DATABASE}")
        migration.upgrade(self.url(name, role=postgres.SUPERUSER))

    def add_standby(self, name: str, *, of: str) -> None:
        """A synchronous one: from now on `of` commits nothing that is not on the disk of `name`."""
        self.script("failover/make-standby.sh", name, str(self.data_dir(name)), at=of).check_returncode()
        self.own(self.data_dir(name))
        self.start(name)
        self.script("failover/require-standby.sh", name, at=of).check_returncode()
        state = "select sync_state from pg_stat_replication where application_name = %s"
        self.until(lambda: self.ask(of, state, name) in {"sync", "quorum"}, what=f"{name} to be waited for by {of}")

    def promote(self, name: str) -> None:
        """By the script that an administrator uses, who has seen to the old primary."""
        self.script("failover/promote.sh", "--old-is-fenced", at=name).check_returncode()

    def start(self, name: str, **options: str) -> None:
        """Also one that was killed; returns when it answers."""
        data_dir, socket_dir = self.data_dir(name), self.socket_dir(name)
        (data_dir / "postmaster.pid").unlink(missing_ok=True)
        if not socket_dir.exists():
            postgres.private_dir(socket_dir, account=self.account)
        command = postgres.command(self.server_home, socket_dir=socket_dir, durable=True)
        program = Program(
            command=[*command, "--fsync=off", *(f"--{option}={value}" for option, value in options.items())],
            folder=data_dir,
            environment=postgres.ENVIRONMENT,
            log=self.folder / f"{name}.log",
            last_signal=SIGQUIT,
            account=self.account,
        )
        self.processes.start(name, program)
        self.until(lambda: postgres.is_ready(data_dir), what=f"{name} to start")

    def own(self, path: Path) -> None:
        """To the user that the server runs as, with everything in it."""
        if self.account:
            for each in (path, *path.rglob("*")):
                os.chown(each, self.account.uid, self.account.gid)

    # -- break them ---------------------------------------------------------------------------------------------

    def kill(self, name: str) -> None:
        self.processes.kill(name)

    def hang(self, name: str) -> None:
        self.processes.hang(name)

    def go_on(self, name: str) -> None:
        self.processes.go_on(name)

    def set(self, name: str, **options: str) -> None:
        """For new connections and old ones, as `alter system` does it."""
        with self.admin(name, "postgres") as connection:
            for option, value in options.items():
                connection.execute(f"alter system set {option} = '{value}'")
            connection.execute("select pg_reload_conf()")

    # -- ask them -----------------------------------------------------------------------------------------------

    def url(self, *names: str, role: str = APP_ROLE) -> str:
        """For SQLAlchemy; of several servers, whichever can be written to."""
        hosts = "&".join(f"host={quote(str(self.socket_dir(name)), safe='')}" for name in names)
        return f"postgresql+psycopg://{role}@/{DATABASE}?{hosts}"

    @contextmanager
    def admin(self, name: str, database: str = DATABASE) -> Iterator[psycopg.Connection]:
        """As the superuser; each statement commits by itself."""
        where = str(self.socket_dir(name))
        with psycopg.connect(host=where, user=postgres.SUPERUSER, dbname=database, autocommit=True) as connection:
            yield connection

    def ask(self, name: str, question: str, *parameters: object) -> object:
        """The one value of the answer; None when there is no row."""
        with self.admin(name) as connection:
            row = connection.execute(question.encode(), parameters or None).fetchone()
        return row[0] if row else None

    def run(self, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """A program of PostgreSQL's or of the machine's."""
        # First where the server's own user may run them from, and then the other programs.
        path = f"{self.server_home / 'bin'}:{self.tools}:{os.defpath}"
        told = postgres.ENVIRONMENT | {"PATH": path} | environment
        return subprocess.run(command, env=told, cwd=self.folder, capture_output=True, text=True, check=False)

    def script(
        self, name: str, *arguments: str | Path, at: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """One of `docker/`, as somebody runs it who is the superuser of the server `at`, unless told otherwise."""
        who = {"PGHOST": str(self.socket_dir(at)), "PGUSER": postgres.SUPERUSER}
        return self.run("sh", SCRIPTS / name, *arguments, **(who | environment))

    def until(self, is_so: Callable[[], bool], *, what: str) -> None:
        deadline_s = time.monotonic() + READY_S
        while not is_so():
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"waited {READY_S:.0f} s for {what}")
            time.sleep(0.02)

    def is_abandoned(self, name: str) -> bool:
        """It was there, and runs no more."""
        return self.data_dir(name).exists() and not self.processes.lives(name)

    def forget(self, name: str) -> None:
        """The data of one that was killed, since nobody knows what it has written last."""
        shutil.rmtree(self.data_dir(name))

    def data_dir(self, name: str) -> Path:
        return self.folder / name

    def socket_dir(self, name: str) -> Path:
        return self.folder / f"{name}-socket"


@contextmanager
def a_cluster() -> Iterator[Cluster]:
    """Nothing in it yet; gone afterwards with all of its processes."""
    other_account = postgres.account_for(None) is not None
    with private_folder(in_memory=True, for_another_account=other_account) as folder:
        processes = Processes()
        try:
            yield Cluster(folder, processes)
        finally:
            processes.close()
