"""A dispatcher with four incidents open: what the hand does, what the phones show of it, what the record says."""

import pytest
from officer import presses
from world import World

from service.domain.alert import AlertState, PageKind, Role
from service.domain.detection import Confidence
from service.domain.disposition import Disposition
from service.domain.errors import Code, DomainError
from service.domain.incident import IncidentState
from service.domain.stage_clock import Stage
from service.domain.unit import Status
from service.operations.board import IncidentRecord
from service.store import units
from service.store.users import UserRole


def test_two_dispatchers_confirm_the_same_car(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears()
    near.phone.accepts()
    first, second = world.dispatcher, world.person(UserRole.DISPATCHER)
    once = first.confirms(heard, near)
    again = second.confirms(heard, near)
    assert once == again
    assert first.user.actor == again.alerts[0].confirmed_by
    assert 1 == actions(again).count("acknowledgment_confirmed")


def test_an_officer_sees_that_dispatch_confirmed(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears()
    near.phone.receives()
    near.phone.accepts()
    world.dispatcher.confirms(heard, near)
    assert world.clock.now() == near.phone.alerts[0].stored.confirmed_at
    shown = near.phone.rings[-1].notice
    assert (PageKind.UPDATE, True, "Confirmed by dispatch") == (shown.kind, shown.silent, shown.reason)


def test_who_has_not_acknowledged_cannot_be_confirmed(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears()
    with pytest.raises(DomainError) as refused:
        world.dispatcher.confirms(heard, near)
    assert Code.ILLEGAL_MOVE is refused.value.code


def test_a_refused_acknowledgment_stands_the_unit_down_and_asks_the_next(world: World) -> None:
    near, far, third = world.cars(400, 900, 1500)
    heard = world.hears()
    near.phone.accepts()
    far.phone.accepts()
    seen = world.dispatcher.refuses(heard, near)
    assert IncidentState.OPEN is seen.incident.state
    assert "Stood down by dispatch" == near.phone.rings[-1].notice.reason
    assert AlertState.RECALLED is near.phone.state
    assert Role.PRIMARY is far.phone.alerts[0].stored.alert.role
    assert [PageKind.ALERT] == third.phone.kinds
    assert Status.AVAILABLE is status_of(world, near.unit_id)


def test_a_unit_that_was_stood_down_is_not_asked_again_by_itself(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears()
    near.phone.accepts()
    world.dispatcher.refuses(heard, near)
    world.advance(200)
    seen = world.dispatcher.sees(heard)
    assert 1 == near.phone.kinds.count(PageKind.ALERT)
    reasons = {one["call_sign"]: one["reason"] for one in seen.selections[-1].not_asked}
    assert "stood down by dispatch" == reasons[near.call_sign]


def test_two_dispatchers_refuse_the_same_car(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears()
    near.phone.accepts()
    once = world.dispatcher.refuses(heard, near)
    assert once == world.person(UserRole.SUPERVISOR).refuses(heard, near)


def test_a_unit_that_was_stood_down_can_be_sent_again_and_confirmed(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears()
    near.phone.accepts()
    world.dispatcher.refuses(heard, near)
    world.dispatcher.sends(heard, near)
    assert PageKind.ALERT is near.phone.kinds[-1]
    near.phone.accepts()
    seen = world.dispatcher.confirms(heard, near)
    assert seen.alerts[0].refused_at is None
    assert seen.alerts[0].confirmed_at is not None


def test_the_car_that_a_dispatcher_sends_rings_however_far_it_is(world: World) -> None:
    world.cars(400, 900)
    far = world.car("9Z99", away_m=20_000)
    heard = world.hears()
    assert [] == far.phone.kinds
    seen = world.dispatcher.sends(heard, far)
    assert [PageKind.ALERT] == far.phone.kinds
    sent = next(alert for alert in seen.alerts if alert.alert.unit_id == far.unit_id)
    assert sent.alert.distance_m == pytest.approx(20_000, rel=0.01)
    assert "sent by dispatch" == seen.selections[-1].asked[0]["reason"]
    assert IncidentState.OPEN is seen.incident.state


def test_sending_who_rings_already_changes_nothing(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears()
    before = world.dispatcher.sees(heard)
    assert before == world.dispatcher.sends(heard, near)


def test_nobody_off_duty_is_sent(world: World) -> None:
    near, off = world.cars(400, 900)
    heard = world.hears()
    off.phone.says(Status.OFF_DUTY)
    stranger = world.car("7X01", away_m=5_000)
    stranger.phone.says(Status.OFF_DUTY)
    with pytest.raises(DomainError, match="7X01 is off duty"):
        world.dispatcher.sends(heard, stranger)
    assert [PageKind.ALERT] == near.phone.kinds


def test_who_calls_for_help_is_not_sent_to_help(world: World) -> None:
    world.cars(400, 900)
    heard = world.hears()
    caller = world.car("3A12", away_m=2_000)
    presses(caller.phone)
    with pytest.raises(DomainError, match="3A12 has called for help itself"):
        world.dispatcher.sends(heard, caller)


def test_a_dispatcher_need_not_wait_for_the_deadline_and_two_presses_are_one(world: World) -> None:
    world.cars(400, 900, 1500, 1600, 1700, 1800)
    heard = world.hears()
    world.dispatcher.escalates(heard, seeing_level=1)
    seen = world.person(UserRole.DISPATCHER).escalates(heard, seeing_level=1)
    assert 2 == seen.incident.level
    assert 4 == len(seen.alerts)


def test_a_held_incident_rings_when_it_is_released(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears(confidence=Confidence.LOW)
    assert [] == near.phone.kinds
    seen = world.dispatcher.releases(heard)
    assert IncidentState.OPEN is seen.incident.state
    assert [PageKind.ALERT] == near.phone.kinds
    assert seen == world.person(UserRole.DISPATCHER).releases(heard)


def test_a_held_incident_can_be_dismissed(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears(confidence=Confidence.LOW)
    seen = world.dispatcher.cancels(heard, "fireworks seen by 3A12")
    world.advance(90)
    assert IncidentState.CANCELLED is seen.incident.state
    assert [] == near.phone.kinds


def test_a_cancellation_is_read_on_the_phones(world: World) -> None:
    near, far = world.cars(400, 900)
    heard = world.hears()
    near.phone.accepts()
    world.dispatcher.cancels(heard, "a car backfired")
    assert "Cancelled by dispatch: a car backfired" == near.phone.rings[-1].notice.reason
    assert "Cancelled by dispatch: a car backfired" == far.phone.alerts[0].stored.reason
    assert Status.AVAILABLE is status_of(world, near.unit_id)


def test_closing_says_what_was_found_and_can_be_corrected(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears()
    near.phone.accepts()
    world.dispatcher.closes(heard, Disposition.NO_EVIDENCE)
    seen = world.dispatcher.closes(heard, Disposition.EVIDENCE_FOUND)
    assert (IncidentState.CLOSED, Disposition.EVIDENCE_FOUND) == (seen.incident.state, seen.incident.disposition)
    assert "disposition_corrected" in actions(seen)


def test_a_closed_incident_is_reopened_and_rings_anew(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears()
    world.dispatcher.closes(heard)
    seen = world.dispatcher.reopens(heard)
    assert IncidentState.OPEN is seen.incident.state
    assert seen.incident.disposition is None
    assert [PageKind.ALERT, PageKind.RECALL, PageKind.ALERT] == near.phone.kinds
    assert seen == world.person(UserRole.SUPERVISOR).reopens(heard)


@pytest.mark.parametrize("act", ["confirms", "refuses", "sends", "escalates", "releases", "cancels"])
def test_what_is_over_is_over(world: World, act: str) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears()
    near.phone.accepts()
    world.dispatcher.closes(heard)
    on_a_car = {"confirms", "refuses", "sends"}
    with pytest.raises(DomainError) as refused:
        getattr(world.dispatcher, act)(heard, *([near] if act in on_a_car else []))
    assert refused.value.code in {Code.INCIDENT_OVER, Code.ILLEGAL_MOVE}


def test_a_note_is_in_the_timeline_also_afterwards(world: World) -> None:
    world.cars(400, 900)
    heard = world.hears()
    world.dispatcher.closes(heard)
    seen = world.dispatcher.notes(heard, "two casings, 9 mm")
    assert "two casings, 9 mm" == seen.timeline[-1].details["text"]


def test_looking_is_in_the_journal_and_not_in_the_timeline(world: World) -> None:
    heard = world.hears()
    auditor = world.person(UserRole.AUDITOR)
    seen = auditor.reads(heard)
    assert "incident_opened" in actions(seen)
    assert "incident_read" not in actions(world.dispatcher.sees(heard))
    assert ["incident_read"] == world.journal_of(auditor)


def test_the_clock_of_every_stage_runs_from_the_shot_to_the_end(world: World) -> None:
    near, far = world.cars(400, 900)
    heard = world.hears(occurred_at=world.ago(4))
    world.advance(1)
    near.phone.receives()
    world.advance(1)
    near.phone.receives("displayed")
    world.advance(1)
    near.phone.accepts()
    far.phone.accepts()
    world.advance(1)
    world.dispatcher.confirms(heard, near)
    world.advance(1)
    near.phone.reports("on_scene")
    world.advance(1)
    seen = world.dispatcher.closes(heard)
    shot_at = seen.incident.sound.occurred_at
    after = {stage: (at - shot_at).total_seconds() for stage, at in seen.stages.items() if at}
    expected = [0, 4, 4, 4, 4, 5, 6, 7, 8, 9, 10]
    assert dict(zip(Stage, expected, strict=True)) == after


def test_everything_that_was_done_and_undone_is_in_the_timeline_with_a_name(world: World) -> None:
    near, far = world.cars(400, 900)
    heard = world.hears()
    near.phone.accepts()
    far.phone.accepts()
    desk = world.dispatcher
    desk.confirms(heard, near)
    desk.refuses(heard, near)
    desk.escalates(heard)
    desk.notes(heard, "caller says two men")
    desk.holds(heard)
    desk.lifts(heard)
    desk.closes(heard)
    seen = desk.reopens(heard)
    done = [entry.action for entry in seen.timeline if entry.actor == desk.user.actor]
    for act in (
        "acknowledgment_confirmed",
        "acknowledgment_refused",
        "incident_escalated",
        "note_added",
        "legal_hold_placed",
        "legal_hold_lifted",
        "closure_ordered",
        "incident_closed",
        "incident_reopened",
    ):
        assert act in done
    assert seen.names[desk.user.actor].startswith("dispatcher")


def actions(record: IncidentRecord) -> list[str]:
    return [entry.action for entry in record.timeline]


def status_of(world: World, unit_id: object) -> Status:
    with world.database.transaction(world.agency_id) as tx:
        return next(unit.status for unit in units.first(tx) if unit.unit_id == unit_id)
