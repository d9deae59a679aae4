"""Nobody is woken because the auditor itself was away, was frozen, or the clock was set; and none passes for alive."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection
from world import World

from service.domain.alarms import Alarm
from service.domain.errors import Code, DomainError
from service.domain.vigilance import NO_AUDITOR_AFTER_S, Process, ProcessKind
from service.operations.alarms import standing_now
from service.operations.auditing import AUDIT_EVERY_S, Auditor
from service.operations.heartbeats import Heart
from service.operations.sealing import seal_due
from service.operations.vigil import Vigil
from service.store import heartbeats
from service.store.database import Database
from service.store.ids import new_id

AN_HOUR_S = 3_600
OTHERS = (ProcessKind.API, ProcessKind.WORKER, ProcessKind.CLOCK)


class Flickering(Database):
    """A database that is away now and then, or too slow for one question."""

    def __init__(self, url: str) -> None:
        super().__init__(url, pool_size=4)
        self.is_away = False
        self.is_slow_to_tell = ""
        self.on_question: Callable[[], None] = lambda: None

    @contextmanager
    def outside(self) -> Iterator[Connection]:
        if self.is_away:
            raise DomainError(Code.UNAVAILABLE, "away")
        self.on_question()
        with super().outside() as connection:
            yield Slow(connection, self.is_slow_to_tell) if self.is_slow_to_tell else connection  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class Slow:
    connection: Connection
    question: str

    def execute(self, statement: Any, *values: Any) -> Any:
        if self.question in str(statement):
            raise DomainError(Code.UNAVAILABLE, "canceling statement due to statement timeout")
        return self.connection.execute(statement, *values)


@dataclass(slots=True)
class Night:
    """An auditor at work, whose own time passes also when the world's clock is set."""

    world: World
    database: Flickering
    own_s: float = 0.0
    process_ids: dict[ProcessKind, UUID] = field(default_factory=lambda: {kind: new_id() for kind in ProcessKind})
    pings: int = 0
    auditor: Auditor = field(init=False)

    def __post_init__(self) -> None:
        self.auditor = Auditor(self.database, self.world.ports, has_canary=False, monotonic=self.monotonic)

    def monotonic(self) -> float:
        return self.own_s

    def ping(self) -> bool:
        self.pings += 1
        return True

    def close(self) -> None:
        """Nothing to close."""

    def passes(self, real_s: float) -> None:
        self.own_s += real_s
        self.world.clock.advance(real_s)

    def beat(self, *kinds: ProcessKind) -> None:
        now = self.world.clock.now()
        for kind in kinds:
            process = Process(kind=kind, host="one", started_at=now, seen_at=now)
            heartbeats.beat(self.world.database, self.process_ids[kind], process)

    def audits(self, *alive: ProcessKind, times: int = 1) -> list[Alarm]:
        for _ in range(times):
            self.passes(AUDIT_EVERY_S)
            self.beat(*alive)
            seal_due(self.world.database, self.world.ports)
            standing = self.auditor.audit()
        return [each.alarm for each in standing]

    def fails(self) -> None:
        self.database.is_away = True
        with pytest.raises(DomainError):
            self.auditor.audit()
        self.database.is_away = False


@pytest.fixture
def night(world: World, database_url: str) -> Iterator[Night]:
    database = Flickering(database_url)
    night = Night(world, database)
    assert [] == night.audits(*OTHERS, times=3)
    yield night
    database.close()


def test_after_an_outage_of_the_database_everybody_gets_the_time_to_be_heard_of_again(night: Night) -> None:
    night.passes(AUDIT_EVERY_S)
    night.fails()
    night.passes(AUDIT_EVERY_S)
    assert [] == [each.alarm for each in night.auditor.audit()]
    assert [] == night.audits()
    assert {Alarm.NO_API, Alarm.NO_WORKERS, Alarm.NO_CLOCK} == set(night.audits())


def test_a_machine_that_stood_still_finds_nobody_dead(night: Night) -> None:
    night.passes(600)
    assert [] == [each.alarm for each in night.auditor.audit()]


