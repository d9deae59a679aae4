"""Who looks after the embedded stores? A process of its own, so that they end well even when their owner is killed.

It makes a private folder, starts PostgreSQL and Valkey, says where they are (one line of JSON), and waits for SIGTERM,
for the end of its owner or of a server; then it stops both and removes the folder. A terminal's Ctrl-C does not reach
it (it leads a session of its own), so its owner can close connections first. The standard library is all it imports.
Not for use by itself: see `embedded`.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from service.dev import embedded_postgres as postgres
from service.dev import embedded_valkey as valkey
from service.dev.foreground import Account, tied
from service.dev.places import PlaceFailed, private_folder, sole_use

START_S = 60
STOP_S = 10
_WATCH_S = 0.2
_ORDERS_TO_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What the owner asks for. Without `data_dir` all data goes away with the stores."""

    owner_pid: int
    data_dir: str | None
    durable: bool
    postgres_home: str
    valkey_server: str

    def to_json(self) -> str:
        return json.dumps(asdict(self))


class ServerFailed(Exception):
    """A server did not start; the message has its last words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    name: str
    process: subprocess.Popen[bytes]
    last_signal: signal.Signals
    log: Path
    is_ready: Callable[[], bool]


class Warden:
    """Starts the two servers of an errand, watches, and stops them."""

    def __init__(self, errand: Errand, *, folder: Path, account: Account | None) -> None:
        self._errand = errand
        self._folder = folder
        self._account = account
        self._data_dir = Path(errand.data_dir or folder)
        self._servers: list[Server] = []

    def start(self, stack: ExitStack) -> dict[str, str]:
        """Bring both up, side by side; returns where they are. However it ends, `stack` stops what runs."""
        lock = stack.enter_context(sole_use(self._data_dir, patience_s=STOP_S + 5))
        stack.callback(self.stop)
        self._start_valkey(lock)
        self._start_postgres(lock)
        self._wait_until_ready()
        return {
            "folder": str(self._folder),
            "postgres": str(self._folder / "postgres-socket"),
            "valkey": str(self._folder / "valkey.sock"),
        }

    def _start_valkey(self, lock: int) -> None:
        data_dir, socket_path = self._data_dir / "valkey", self._folder / "valkey.sock"
        data_dir.mkdir(mode=0o700, exist_ok=True)
        command = valkey.command(
            Path(self._errand.valkey_server), data_dir=data_dir, socket_path=socket_path, durable=self._errand.durable
        )
        self._spawn(tied(command), cwd=data_dir, lock=lock, is_ready=lambda: valkey.is_ready(socket_path))

    def _start_postgres(self, lock: int) -> None:
        data_dir, home = self._data_dir / "postgres", Path(self._errand.postgres_home)
        if self._account:
            home = postgres.reachable_home(home, copies=self._folder)
        postgres.create(home, data_dir, account=self._account, durable=self._errand.durable)
        (data_dir / "postmaster.pid").unlink(missing_ok=True)  # of a dead server, since the lock is ours
        socket_dir = postgres.private_dir(self._folder / "postgres-socket", account=self._account)
        # Data that nobody will read again need not be written down in the end.
        last_signal = signal.SIGINT if self._errand.data_dir else signal.SIGQUIT
        command = postgres.command(home, socket_dir=socket_dir, durable=self._errand.durable)
        self._spawn(
            tied(command, last_signal=last_signal, account=self._account),
            cwd=data_dir,
            lock=lock,
            is_ready=lambda: postgres.is_ready(data_dir),
            last_signal=last_signal,
        )

    def _spawn(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        lock: int,
        is_ready: Callable[[], bool],
        last_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        log = cwd.with_suffix(".log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=postgres.ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(lock,),
            )
        self._servers.append(
            Server(name=cwd.name, process=process, last_signal=last_signal, log=log, is_ready=is_ready)
        )

    def _wait_until_ready(self) -> None:
        deadline_s = time.monotonic() + START_S
        while late := [server for server in self._servers if not server.is_ready()]:
            culprits = self._ended() or (late if time.monotonic() > deadline_s else [])
            if culprits:
                last_words = culprits[0].log.read_text(errors="replace").strip()[-2_000:]
                raise ServerFailed(f"{culprits[0].name} did not start: {last_words}")
            time.sleep(0.01)

    def _ended(self) -> list[Server]:
        return [server for server in self._servers if server.process.poll() is not None]

    def watch(self) -> None:
        """Return when it is time to stop: told to, the owner gone, or a server gone."""
        while os.getppid() == self._errand.owner_pid and not self._ended():
            if signal.sigtimedwait(_ORDERS_TO_STOP, _WATCH_S):
                return

    def stop(self) -> None:
        """Side by side; who takes longer than STOP_S is killed."""
        for server in self._servers:
            server.process.send_signal(server.last_signal)
        deadline_s = time.monotonic() + STOP_S
        for server in self._servers:
            try:
                server.process.wait(max(0.0, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait()


def look_after(errand: Errand) -> None:
    account = postgres.account_for(Path(errand.data_dir, "postgres") if errand.data_dir else None)
    in_memory = not errand.durable and not errand.data_dir
    with (
        private_folder(in_memory=in_memory, for_another_account=account is not None) as folder,
        ExitStack() as stack,
    ):
        warden = Warden(errand, folder=folder, account=account)
        _say(warden.start(stack))
        warden.watch()


def _say(line: dict[str, str]) -> None:
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()


def main() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, _ORDERS_TO_STOP)  # `watch` asks for them; those that come earlier wait
    os.chdir("/")
    try:
        look_after(Errand(**json.loads(sys.argv[1])))
    except (PlaceFailed, postgres.PostgresFailed, ServerFailed, OSError) as failure:
        _say({"failure": str(failure)})
        sys.exit(1)


if __name__ == "__main__":
    main()
