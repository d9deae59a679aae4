"""Phones at which a push hangs, over real sockets and at the world's own pace: nobody else's alert waits for them."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from builders import a_point
from fake_clock import HostClock
from ringing import a_pair
from world import Car, World

from service.adapters.fcm import Fcm
from service.dev.fcm_answers import Answer
from service.dev.fcm_standin import FcmStandin
from service.domain.alert import PageState
from service.operations import overdue
from service.operations.detections import Answer as Heard
from service.operations.escalations import TICK_S
from service.operations.paging import send_due_pages
from service.store.database import Database

HANG_S = 3.0
ELSEWHERE_M = 5_000
MANY = 16


class Night:
    """A world whose pages go through the real adapter, at the pace of this machine's clock."""

    def __init__(self, world: World, fcm: Fcm, google: FcmStandin, threads: ThreadPoolExecutor) -> None:
        self.world, self.google, self.threads = world, google, threads
        self.ports = replace(world.ports, push=fcm)
        world.jobs.is_away = True  # who works, and when, is what these stories are about

    def hangs(self, *cars: Car) -> None:
        for car in cars:
            self.google.fail(car.phone.target.value, answer=Answer.HANG, times=None)

    def work_off(self, *heard: Heard) -> None:
        """What one worker process does: one incident after the other."""
        for each in heard:
            assert each.incident_id is not None
            send_due_pages(
                self.world.database,
                self.ports,
                agency_id=self.world.agency_id,
                incident_id=each.incident_id,
                threads=self.threads,
            )

    def tick(self, stop: Event) -> None:
        """What a clock does for pages."""
        while not stop.wait(TICK_S):
            overdue.send_overdue(self.world.database, self.ports, threads=self.threads)

    def has_rung(self, car: Car) -> bool:
        return bool(self.google.messages_for(car.phone.target.value))


@pytest.fixture
def night(database_url: str, tmp_path: Path) -> Iterator[Night]:
    database = Database(database_url, pool_size=12)
    clock: Any = HostClock()
    world = World(database, clock, max_distance_m=ELSEWHERE_M / 2)
    with a_pair(tmp_path, threads=64) as (fcm, google), ThreadPoolExecutor(64) as threads:
        fcm.warm()
        yield Night(world, fcm, google, threads)
    world.close()
    database.close()


def wait_s(is_so: Callable[[], bool]) -> float:
    """How long it took, at most until the hanging ones are given up."""
    started_s = time.monotonic()
    while not is_so() and time.monotonic() - started_s < 2 * HANG_S:
        time.sleep(0.01)
    return time.monotonic() - started_s


def test_a_phone_that_hangs_delays_no_other_of_its_incident_and_their_pages_are_settled_meanwhile(night: Night) -> None:
    bad, good = night.world.cars(400, 900)
    night.hangs(bad)
    heard = night.world.hears()
    worker = Thread(target=night.work_off, args=(heard,))
    worker.start()

    def is_settled() -> bool:
        pages = night.world.incident(heard).pages
        return PageState.SENT in {page.state for page in pages if page.unit_id == good.unit_id}

    assert wait_s(is_settled) < HANG_S
    assert night.has_rung(good)
    worker.join()
    assert not night.has_rung(bad)


def test_sixteen_phones_that_hang_delay_no_seventeenth(night: Night) -> None:
    bad = [night.world.car(away_m=300, bearing_deg=20 * number) for number in range(MANY)]
    good = night.world.car(away_m=450)
    night.hangs(*bad)
    heard = night.world.hears()
    worker = Thread(target=night.work_off, args=(heard,))
    worker.start()

    assert wait_s(lambda: night.has_rung(good)) < HANG_S
    worker.join()


def test_a_worker_that_waits_for_a_hanging_phone_delays_no_other_incident(night: Night) -> None:
    bad = night.world.car(away_m=400)
    good = night.world.car().is_at(a_point(away_m=ELSEWHERE_M))
    night.hangs(bad)
    first = night.world.hears()
    second = night.world.hears("SST-2", place=a_point(away_m=ELSEWHERE_M + 300))
    stop = Event()
    clock = Thread(target=night.tick, args=(stop,))
    worker = Thread(target=night.work_off, args=(first, second))
    for each in (worker, clock):
        each.start()

    assert wait_s(lambda: night.has_rung(good)) < HANG_S
    stop.set()
    for each in (worker, clock):
        each.join()
    assert 1 == len(night.google.messages_for(good.phone.target.value))
