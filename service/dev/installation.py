"""How is everything of Beatline started on one machine? Stores, migrations, push service, API, workers; all or nothing.

For the demo and for the throw-away server of a replay. Not for production, and not for what happens in it.
"""

import os
import random
import shlex
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from socket import create_server
from threading import Event
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
import redis
from psycopg.errors import DuplicateDatabase
from rq import Worker

from service.dev.children import Children
from service.dev.demo_file import write_private
from service.dev.embedded import Stores
from service.dev.fcm_standin import write_credentials
from service.dev.watch import Watch
from service.settings import Settings
from service.store import migration

DATABASE = "beatline"
APP_ROLE = "beatline_app"
WORKERS = 1
"""Enough for a city; each is another Python to start."""
START_S = 60.0
_LOWEST_PORT = 10_000
_TRIES = 100
_PREFIX = "BEATLINE_"
SETTINGS_FILE = "settings.env"
_PACKAGE_ROOT = Path(__file__).parents[2]
_LAST_WORDS = 3_000


class InstallationFailed(Exception):
    """It did not start; the message says why, in words for the person who started it."""


def free_port() -> int:
    """One that was free a moment ago, and not one of those that outgoing connections take: it stays free for us."""
    lowest_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for _ in range(_TRIES):
        port = random.randrange(_LOWEST_PORT, max(lowest_outgoing, 2 * _LOWEST_PORT))
        with suppress(OSError):
            create_server(("127.0.0.1", port)).close()
            return port
    raise InstallationFailed("no free port was found on 127.0.0.1")


def refuse_taken_port(port: int) -> None:
    """Raises InstallationFailed now rather than after a long wait for a server that cannot start."""
    try:
        create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise InstallationFailed(f"port {port} cannot be used: {error.strerror}") from error


class Installation:
    """Up inside the `with` block. `home` gets the log, credentials and settings, and the data when `keeps_data`.

    `fcm_url`: somebody else's push service; without it a stand-in is started, and `fcm_url` says where. `watch` is the
    clock it lives by, the world's unless a replay brings a faster one.
    """

    def __init__(
        self, home: Path, *, port: int, fcm_url: str | None = None, keeps_data: bool = False, watch: Watch | None = None
    ) -> None:
        self.home = home
        self.base_url = f"http://127.0.0.1:{port}"
        self.fcm_url = fcm_url or f"http://127.0.0.1:{free_port()}"
        self.log = home / "beatline.log"
        self.watch = watch or Watch()
        self._port = port
        self.has_standin = fcm_url is None
        self._stores = Stores(home / "stores" if keeps_data else None)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._stores)
            with suppress(DuplicateDatabase):  # it is there from the last time
                self._stores.create_database(DATABASE)
            migration.upgrade(self._stores.admin_url(DATABASE))
            self._credentials = self.home / "push-credentials.json"
            write_credentials(self._credentials, self.fcm_url)
            self._write_settings()
            self.children = stack.enter_context(Children(environment=self._environment(), log=self.log))
            self._start_children()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def settings(self) -> Settings:
        """For whoever works beside it in this process."""
        named = {name.removeprefix(_PREFIX).lower(): value for name, value in self._variables().items()}
        return Settings.model_validate(named)

    def wait_until_ready(self, *, give_up: Event) -> None:
        """Until a detection that comes now is paged at once. Returns early when `give_up` is set.

        Raises InstallationFailed with the last words of the log when a process ends instead.
        """
        deadline_s = time.monotonic() + START_S
        with redis.Redis.from_url(self._stores.redis_url) as queue, httpx.Client(timeout=1.0) as http:
            while not (self._answers(http) and Worker.count(connection=queue) >= WORKERS):
                if give_up.wait(0.05):
                    return
                if self.children.mend() or time.monotonic() > deadline_s:
                    raise InstallationFailed(f"Beatline did not start. The end of its log:\n{self.last_words()}")

    def tend(self) -> None:
        """Start again who has died; to be called often. Raises InstallationFailed when the stores are gone."""
        self.children.mend()
        if not self._stores.is_running():
            raise InstallationFailed(f"PostgreSQL or Valkey has ended. The end of the log:\n{self.last_words()}")

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-_LAST_WORDS:] if self.log.exists() else "(none)"

    def _start_children(self) -> None:
        if self.has_standin:
            port = str(urlsplit(self.fcm_url).port)
            self.children.start("push service", [sys.executable, "-m", "service.dev.fcm_standin", "--port", port])
        beatline = [sys.executable, "-m", "service"]
        self.children.start("api", [*beatline, "serve", "--host", "127.0.0.1", "--port", str(self._port)])
        self.children.start("workers", [*beatline, "work", "--processes", str(WORKERS)])

    def _answers(self, http: httpx.Client) -> bool:
        asked = [f"{self.base_url}/readyz", *([f"{self.fcm_url}/deliveries"] if self.has_standin else [])]
        try:
            return all(http.get(url).is_success for url in asked)
        except httpx.TransportError:
            return False

    def _write_settings(self) -> None:
        """For whoever is at a shell: `. settings.env` makes `beatline admin` or `beatline drill` one of this one's."""
        lines = [f"export {name}={shlex.quote(value)}" for name, value in self._variables().items()]
        write_private(self.home / SETTINGS_FILE, "\n".join(lines) + "\n")

    def _environment(self) -> dict[str, str]:
        """Ours without whatever settings of another installation are in it."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
        return {**own, "PYTHONPATH": str(_PACKAGE_ROOT), **self._variables()}

    def _variables(self) -> dict[str, str]:
        # A push service that is not ours may count what it is sent, and a replay's minute is none.
        calm = {} if self.has_standin and self.watch.speed == 1.0 else {"CANARY_EVERY_S": "0"}
        scaled = {"CLOCK_SPEED": str(self.watch.speed), "CLOCK_START": str(self.watch.started_at.timestamp())}
        variables = {
            "ENVIRONMENT": "demo",
            "DATABASE_URL": self._stores.url(DATABASE, role=APP_ROLE),
            "REDIS_URL": self._stores.redis_url,
            "BASE_URL": self.base_url,
            "FCM_CREDENTIALS_FILE": str(self._credentials),
            "FCM_URL": self.fcm_url,
            **calm,
            **(scaled if self.watch.speed != 1.0 else {}),
        }
        return {f"{_PREFIX}{name}": value for name, value in variables.items()}
