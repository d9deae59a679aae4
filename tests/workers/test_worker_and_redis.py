"""Redis goes and comes back under a worker process: it lives on, and takes nudges again within three seconds."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from chaos.processes import Processes, Program
from fake_clock import FrozenClock
from redis import Redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from world import World

from service.adapters.redis.jobs import PAGES, RqJobs
from service.adapters.redis.server import RedisAway, RedisServer
from service.dev import embedded_valkey
from service.dev.embedded import Stores
from service.dev.fcm_standin import FcmStandin, write_credentials
from service.store.database import Database

ROOT = Path(__file__).parents[2]
VALKEY, WORKER = "valkey", "worker"
PROMISED_S = 3.0
SLACK = 3
START_S = 60.0


@dataclass
class Stand:
    """A Valkey of its own, which a test may kill, and a real worker."""

    processes: Processes
    server: RedisServer
    jobs: RqJobs
    client: Redis

    def nudge(self, agency_id: UUID | None = None, incident_id: UUID | None = None) -> None:
        self.jobs.page(agency_id or uuid4(), incident_id or uuid4())

    def seconds_until_nudges_are_taken(self) -> float:
        """From now; for incidents that nobody knows, so that it is the nudge alone that is looked at."""
        started_s = time.monotonic()
        self.until(self._is_nudged)
        self.until(lambda: self.waiting == 0)
        return time.monotonic() - started_s

    def _is_nudged(self) -> bool:
        try:
            self.nudge()
        except RedisAway:
            return False
        return True

    @property
    def waiting(self) -> int:
        return Queue(PAGES, connection=self.client, serializer=JSONSerializer).count

    def until(self, is_so: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + START_S
        while not is_so():
            assert time.monotonic() < deadline_s, self.processes.log(WORKER).read_text()[-2_000:]
            assert self.processes.lives(WORKER), self.processes.log(WORKER).read_text()[-2_000:]
            time.sleep(0.02)


@pytest.fixture(scope="module")
def standin() -> Iterator[FcmStandin]:
    with FcmStandin() as standin:
        yield standin


@pytest.fixture(scope="module")
def database_url(stores: Stores, template_database: str) -> Iterator[str]:
    """One for all stories here, whose worker stays the same."""
    name = "worker_and_redis"
    stores.create_database(name, template=template_database)
    yield stores.url(name, role="beatline_app")
    stores.drop_database(name)


@pytest.fixture(scope="module")
def stand(database_url: str, standin: FcmStandin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    tmp_path = tmp_path_factory.mktemp("stand")
    socket, data = tmp_path / "v", tmp_path / "data"
    data.mkdir()
    credentials = tmp_path / "credentials.json"
    write_credentials(credentials, standin.url)
    binary = Path(Stores()._errand().valkey_server)
    valkey = embedded_valkey.command(binary, data_dir=data, socket_path=socket, durable=True)
    url = f"unix://{socket}"
    environment = os.environ | {
        "BEATLINE_DATABASE_URL": database_url,
        "BEATLINE_REDIS_URL": url,
        "BEATLINE_FCM_URL": standin.url,
        "BEATLINE_FCM_CREDENTIALS_FILE": str(credentials),
    }
    worker = [sys.executable, "-m", "workers.worker"]
    processes = Processes()
    processes.start(VALKEY, Program(command=valkey, folder=data, environment={}, log=tmp_path / "valkey.log"))
    processes.start(WORKER, Program(command=worker, folder=ROOT, environment=environment, log=tmp_path / "worker.log"))
    server = RedisServer(url)
    with server.client(socket_timeout=5) as client:
        stand = Stand(processes, server, RqJobs(server), client)
        try:
            stand.seconds_until_nudges_are_taken()
            yield stand
        finally:
            stand.jobs.close()
            server.close()
            processes.close()


def test_a_worker_outlives_a_redis_that_is_killed(stand: Stand) -> None:
    stand.processes.kill(VALKEY)
    time.sleep(1.0)
    stand.processes.start_again(VALKEY)
    assert stand.seconds_until_nudges_are_taken() <= PROMISED_S * SLACK


def test_a_worker_outlives_a_redis_that_hangs(stand: Stand) -> None:
    stand.processes.hang(VALKEY)
    time.sleep(3.0)
    stand.processes.go_on(VALKEY)
    assert stand.seconds_until_nudges_are_taken() <= PROMISED_S * SLACK


def test_a_worker_outlives_a_redis_that_takes_no_more_writes(stand: Stand) -> None:
    stand.client.replicaof("127.0.0.1", "1")
    time.sleep(2.0)
    stand.client.replicaof("NO", "ONE")
    assert stand.seconds_until_nudges_are_taken() <= PROMISED_S * SLACK


def test_what_a_killed_worker_left_behind_in_redis_rings_nobody_twice(
    stand: Stand, database_url: str, standin: FcmStandin
) -> None:
    stand.processes.kill(WORKER)
    with closing(Database(database_url, pool_size=4)) as database:
        agency_id, incident_id = _shots_are_heard(database)
    stand.nudge(agency_id, incident_id)
    _take_as_a_worker_that_dies(stand.client)
    stand.processes.start_again(WORKER)
    stand.seconds_until_nudges_are_taken()
    stand.nudge(agency_id, incident_id)
    stand.nudge(agency_id, incident_id)
    standin.wait_for(1, timeout_s=START_S)
    stand.seconds_until_nudges_are_taken()
    assert 1 == len(standin.deliveries)


def _take_as_a_worker_that_dies(client: Redis) -> None:
    """It is neither in the queue nor done: RQ keeps it among those at work, since long ago."""
    queue = Queue(PAGES, connection=client, serializer=JSONSerializer)
    (job_id,) = queue.job_ids
    client.lmove(queue.key, queue.intermediate_queue_key)
    client.persist(Job.key_for(job_id))
    client.zadd(queue.started_job_registry.key, {f"{job_id}:{uuid4().hex}": 1})


def test_a_worker_without_redis_stops_when_it_is_told_to(stand: Stand) -> None:
    stand.processes.kill(VALKEY)
    time.sleep(1.0)
    assert 0 == stand.processes.end(WORKER, patience_s=PROMISED_S * SLACK)


def _shots_are_heard(database: Database) -> tuple[UUID, UUID]:
    """One car is asked, and no worker has been told; by the database's clock, as the processes will read it."""
    world = World(database, FrozenClock(database.now()))
    world.jobs.is_away = True
    world.car("3A12", away_m=400)
    heard = world.hears()
    world.close()
    assert heard.incident_id is not None
    return world.agency_id, heard.incident_id
