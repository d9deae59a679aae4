"""That Beatline is not well is told to whoever asks, and to every open console by itself."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from builders import seconds
from outside import Agency, Backend, Caller, Phone, a_session, problem_of, seat
from sqlalchemy import Connection
from streaming import serving

from service.api.alarms import open_bell
from service.domain.alarms import ABOUT, Alarm, Standing
from service.domain.vigilance import ProcessKind
from service.operations.heartbeats import Heart
from service.store import alarms
from service.store.database import Database
from service.store.users import UserRole


def raise_alarm(backend: Backend, alarm: Alarm, detail: str = "") -> None:
    now = backend.ports.clock.now()
    alarms.keep(backend.database, [Standing(alarm=alarm, detail=detail)], now=now, forgotten_before=now)


@pytest.fixture
def audited(backend: Backend) -> Backend:
    """An auditor is there."""
    Heart(backend.database, backend.ports, kind=ProcessKind.AUDITOR).beat()
    return backend


def test_when_all_is_well_there_are_none(desk: Caller, audited: Backend) -> None:
    assert audited
    assert {"items": []} == desk("GET", "/v1/alarms").json()


def test_an_alarm_says_what_it_means_since_when_and_how_bad_it_is(desk: Caller, audited: Backend) -> None:
    raise_alarm(audited, Alarm.PUSH_DOWN, "FCM answered 503")
    [item] = desk("GET", "/v1/alarms").json()["items"]
    assert {
        "alarm": "push_down",
        "severity": "urgent",
        "title": "Push is down",
        "meaning": ABOUT[Alarm.PUSH_DOWN].meaning,
        "detail": "FCM answered 503",
        "since": "2026-11-20T11:12:09.310000Z",
    } == item


def test_urgent_ones_stand_first(desk: Caller, audited: Backend) -> None:
    raise_alarm(audited, Alarm.REDIS_AWAY)
    raise_alarm(audited, Alarm.NO_CLOCK)
    items = desk("GET", "/v1/alarms").json()["items"]
    assert ["no_clock", "redis_away"] == [item["alarm"] for item in items]


def test_whoever_has_just_started_does_not_say_that_nobody_checks(desk: Caller) -> None:
    assert {"items": []} == desk("GET", "/v1/alarms").json()


class Stumbling(Database):
    """Once, something happens that nobody thought of."""

    stumbles = 0

    @contextmanager
    def outside(self) -> Iterator[Connection]:
        if self.stumbles:
            self.stumbles -= 1
            raise RuntimeError("nobody thought of that")
        with super().outside() as connection:
            yield connection


def test_consoles_are_told_also_after_something_that_nobody_thought_of(backend: Backend, database_url: str) -> None:
    database = Stumbling(database_url, pool_size=4)

    async def night() -> bytes:
        shown: asyncio.Queue[bytes] = asyncio.Queue()
        console = SimpleNamespace(who=SimpleNamespace(unit_id=None), tell=shown.put_nowait)
        hub: Any = SimpleNamespace(watchers=[console])
        async with open_bell(Backend(database, backend.ports), hub, look_every_s=0.05):
            await asyncio.sleep(0.3)
            database.stumbles = 1
            await asyncio.sleep(0.3)
            raise_alarm(backend, Alarm.PUSH_DOWN)
            async with asyncio.timeout(5):
                return await shown.get()

    told = asyncio.run(night())
    database.close()
    assert 0 == database.stumbles
    assert b"push_down" in told


@pytest.mark.parametrize("role", list(UserRole))
def test_everybody_at_a_desk_may_ask(call: Caller, audited: Backend, agency: Agency, role: UserRole) -> None:
    seat(call, audited, agency, role=role)
    assert 200 == call("GET", "/v1/alarms").status_code


def test_a_stranger_may_not(call: Caller) -> None:
    assert "unauthenticated" == problem_of(call("GET", "/v1/alarms"))["code"]


def test_an_alarm_of_a_later_release_disturbs_nobody(desk: Caller, audited: Backend) -> None:
    with audited.database.outside() as connection:
        connection.exec_driver_sql(
            """select keep_alarms(now(), '[{"alarm": "volcano", "detail": ""}]', now())""",
        )
    assert {"items": []} == desk("GET", "/v1/alarms").json()


def test_an_open_console_is_told_when_one_is_raised_and_when_it_goes(audited: Backend, agency: Agency) -> None:
    session = a_session(audited, agency)
    now = audited.ports.clock.now()
    with serving(audited) as here, here.watch(session) as console:
        console.wait_for("hello")
        raise_alarm(audited, Alarm.PUSH_DOWN)
        assert ["push_down"] == [item["alarm"] for item in console.wait_for("alarms")["items"]]
        alarms.keep(audited.database, [], now=now, forgotten_before=now + seconds(1))
        console.wait_for("alarms", lambda told: told["items"] == [])


def test_a_phone_is_not_told(audited: Backend, phone: Phone, agency: Agency) -> None:
    session = a_session(audited, agency)
    with serving(audited) as here, here.watch_phone(phone.token) as stream, here.watch(session) as console:
        stream.wait_for("hello")
        console.wait_for("hello")
        raise_alarm(audited, Alarm.PUSH_DOWN)
        console.wait_for("alarms")
        assert {"hello"} == {event.name for event in stream.events}
