"""That Beatline is not well is told to whoever asks, and to every open console by itself."""

import pytest
from builders import seconds
from outside import Agency, Backend, Caller, Phone, a_session, problem_of, seat
from streaming import serving

from service.domain.alarms import ABOUT, Alarm, Standing
from service.domain.vigilance import ProcessKind
from service.operations.heartbeats import Heart
from service.store import alarms
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


def test_that_nobody_checks_is_told_without_anybody_who_checks(desk: Caller) -> None:
    [item] = desk("GET", "/v1/alarms").json()["items"]
    assert ("no_auditor", None) == (item["alarm"], item["since"])


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
