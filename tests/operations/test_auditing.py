"""What waits for nobody is found in every agency, said loudly, and put before the clock again."""

from dataclasses import dataclass, field
from threading import Event, Thread
from uuid import UUID

import pytest
from builders import a_point, seconds
from sqlalchemy import text
from structlog.testing import capture_logs
from world import MakeWorld, World

from service.domain.alarms import Alarm
from service.domain.alert import AlertState
from service.domain.detection import Confidence
from service.domain.incident import IncidentState
from service.domain.vigilance import Process, ProcessKind
from service.operations.alarms import standing_now
from service.operations.auditing import AUDIT_EVERY_S, FORGOTTEN_AFTER_S, Auditor, run_auditor
from service.operations.detections import Answer
from service.operations.heartbeats import Heart
from service.operations.sealing import seal_due
from service.ports import NotSent, PushCondition
from service.store import auditing, heartbeats
from service.store.ids import new_id

OTHERS_THAN_WORKERS = (ProcessKind.API, ProcessKind.CLOCK, ProcessKind.AUDITOR)


@dataclass(slots=True)
class Watched:
    """A world with an auditor who has been there for a while, and whose workers and clock are alive."""

    world: World
    auditor: Auditor
    process_ids: dict[ProcessKind, UUID] = field(default_factory=lambda: {kind: new_id() for kind in ProcessKind})

    def audits(self, *alive: ProcessKind) -> list[Alarm]:
        """What stands afterwards."""
        now = self.world.clock.now()
        for kind in alive or tuple(ProcessKind):
            process = Process(kind=kind, host="one", started_at=now, seen_at=now)
            heartbeats.beat(self.world.database, self.process_ids[kind], process)
        seal_due(self.world.database, self.world.ports)
        return [standing.alarm for standing in self.auditor.audit()]

    def goes_on(self, *alive: ProcessKind) -> list[Alarm]:
        """Audits follow upon each other, as long as anybody may fall silent."""
        for _ in range(3):
            self.world.clock.advance(AUDIT_EVERY_S)
            standing = self.audits(*alive)
        return standing

    def breaks(self, statement: str) -> None:
        """As a bug would, or a hand on the database."""
        with self.world.database.transaction(self.world.agency_id) as tx:
            tx.session.execute(text(statement))

    def timeline(self, heard: Answer) -> list[str]:
        return [entry.action for entry in self.world.incident(heard).timeline]


@pytest.fixture
def watched(world: World) -> Watched:
    watched = Watched(world, an_auditor(world))
    watched.goes_on()
    return watched


def an_auditor(world: World) -> Auditor:
    """Whose own time passes as the world's does."""
    return Auditor(world.database, world.ports, has_canary=False, monotonic=lambda: world.clock.now().timestamp())


def test_when_all_is_well_it_says_nothing_and_changes_nothing(watched: Watched) -> None:
    watched.world.cars(400, 900, 1_500, 2_000)
    heard = watched.world.hears()
    watched.world.hears("SST-2", confidence=Confidence.LOW, place=a_point(away_m=5_000))
    with capture_logs() as logs:
        for _ in range(12):
            watched.world.advance(5)
            assert [] == watched.audits()
    assert [] == [line for line in logs if line["log_level"] == "error"]
    assert IncidentState.UNANSWERED is watched.world.incident(heard).incident.state


def test_an_incident_that_lost_its_deadline_goes_on_to_the_next_units(watched: Watched) -> None:
    near, _, third, _ = watched.world.cars(400, 900, 1_500, 2_000)
    heard = watched.world.hears()
    watched.breaks("update incidents set next_action_at = null")
    with capture_logs() as logs:
        assert [Alarm.DEADLINE_MISSING] == watched.audits()
    assert "row_neglected" in [line["event"] for line in logs if line["log_level"] == "error"]
    assert "deadline_restored" in watched.timeline(heard)
    watched.world.advance(31)
    assert AlertState.EXPIRED is near.phone.state
    assert third.phone.rings


def test_it_looks_at_every_agency(watched: Watched, make_world: MakeWorld) -> None:
    other = Watched(make_world(), watched.auditor)
    other.world.cars(400)
    heard = other.world.hears()
    other.breaks("update incidents set next_action_at = null")
    assert [Alarm.DEADLINE_MISSING] == watched.audits()
    assert "deadline_restored" in other.timeline(heard)


def test_an_incident_that_is_looked_at_far_too_late_is_found_too(watched: Watched) -> None:
    _, _, third = watched.world.cars(400, 900, 1_500)
    watched.world.hears()
    watched.breaks("update incidents set next_action_at = next_action_at + interval '1 hour'")
    assert [Alarm.DEADLINE_MISSING] == watched.audits()
    watched.world.advance(31)
    assert third.phone.rings


