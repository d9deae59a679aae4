"""A worker is killed between claim and send: the phone rings all the same, soon, and once."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from fake_clock import FrozenClock
from world import World

from service.dev.fcm_standin import FcmStandin, write_credentials
from service.store.database import Database

ROOT = Path(__file__).parents[2]
DYING_WORKER = Path(__file__).with_name("dying_worker.py")
PROMISED_S = 5.0
SLACK = 3
"""For a machine that runs other tests at the same time; `make chaos` will hold it to the promise itself."""


@pytest.fixture
def standin() -> Iterator[FcmStandin]:
    with FcmStandin() as standin:
        yield standin


@pytest.fixture
def environment(database_url: str, redis_url: str, standin: FcmStandin, tmp_path: Path) -> dict[str, str]:
    credentials = tmp_path / "credentials.json"
    write_credentials(credentials, standin.url)
    return os.environ | {
        "BEATLINE_DATABASE_URL": database_url,
        "BEATLINE_REDIS_URL": redis_url,
        "BEATLINE_FCM_URL": standin.url,
        "BEATLINE_FCM_CREDENTIALS_FILE": str(credentials),
    }


def test_the_phone_rings_once_although_its_worker_was_killed(
    database_url: str, environment: dict[str, str], standin: FcmStandin
) -> None:
    database = Database(database_url, pool_size=4)
    agency_id, incident_id = _shots_are_heard(database)
    with _process(str(DYING_WORKER), str(agency_id), str(incident_id), environment=environment) as worker:
        assert worker.stdout is not None
        assert "claimed\n" == worker.stdout.readline()
        with _process("-m", "workers.clock", environment=environment):
            worker.kill()
            killed_at = time.monotonic()
            standin.wait_for(1, timeout_s=PROMISED_S * SLACK)
            waited_s = time.monotonic() - killed_at
            # A second ring would come with the next tick or the next lease; one tick is the sooner.
            time.sleep(1.0)
    database.close()
    assert 1 == len(standin.deliveries)
    assert waited_s <= PROMISED_S * SLACK


def _shots_are_heard(database: Database) -> tuple[UUID, UUID]:
    """One car is asked, and no worker has been told; by the database's clock, as the processes will read it."""
    world = World(database, FrozenClock(database.now()))
    world.jobs.is_away = True
    world.car("3A12", away_m=400)
    heard = world.hears()
    world.close()
    assert heard.incident_id is not None
    return world.agency_id, heard.incident_id


@contextmanager
def _process(*arguments: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()
