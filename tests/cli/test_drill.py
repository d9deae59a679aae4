"""`beatline drill` as a sergeant types it: a process of its own, while a clock and phones go on beside it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest
from commands import PATIENCE_S, Said, run_commands
from drilling import says
from world import Phone, World

from service.operations.sealing import seal_due
from service.store import migration
from service.store.database import Database

Drill = Callable[..., list[Said]]
pytestmark = pytest.mark.timeout(3 * PATIENCE_S)


class WallClock:
    """The database's, as the command has it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def now(self) -> datetime:
        return self._database.now()

    def real(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds)


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    database = Database(database_url, pool_size=12)
    clock: Any = WallClock(database)
    world = World(database, clock)
    yield world
    world.close()
    database.close()


@pytest.fixture
def run(environment: dict[str, str]) -> Drill:
    def call(*commands: str) -> list[Said]:
        return run_commands([f"drill {command}" for command in commands], environment=environment)

    return call


@contextmanager
def going_on(world: World, *answering: Phone) -> Iterator[None]:
    """A clock runs, and these phones say that they show what they are sent."""
    stop = Event()

    def go() -> None:
        answered = 0
        while not stop.wait(0.05):
            world.tick()
            seal_due(world.database, world.ports)
            for phone in answering if len(world.push.rings) > answered else ():
                says(phone, "received")
                says(phone, "displayed")
            answered = len(world.push.rings)

    thread = Thread(target=go, name="clock-and-phones")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_unit_whose_phones_ring_is_ready_and_each_stage_is_told(world: World, run: Drill) -> None:
    car = world.car("3A12")
    with going_on(world, car.phone):
        [said] = run("--unit 3A12")
    assert "" == said.err
    stages = [line.split("  ")[-1] for line in said.out.splitlines() if "Pixel 9 (android)" in line]
    assert ["queued", "handed to push", "received", "displayed"] == [stage.split(" after ")[0] for stage in stages]
    assert "3A12: ready, every phone rang" in said.out
    assert "1 of 1 unit is ready." == said.out.splitlines()[-1]
    assert 0 == said.code


def test_it_says_what_is_wrong_with_the_installation_too(world: World, run: Drill) -> None:
    car = world.car("3A12")
    with going_on(world, car.phone):
        [said] = run("--unit 3A12")
    assert "No worker took it; the clock sent it after" in said.out
    assert "No worker is alive" in said.out
    assert "No push service is configured" in said.out
    assert "Nothing answers at http://localhost:8000" in said.out
    assert "Redis answers." in said.out


def test_for_programs_all_of_it_is_one_json_text(world: World, run: Drill) -> None:
    well, silent = world.car("3A12"), world.car("3A14")
    assert silent.phones
    with going_on(world, well.phone):
        [said] = run("--unit 3A12 --unit 3A14 --unit 3A99 --wait 5 --json")
    assert 1 == said.code
    assert not said.data["is_ready"]
    assert [True, False] == [unit["is_ready"] for unit in said.data["units"]]
    assert ["out_of_touch"] == [finding["code"] for finding in said.data["units"][1]["phones"][0]["findings"]]
    [unknown] = said.data["unknown"]
    assert "There is no unit 3A99 in this agency." == unknown["what"]
    assert unknown["advice"].startswith("Did you mean 3A1")


def test_what_was_not_understood_is_refused_and_nobody_is_rung(world: World, run: Drill) -> None:
    world.car("3A12")
    neither, both, unknown = run("", "--unit 3A12 --all-on-duty", "--unit 9Z99")
    assert [2, 2, 1] == [said.code for said in (neither, both, unknown)]
    assert "Say which" in neither.err
    assert "There is no unit 9Z99" in unknown.out
    assert [] == world.push.rings


def test_a_database_of_an_older_release_is_told_before_anything_is_tried(
    world: World, run: Drill, admin_database_url: str
) -> None:
    world.car("3A12")
    migration.downgrade(admin_database_url, "0008")
    [said] = run("--all-on-duty")
    assert 2 == said.code
    assert "Run `beatline migrate`." in said.err


def test_all_on_duty_are_those_who_are(world: World, run: Drill) -> None:
    world.car("3A12")
    started_s = time.monotonic()
    with going_on(world):
        [said] = run("--all-on-duty --wait 5 --json")
    assert ["3A12"] == [unit["call_sign"] for unit in said.data["units"]]
    assert time.monotonic() - started_s < PATIENCE_S