def test_an_unanswered_incident_without_any_deadline_is_looked_at_again(watched: Watched) -> None:
    heard = watched.world.hears()
    assert IncidentState.UNANSWERED is watched.world.incident(heard).incident.state
    watched.breaks("update incidents set next_action_at = null, deadline_at = null")
    assert [Alarm.DEADLINE_MISSING] == watched.audits()
    late = watched.world.car(away_m=400)
    watched.world.advance(1)
    assert late.phone.rings


def test_what_is_held_is_released_although_its_time_was_lost(watched: Watched) -> None:
    (near,) = watched.world.cars(400)
    watched.world.hears(confidence=Confidence.LOW)
    watched.breaks("update incidents set next_action_at = null")
    assert [Alarm.DEADLINE_MISSING] == watched.audits()
    watched.world.advance(1)
    assert near.phone.rings


def test_a_page_that_nobody_would_ever_send_is_sent(watched: Watched) -> None:
    (near,) = watched.world.cars(400)
    watched.world.jobs.is_away = True
    watched.world.hears()
    watched.breaks("update pages set next_action_at = next_action_at + interval '1 day'")
    assert [Alarm.DEADLINE_MISSING] == watched.audits()
    watched.world.advance(1)
    assert near.phone.rings


def test_a_unit_that_nobody_looks_after_is_looked_after(watched: Watched) -> None:
    (near,) = watched.world.cars(400)
    heard = watched.world.hears()
    near.phone.accepts()
    watched.breaks("update alerts set next_look_at = null")
    assert [Alarm.DEADLINE_MISSING] == watched.audits()
    watched.world.advance(61)
    assert "unit_forgotten" in watched.timeline(heard)


def test_what_was_mended_is_not_mended_twice_and_its_alarm_goes_away(watched: Watched) -> None:
    watched.world.cars(400)
    heard = watched.world.hears()
    watched.breaks("update incidents set next_action_at = null")
    watched.audits()
    assert [Alarm.DEADLINE_MISSING] == watched.audits()
    watched.world.advance(FORGOTTEN_AFTER_S + 1)
    with capture_logs() as logs:
        assert [] == watched.audits()
    assert ["alarm_gone"] == [line["event"] for line in logs]
    assert 1 == watched.timeline(heard).count("deadline_restored")


@pytest.mark.parametrize(
    "broken",
    [
        "update incidents set next_action_at = null",
        "update pages set state = 'pending', next_action_at = null",
        "update alerts set next_look_at = null where state = 'acknowledged'",
    ],
)
def test_of_two_who_have_found_it_one_mends_it(watched: Watched, broken: str) -> None:
    near, _ = watched.world.cars(400, 900)
    watched.world.hears()
    near.phone.accepts()
    watched.breaks(broken)
    now, grace = watched.world.clock.now(), seconds(10)
    found = auditing.neglected(watched.world.database, now=now, grace=grace, at_most=10)
    watched.audits()
    with watched.world.database.transaction(watched.world.agency_id) as tx:
        again = [auditing.mend(tx, row, now=now, grace=grace) for row in found]
    assert found
    assert not any(again)


def test_deadlines_that_no_clock_looks_at_are_an_alarm(watched: Watched) -> None:
    watched.world.cars(400)
    watched.world.hears()
    watched.world.clock.advance(30 + 11)
    assert [Alarm.DEADLINE_OVERDUE] == watched.audits()


def test_pages_that_nobody_sends_are_an_alarm(watched: Watched) -> None:
    watched.world.cars(400)
    watched.world.jobs.is_away = True
    watched.world.hears()
    watched.world.clock.advance(11)
    assert [Alarm.PAGE_OVERDUE] == watched.audits()


def test_late_escalations_are_an_alarm(watched: Watched) -> None:
    watched.world.cars(400, 900, 1_500)
    watched.world.hears()
    watched.world.clock.advance(30 + 8)
    watched.world.tick()
    assert [Alarm.ESCALATION_LATE] == watched.audits()


def test_of_two_auditors_one_raises_the_alarm(watched: Watched) -> None:
    watched.world.cars(400)
    watched.world.jobs.is_away = True
    watched.world.hears()
    watched.world.clock.advance(11)
    with capture_logs() as logs:
        assert [Alarm.PAGE_OVERDUE] == watched.audits()
        assert [Alarm.PAGE_OVERDUE] == Watched(watched.world, an_auditor(watched.world)).audits()
    assert ["alarm_raised"] == [line["event"] for line in logs if line["event"].startswith("alarm")]


def test_that_push_is_down_is_an_alarm_since_it_went(watched: Watched) -> None:
    went_at = watched.world.clock.now()
    watched.world.push.is_found = PushCondition(down_since=went_at, reason="FCM answered 503")
    watched.world.clock.advance(20)
    Heart(watched.world.database, watched.world.ports, kind=ProcessKind.WORKER).beat()
    assert [Alarm.PUSH_DOWN] == watched.audits(*OTHERS_THAN_WORKERS)
    [standing] = standing_now(watched.world.database, watched.world.ports)
    assert (went_at, "FCM answered 503") == (standing.since, standing.detail)


