"""What runs while it is measured? Stores that keep their promises, a migrated database with a city, the API, a worker.

All but the stores are child processes as in production; `floor` is a copy of the database, for floors to write to.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
from bench.city import City, founded, quieten, report_all
from pydantic import SecretStr
from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer
from sqlalchemy.engine import make_url

from service import runtime
from service.dev.children import Children
from service.dev.embedded import Stores
from service.dev.embedded_postgres import SUPERUSER
from service.dev.fcm_standin import write_credentials
from service.dev.installation import free_port
from service.runtime import Runtime
from service.settings import Environment, Settings
from service.store import migration

OURS, FLOOR = "beatline", "floor"
START_S = 30.0
ROOT = Path(__file__).resolve().parents[2]


class StandFailed(Exception):
    """Something did not start; the message has the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """`here` is a runtime in this process, for what is measured without HTTP; `owner` sees all rows of `OURS`."""

    home: Path
    stores: Stores
    settings: Settings
    city: City
    here: Runtime
    owner: psycopg.Connection
    fcm_url: str

    @property
    def base_url(self) -> str:
        return self.settings.base_url

    @property
    def redis_url(self) -> str:
        return self.settings.redis_url.get_secret_value()

    @contextmanager
    def running(self, name: str, command: Sequence[str]) -> Iterator[None]:
        """A Python process of this stand, `python` left out of its command, while the block runs."""
        log = self.home / f"{name}.log"
        with Children(environment=self._environment(), log=log) as children:
            children.start(name, [sys.executable, *command])
            yield

    @contextmanager
    def api(self, *, under: Sequence[str] = ()) -> Iterator[None]:
        """`beatline serve`, which brings a clock along. `under`: a profiler to run it in."""
        port = self.base_url.rpartition(":")[2]
        with self.running("api", [*under, "-m", "service", "serve", "--port", port]):
            self.wait_for("api", f"{self.base_url}/readyz")
            report_all(self.here, self.city)
            yield

    @contextmanager
    def worker(self, name: str, module: str, queue: str) -> Iterator[None]:
        """An RQ worker, warm, with an empty queue."""
        quieten(self.owner)
        with Redis.from_url(self.redis_url) as redis, self.running(name, ["-m", module]):
            waiting = Queue(queue, connection=redis, serializer=JSONSerializer)
            waiting.delete(delete_jobs=True)
            self._until(name, lambda: Worker.count(connection=redis, queue=waiting) > 0)
            yield

    def connect(self, database: str) -> psycopg.Connection:
        """As the owner, whom no row-level security stops; what is not in a transaction commits by itself."""
        return psycopg.connect(host=socket_dir(self.stores), user=SUPERUSER, dbname=database, autocommit=True)

    def wait_for(self, name: str, url: str) -> None:
        """Until it answers there."""
        with httpx.Client(timeout=1.0) as http:
            self._until(name, lambda: _answers(http, url))

    def _until(self, name: str, is_ready: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + START_S
        while not is_ready():
            if time.monotonic() > deadline_s:
                words = (self.home / f"{name}.log").read_text(errors="replace")[-3_000:]
                raise StandFailed(f"{name} did not start: {words}")
            time.sleep(0.05)

    def _environment(self) -> Mapping[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("BEATLINE_")}
        return {**own, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", **_variables(self.settings)}


@contextmanager
def standing(home: Path) -> Iterator[Stand]:
    """Everything but the API and the workers, which each row starts as it needs them."""
    with ExitStack() as stack:
        stores = stack.enter_context(Stores())
        stores.create_database(OURS)
        migration.upgrade(stores.admin_url(OURS))
        fcm_url = f"http://127.0.0.1:{free_port()}"
        settings = _settings(home, stores, fcm_url)
        with runtime.running(settings, sends=False) as setting_up:
            city = founded(setting_up)
        stores.create_database(FLOOR, template=OURS)
        here = stack.enter_context(runtime.running(settings, sends=False))
        owner = stack.enter_context(_owner_of(stores, OURS))
        stand = Stand(home=home, stores=stores, settings=settings, city=city, here=here, owner=owner, fcm_url=fcm_url)
        port = fcm_url.rpartition(":")[2]
        stack.enter_context(stand.running("push", ["-m", "service.dev.fcm_standin", "--port", port]))
        stand.wait_for("push", f"{fcm_url}/deliveries")
        yield stand


def _owner_of(stores: Stores, database: str) -> psycopg.Connection:
    owner = psycopg.connect(host=socket_dir(stores), user=SUPERUSER, dbname=database, autocommit=True)
    owner.execute("set synchronous_commit = off")  # tidying up need not wait for the disk
    return owner


def socket_dir(stores: Stores) -> str:
    return str(make_url(stores.admin_url()).query["host"])


def _settings(home: Path, stores: Stores, fcm_url: str) -> Settings:
    credentials = home / "push-credentials.json"
    write_credentials(credentials, fcm_url)
    return Settings(
        environment=Environment.DEMO,
        database_url=SecretStr(stores.url(OURS, role="beatline_app")),
        redis_url=SecretStr(stores.redis_url),
        base_url=f"http://127.0.0.1:{free_port()}",
        fcm_credentials_file=credentials,
        fcm_url=fcm_url,
    )


def _variables(settings: Settings) -> dict[str, str]:
    return {
        "BEATLINE_ENVIRONMENT": settings.environment,
        "BEATLINE_DATABASE_URL": settings.database_url.get_secret_value(),
        "BEATLINE_REDIS_URL": settings.redis_url.get_secret_value(),
        "BEATLINE_BASE_URL": settings.base_url,
        "BEATLINE_FCM_CREDENTIALS_FILE": str(settings.fcm_credentials_file),
        "BEATLINE_FCM_URL": str(settings.fcm_url),
    }


def _answers(http: httpx.Client, url: str) -> bool:
    try:
        return http.get(url).is_success
    except httpx.TransportError:
        return False
