"""How does a Valkey fail over on this machine? A master, its replica and three sentinels: the servers' own binary.

With the configuration of `docker/sentinel`, so that what is run there is what is tried here. Not for Beatline.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import redis

from chaos.processes import Processes, Program
from service.dev import embedded_postgres as postgres
from service.dev.embedded import Stores
from service.dev.installation import free_port

CONFIGURATION = Path(__file__).resolve().parents[2] / "docker" / "sentinel"
SERVER_PASSWORD = "of the servers"
SENTINEL_PASSWORD = "of the sentinels"
START_S = 30.0
SERVERS = ("valkey-1", "valkey-2")
SENTINELS = ("sentinel-1", "sentinel-2", "sentinel-3")


class Watched:
    """Up inside `watched`: two servers, one of them the master, and who watches them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._binary = Stores()._errand().valkey_server
        self._ports = {name: free_port() for name in (*SERVERS, *SENTINELS)}
        self.processes = Processes()

    @property
    def url(self) -> str:
        """For BEATLINE_REDIS_URL."""
        hosts = ",".join(f"127.0.0.1:{self._ports[name]}" for name in SENTINELS)
        passwords = [password.replace(" ", "%20") for password in (SERVER_PASSWORD, SENTINEL_PASSWORD)]
        return f"redis+sentinel://:{passwords[0]}@{hosts}/mymaster?sentinel_password={passwords[1]}"

    def port(self, name: str) -> int:
        return self._ports[name]

    def begin(self) -> None:
        for name in SERVERS:
            self.start(name)
        # A sentinel asks its master who follows when it starts, and then only every ten seconds.
        self.until(lambda: self._is_followed(SERVERS[0]))
        for name in SENTINELS:
            self.start(name)
        self.until(lambda: all(self._knows_everybody(name) for name in SENTINELS))

    def start(self, name: str) -> None:
        """For the first time."""
        follows = () if name == SERVERS[0] else ("--replicaof", f"127.0.0.1 {self._ports[SERVERS[0]]}")
        self.processes.start(name, self._sentinel(name) if name in SENTINELS else self._server(name, *follows))

    def start_again(self, name: str) -> None:
        """A server that was killed, as the other's replica: the sentinels would tell it that within ten seconds."""
        self.processes.start(name, self._server(name, "--replicaof", f"127.0.0.1 {self._ports[self.master()]}"))

    def client(self, name: str, *, as_text: bool = True) -> redis.Redis:
        password = SENTINEL_PASSWORD if name in SENTINELS else SERVER_PASSWORD
        return redis.Redis(port=self._ports[name], password=password, socket_timeout=1, decode_responses=as_text)

    def master(self) -> str:
        """As the first sentinel that answers sees it."""
        for name in SENTINELS:
            with suppress(redis.RedisError), self.client(name) as client:
                _, port = client.execute_command("SENTINEL GET-MASTER-ADDR-BY-NAME", "mymaster")
                return next(server for server in SERVERS if self._ports[server] == int(port))
        raise TimeoutError("no sentinel answers")

    def is_complete(self) -> bool:
        """The master has a replica again, which another failover can go to."""
        return self._is_followed(self.master())

    def until(self, is_so: Callable[[], bool], *, timeout_s: float = START_S) -> None:
        """Raises TimeoutError when it never is."""
        deadline_s = monotonic() + timeout_s
        while not is_so():
            if monotonic() > deadline_s:
                logs = [self.processes.log(name).read_text(errors="replace")[-600:] for name in self._ports]
                raise TimeoutError("\n".join(logs))
            sleep(0.05)

    def close(self) -> None:
        self.processes.close()

    def _server(self, name: str, *follows: str) -> Program:
        configuration = self._configured("valkey.conf", name)
        where = ["--port", str(self._ports[name]), "--bind", "127.0.0.1", "--dir", str(configuration.parent)]
        return self._program(name, [str(configuration), *where, *follows])

    def _sentinel(self, name: str) -> Program:
        configuration = self._configured("sentinel.conf", name)
        return self._program(name, [str(configuration), "--sentinel", "--bind", "127.0.0.1"])

    def _program(self, name: str, arguments: list[str]) -> Program:
        return Program(
            command=[self._binary, *arguments],
            folder=self._folder / name,
            environment=postgres.ENVIRONMENT,
            log=self._folder / f"{name}.log",
        )

    def _configured(self, kind: str, name: str) -> Path:
        """Its own copy, with this machine's ports; one that is there has been rewritten by its server, and stays."""
        copy = self._folder / name / kind
        if not copy.exists():
            copy.parent.mkdir()
            text = (CONFIGURATION / kind).read_text()
            text = text.replace("MASTER_HOST 6379", f"127.0.0.1 {self._ports[SERVERS[0]]}")
            text = text.replace("port 26379", f"port {self._ports[name]}\ndir {copy.parent}")
            text = text.replace("SERVER_PASSWORD", f'"{SERVER_PASSWORD}"')
            copy.write_text(text.replace("SENTINEL_PASSWORD", f'"{SENTINEL_PASSWORD}"'))
        return copy

    def _is_followed(self, name: str) -> bool:
        with suppress(redis.RedisError), self.client(name) as client:
            role, _, followers = client.role()
            return role == "master" and len(followers) == 1
        return False

    def _knows_everybody(self, name: str) -> bool:
        with suppress(redis.RedisError), self.client(name) as client:
            known = client.execute_command("SENTINEL MASTER", "mymaster")
            return bool(known["num-other-sentinels"] == 2 and known["num-slaves"] == 1 and known["flags"] == "master")
        return False


@contextmanager
def watched() -> Iterator[Watched]:
    """Ready to fail over; nothing is left behind."""
    with tempfile.TemporaryDirectory(prefix="beatline-sentinel-") as folder:
        watched = Watched(Path(folder))
        try:
            watched.begin()
            yield watched
        finally:
            watched.close()