def test_a_message_that_the_push_service_will_not_take_is_an_alarm(watched: Watched) -> None:
    (near,) = watched.world.cars(400)
    watched.world.push.fail(near.phone.target.value, NotSent(reason="FCM answered 400", our_fault=True))
    watched.world.hears()
    assert [Alarm.PAGES_REFUSED] == watched.audits()


def test_in_two_agencies_it_is_an_urgent_one(watched: Watched, make_world: MakeWorld) -> None:
    for world in (watched.world, make_world()):
        (near,) = world.cars(400)
        world.push.fail(near.phone.target.value, NotSent(reason="FCM answered 400", our_fault=True))
        world.hears()
    assert [Alarm.PUSH_REFUSED] == watched.audits()


def test_iphones_that_never_ring_because_apple_s_key_is_wrong_are_an_alarm(watched: Watched) -> None:
    (near,) = watched.world.cars(400)
    wrong_key = NotSent(reason="FCM answered 401 THIRD_PARTY_AUTH_ERROR", can_retry=True, our_fault=True)
    watched.world.push.fail(near.phone.target.value, wrong_key, times=None)
    watched.world.hears()
    assert [] == watched.audits()
    watched.world.advance(8)
    assert [Alarm.PAGES_REFUSED] == watched.audits()


def test_a_page_that_could_not_be_sent_because_push_is_away_was_not_refused(watched: Watched) -> None:
    (near,) = watched.world.cars(400)
    away = NotSent(reason="FCM could not be reached", can_retry=True)
    watched.world.push.fail(near.phone.target.value, away, times=None)
    watched.world.hears()
    watched.world.advance(28)
    assert [] == watched.audits()


def test_a_phone_that_is_gone_is_nobody_s_fault(watched: Watched) -> None:
    (near,) = watched.world.cars(400)
    watched.world.push.fail(near.phone.target.value, NotSent(reason="gone", target_is_dead=True))
    watched.world.hears()
    assert [] == watched.audits()


def test_that_nobody_checks_is_told_by_whoever_is_asked(watched: Watched) -> None:
    watched.audits()
    watched.world.clock.advance(3_000)
    told = standing_now(watched.world.database, watched.world.ports)
    assert [Alarm.NO_AUDITOR] == [standing.alarm for standing in told]
    assert watched.world.clock.now() - seconds(3_000) == told[0].since


@dataclass(slots=True)
class Listener:
    """A dead man's switch that counts."""

    pings: int = 0

    def ping(self) -> bool:
        self.pings += 1
        return True

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def listener() -> Listener:
    return Listener()


def test_the_dead_man_s_switch_hears_that_all_is_well(watched: Watched, listener: Listener) -> None:
    watched.audits()
    watched.auditor.tell(listener)
    assert 1 == listener.pings


def test_while_an_alarm_stands_the_switch_hears_nothing(watched: Watched, listener: Listener) -> None:
    assert [Alarm.NO_CLOCK] == watched.goes_on(ProcessKind.API, ProcessKind.WORKER, ProcessKind.AUDITOR)
    watched.auditor.tell(listener)
    assert 0 == listener.pings


def test_an_alarm_of_another_auditor_silences_this_one_s_switch_too(watched: Watched, listener: Listener) -> None:
    watched.world.hears()
    watched.breaks("update incidents set next_action_at = null")
    an_auditor(watched.world).audit()
    watched.audits()
    watched.auditor.tell(listener)
    assert 0 == listener.pings


def test_an_auditor_that_has_not_looked_lately_says_nothing(watched: Watched, listener: Listener) -> None:
    watched.audits()
    watched.world.clock.advance(20)
    watched.auditor.tell(listener)
    assert 0 == listener.pings


def test_nothing_that_is_only_a_warning_wakes_anybody(watched: Watched, listener: Listener) -> None:
    watched.world.positions.is_away = True
    Heart(watched.world.database, watched.world.ports, kind=ProcessKind.API).beat()
    assert [Alarm.REDIS_AWAY] == watched.audits(ProcessKind.CLOCK, ProcessKind.WORKER, ProcessKind.AUDITOR)
    watched.auditor.tell(listener)
    assert 1 == listener.pings


def test_the_loop_audits_at_once_and_stops_when_told(watched: Watched, listener: Listener) -> None:
    watched.world.cars(400)
    heard = watched.world.hears()
    watched.breaks("update incidents set next_action_at = null")
    stop = Event()
    how = {"canary_every_s": 0.0, "switch": listener, "stop": stop}
    loop = Thread(target=run_auditor, args=(watched.world.database, watched.world.ports), kwargs=how)
    loop.start()
    while "deadline_restored" not in watched.timeline(heard):
        assert loop.is_alive()
        stop.wait(0.02)
    stop.set()
    loop.join()
