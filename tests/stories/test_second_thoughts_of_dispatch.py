"""Merged or split at the worst moment: nobody rings for nothing, nobody falls silent, nobody is forgotten."""

from typing import Any

import pytest
from builders import a_point
from officer import presses
from world import Car, MakeWorld, World

from service.domain.alert import AlertState, PageKind
from service.domain.detection import Classification, Confidence, Outcome
from service.domain.incident import IncidentState
from service.domain.policy import Policy
from service.domain.unit import Status, UnitKind
from service.operations import acknowledgments
from service.operations.detections import Answer
from service.store import agencies

FIREWORKS: dict[str, Any] = {"classification": Classification.FIREWORKS}


# -- merged -------------------------------------------------------------------------------------------------------


def test_merged_two_that_go_suffice_and_whoever_rings_for_either_is_recalled(world: World) -> None:
    near, ringing = world.cars(400, 500)
    first = world.hears("SST-1")
    near.phone.accepts()
    other = world.car(away_m=950, bearing_deg=0)
    world.car(away_m=960, bearing_deg=0)
    second = _elsewhere(world, "SST-2")
    other.phone.accepts()
    merged = world.dispatcher.merges(first, into=second)
    assert IncidentState.COVERED is merged.incident.state
    assert AlertState.RECALLED is ringing.phone.state
    assert [PageKind.ALERT, PageKind.RECALL, PageKind.RECALL] == ringing.phone.kinds


def test_merged_into_a_covered_one_nobody_rings_on(world: World) -> None:
    near, far = world.cars(400, 500)
    covered = world.hears("SST-1")
    near.phone.accepts()
    far.phone.accepts()
    ringing = world.car(away_m=950, bearing_deg=0)
    world.dispatcher.merges(_elsewhere(world, "SST-2"), into=covered)
    assert AlertState.RECALLED is ringing.phone.state
    assert [PageKind.ALERT, PageKind.RECALL, PageKind.RECALL] == ringing.phone.kinds


def test_merged_a_phone_that_rang_for_what_is_over_is_told_so_and_rings_for_the_other(world: World) -> None:
    near, _ = world.cars(400, 500)
    over = world.hears("SST-1")
    world.car(away_m=950, bearing_deg=0)
    world.car(away_m=960, bearing_deg=0)
    lives = _elsewhere(world, "SST-2")
    world.advance(11)
    world.dispatcher.merges(over, into=lives)
    told = {ring.notice.incident_id: ring.notice.kind for ring in near.phone.rings}
    assert {over.incident_id: PageKind.RECALL, lives.incident_id: PageKind.ALERT} == told


def test_merged_into_a_held_one_a_phone_can_answer_what_rings(world: World) -> None:
    near, _ = world.cars(400, 900)
    ringing = world.hears("SST-1")
    world.dispatcher.merges(ringing, into=_elsewhere(world, "SST-2", confidence=Confidence.LOW))
    assert near.phone.alert_id == near.phone.rings[-1].notice.alert_id


@pytest.mark.parametrize("other", [FIREWORKS, {"confidence": Confidence.LOW}], ids=["fireworks", "held"])
def test_an_unanswered_one_goes_on_calling_whatever_it_is_merged_into(world: World, other: dict[str, Any]) -> None:
    boss = world.car("S1", kind=UnitKind.SUPERVISOR)
    unanswered = world.hears("SST-1")
    merged = world.dispatcher.merges(unanswered, into=_elsewhere(world, "SST-2", **other))
    assert merged.incident.deadline_at is not None
    before = boss.phone.kinds.count(PageKind.ALERT)
    world.advance(31)
    assert boss.phone.kinds.count(PageKind.ALERT) > before


def test_doubtful_shots_merged_into_fireworks_ring_when_nobody_decides(world: World) -> None:
    near, _ = world.cars(400, 900)
    held = world.hears("SST-1", confidence=Confidence.LOW)
    world.dispatcher.merges(held, into=_elsewhere(world, "SST-2", **FIREWORKS))
    world.advance(59)
    assert [] == near.phone.kinds
    world.advance(1)
    assert [PageKind.ALERT] == near.phone.kinds


def test_one_car_sufficed_for_the_one_and_not_for_the_other_so_more_are_asked(make_world: MakeWorld) -> None:
    world = make_world(acknowledgments_needed=1)
    near, far = world.cars(400, 900)
    covered = world.hears("SST-1")
    near.phone.accepts()
    with world.database.transaction(world.agency_id) as tx:
        agencies.set_policy(tx, Policy())
    world.dispatcher.merges(covered, into=_elsewhere(world, "SST-2", confidence=Confidence.LOW))
    world.advance(31)
    assert PageKind.ALERT is far.phone.kinds[-1]