def test_whoever_beats_is_alive_although_the_clock_was_set(night: Night) -> None:
    night.world.clock.advance(AN_HOUR_S)
    assert [] == night.audits(*OTHERS)
    night.passes(AUDIT_EVERY_S)
    night.beat(*OTHERS)  # and then the clock is put back, before they beat again
    night.world.clock.advance(-2 * AN_HOUR_S)
    assert [] == [each.alarm for each in night.auditor.audit()]


def test_a_clock_that_was_put_back_hides_no_death(night: Night) -> None:
    night.world.clock.advance(-AN_HOUR_S)
    assert [Alarm.NO_CLOCK] == night.audits(ProcessKind.API, ProcessKind.WORKER, times=2)


def test_whoever_is_dead_is_found_although_figures_are_slow(night: Night) -> None:
    night.database.is_slow_to_tell = "vital_signs"
    assert [Alarm.NO_CLOCK] == night.audits(ProcessKind.API, ProcessKind.WORKER, times=2)


def test_without_figures_nobody_says_that_all_is_well(night: Night) -> None:
    night.database.is_slow_to_tell = "vital_signs"
    night.audits(*OTHERS, times=2)
    night.auditor.tell(night)
    assert 0 == night.pings


def test_a_ping_during_an_audit_is_not_left_out(night: Night) -> None:
    night.passes(AUDIT_EVERY_S)
    night.beat(*OTHERS)
    night.database.on_question = lambda: night.auditor.tell(night)
    night.auditor.audit()
    assert night.pings


def test_an_auditor_whose_audits_fail_is_not_alive(night: Night) -> None:
    heart = Heart(night.world.database, night.world.ports, kind=ProcessKind.AUDITOR, lives=night.auditor.has_audited)
    for _ in range(2):
        night.passes(AUDIT_EVERY_S)
        night.fails()
    heart.beat()
    kinds = {process.kind for process in heartbeats.all_processes(night.world.database)}
    assert ProcessKind.AUDITOR not in kinds
    night.audits()
    heart.beat()
    kinds = {process.kind for process in heartbeats.all_processes(night.world.database)}
    assert ProcessKind.AUDITOR in kinds


# -- that nobody checks ---------------------------------------------------------------------------------------------


@pytest.fixture
def told(night: Night) -> Callable[[], list[Alarm]]:
    """Asked by an API process that has just begun to listen."""
    vigil = Vigil(gap_s=10, monotonic=night.monotonic)

    def ask() -> list[Alarm]:
        try:
            return [each.alarm for each in standing_now(night.database, night.world.ports, vigil)]
        except DomainError:
            vigil.lapse()
            raise

    return ask


def listens(night: Night, told: Callable[[], list[Alarm]], for_s: float) -> list[Alarm]:
    for _ in range(int(for_s / 2)):
        night.passes(2)
        standing = told()
    return standing


def test_whoever_has_just_started_misses_no_auditor(night: Night, told: Callable[[], list[Alarm]]) -> None:
    night.passes(60)
    assert [] == told()
    assert [] == listens(night, told, NO_AUDITOR_AFTER_S - 2)
    assert [Alarm.NO_AUDITOR] == listens(night, told, 2)


def test_nor_whoever_could_not_ask_for_a_while(night: Night, told: Callable[[], list[Alarm]]) -> None:
    listens(night, told, NO_AUDITOR_AFTER_S)
    night.beat(ProcessKind.AUDITOR)
    night.passes(8)
    night.database.is_away = True
    with pytest.raises(DomainError):
        told()
    night.database.is_away = False
    night.passes(9)
    assert [] == told()


def test_an_auditor_that_beats_is_there_whatever_the_time(night: Night, told: Callable[[], list[Alarm]]) -> None:
    told()
    listens(night, told, NO_AUDITOR_AFTER_S)
    night.world.clock.advance(AN_HOUR_S)
    night.beat(ProcessKind.AUDITOR)
    night.world.clock.advance(-AN_HOUR_S)
    assert [] == told()