def test_asked_for_both_an_officer_on_scene_is_still_there_and_confirmed(world: World) -> None:
    near, _ = world.cars(400, 900)
    first, second = world.hears("SST-1"), _elsewhere(world, "SST-2")
    world.dispatcher.sends(second, near)
    _arrives(world, near, first)
    world.dispatcher.confirms(first, near)
    merged = world.dispatcher.merges(first, into=second)
    [alert] = [each for each in merged.alerts if each.alert.unit_id == near.unit_id]
    assert world.clock.now() == alert.on_scene_at == alert.confirmed_at
    assert Status.ON_SCENE is _status(world, near)


def test_a_car_that_comes_closer_to_the_new_place_is_left_alone(world: World) -> None:
    car = world.car(away_m=900, bearing_deg=180)
    first = world.hears("SST-1")
    car.phone.accepts()
    world.dispatcher.confirms(first, car)
    car.is_at(a_point(away_m=30, bearing_deg=180))
    world.advance(20)
    second = _elsewhere(world, "SST-2", uncertainty_m=3)
    world.dispatcher.merges(first, into=second)
    for away_m in range(0, 700, 35):
        car.is_at(a_point(away_m=away_m, bearing_deg=0))
        world.advance(10)
    assert "unit_not_coming_closer" not in [entry.action for entry in world.incident(second).timeline]


@pytest.mark.parametrize("status", [Status.OFF_DUTY, Status.UNAVAILABLE])
def test_merging_changes_nothing_of_what_a_unit_says_of_itself(world: World, status: Status) -> None:
    near, _ = world.cars(400, 900)
    first = world.hears("SST-1")
    near.phone.accepts()
    near.phone.says(status)
    world.dispatcher.merges(first, into=_elsewhere(world, "SST-2"))
    assert status is _status(world, near)


def test_a_unit_off_duty_stays_off_duty_when_one_of_its_two_incidents_ends(world: World) -> None:
    near, _ = world.cars(400, 900)
    first, second = world.hears("SST-1"), _elsewhere(world, "SST-2")
    world.dispatcher.sends(second, near)
    for heard in (second, first):
        near.phone.accepts_alert(world.dispatcher.alert_id(heard, near))
    near.phone.says(Status.OFF_DUTY)
    world.dispatcher.closes(first)
    assert Status.OFF_DUTY is _status(world, near)


# -- split --------------------------------------------------------------------------------------------------------


def test_what_is_split_off_a_call_for_help_leaves_it_where_the_officer_is(world: World) -> None:
    caller = world.car("3A12", away_m=100)
    world.cars(400, 900)
    emergency = presses(caller.phone)
    called = world.incident(emergency).incident.sound
    for heard in (_elsewhere(world, "SST-1"), world.hears("SST-2", place=a_point(away_m=2_500))):
        world.dispatcher.merges(heard, into=emergency)
    world.dispatcher.splits(emergency, "SST-2")
    new = world.incident_of(world.dispatcher.splits(emergency, "SST-1"))
    assert called == world.incident(emergency).incident.sound
    assert Policy() == new.incident.policy


@pytest.mark.parametrize("first", [{"confidence": Confidence.LOW}, FIREWORKS], ids=["held", "shown"])
def test_fireworks_that_a_split_leaves_behind_never_ring(world: World, first: dict[str, Any]) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears("SST-1", **first)
    second = {"confidence": Confidence.LOW} if first is FIREWORKS else FIREWORKS
    world.hears("SST-2", place=a_point(away_m=50), **second)
    doubtful = "SST-2" if first is FIREWORKS else "SST-1"
    world.dispatcher.cancels(_answer(world.dispatcher.splits(heard, doubtful)))
    world.advance(70)
    assert [] == near.phone.kinds


def test_fireworks_that_a_split_leaves_behind_ring_no_longer(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears("SST-1")
    world.hears("SST-2", place=a_point(away_m=50), **FIREWORKS)
    new_id = world.dispatcher.splits(heard, "SST-1")
    assert IncidentState.CANCELLED is world.incident(heard).incident.state
    assert new_id == near.phone.alerts[0].incident.incident_id


def _elsewhere(world: World, detection_id: str, **sound: Any) -> Answer:
    return world.hears(detection_id, place=a_point(away_m=900, bearing_deg=0), **sound)


def _answer(incident_id: Any) -> Answer:
    return Answer(incident_id=incident_id, detection_id="", revision=0, outcome=Outcome.OPENED)


def _arrives(world: World, car: Car, heard: Answer) -> None:
    alert_id = world.dispatcher.alert_id(heard, car)
    car.phone.accepts_alert(alert_id)
    acknowledgments.report_progress(
        world.database, world.ports, device=car.phone.device, alert_id=alert_id, word="on_scene"
    )


def _status(world: World, car: Car) -> Status:
    return next(unit.status for unit in world.units() if unit.unit_id == car.unit_id)
