"""Two reports of one shooting, or one report of two: the dispatcher knows better, and nobody's answer is lost."""

from typing import Any

import pytest
from builders import a_point
from world import World

from service.domain.alert import AlertState, PageKind, Role
from service.domain.detection import Confidence
from service.domain.disposition import Disposition
from service.domain.errors import Code, DomainError
from service.domain.incident import IncidentState
from service.operations import registry
from service.operations.detections import Answer

APART_M = 900
"""Too far to be joined by itself."""


def test_merged_the_units_that_were_going_are_still_going(world: World) -> None:
    near, far = world.cars(400, 900)
    world.car("other-1", away_m=1_200, bearing_deg=0)
    world.car("other-2", away_m=1_300, bearing_deg=0)
    first = world.hears("SST-1")
    near.phone.accepts()
    far.phone.accepts()
    second = _elsewhere(world, "SST-2")
    merged = world.dispatcher.merges(first, into=second)
    going = {alert.alert.call_sign: alert.alert.role for alert in merged.alerts if alert.alert.role}
    assert {near.call_sign: Role.PRIMARY, far.call_sign: Role.ASSISTING} == going
    assert IncidentState.COVERED is merged.incident.state
    assert ["SST-1", "SST-2"] == sorted(message.detection.detection_id for message in merged.detections)


def test_the_one_that_was_merged_is_closed_as_a_duplicate_and_says_where_it_went(world: World) -> None:
    world.cars(400, 900)
    first, second = world.hears("SST-1"), _elsewhere(world, "SST-2")
    world.dispatcher.merges(first, into=second)
    old = world.dispatcher.sees(first).incident
    assert (IncidentState.CLOSED, Disposition.DUPLICATE) == (old.state, old.disposition)
    assert second.incident_id == old.merged_into


def test_a_phone_that_rang_for_the_merged_one_answers_the_other(world: World) -> None:
    near, _ = world.cars(400, 900)
    first, second = world.hears("SST-1"), _elsewhere(world, "SST-2")
    alert_id = world.dispatcher.alert_id(first, near)
    world.dispatcher.merges(first, into=second)
    view = near.phone.accepts_alert(alert_id) if alert_id in _alert_ids(world, second) else near.phone.accepts()
    assert second.incident_id == view.incident.incident_id
    assert AlertState.ACKNOWLEDGED is view.stored.alert.state


def test_a_unit_asked_for_both_and_going_to_one_goes_to_the_other(world: World) -> None:
    near, _ = world.cars(400, 900)
    first = world.hears("SST-1")
    second = _elsewhere(world, "SST-2")
    world.dispatcher.sends(second, near)
    near.phone.accepts_alert(world.dispatcher.alert_id(first, near))
    merged = world.dispatcher.merges(first, into=second)
    assert {near.call_sign: Role.PRIMARY} == {
        alert.alert.call_sign: alert.alert.role for alert in merged.alerts if alert.alert.role
    }
    [busy] = [each for each in world.units() if each.unit_id == near.unit_id]
    assert second.incident_id == busy.incident_id


def test_merging_twice_is_merging_once(world: World) -> None:
    world.cars(400, 900)
    first, second = world.hears("SST-1"), _elsewhere(world, "SST-2")
    once = world.dispatcher.merges(first, into=second)
    assert once == world.dispatcher.merges(first, into=second)


def test_a_held_report_merged_into_a_ringing_one_rings_nobody_anew(world: World) -> None:
    near, _ = world.cars(400, 900)
    ringing = world.hears("SST-1")
    held = _elsewhere(world, "SST-2", confidence=Confidence.LOW)
    world.dispatcher.merges(held, into=ringing)
    world.advance(70)
    assert 1 == near.phone.kinds.count(PageKind.ALERT)


def test_a_ringing_report_merged_into_a_held_one_opens_it(world: World) -> None:
    near, _ = world.cars(400, 900)
    ringing = world.hears("SST-1")
    held = _elsewhere(world, "SST-2", confidence=Confidence.LOW)
    merged = world.dispatcher.merges(ringing, into=held)
    assert IncidentState.OPEN is merged.incident.state
    near.phone.accepts()
    assert AlertState.ACKNOWLEDGED is near.phone.state


def test_the_next_message_about_a_merged_detection_is_the_other_incident_s(world: World) -> None:
    world.cars(400, 900)
    first, second = world.hears("SST-1"), _elsewhere(world, "SST-2")
    world.dispatcher.merges(first, into=second)
    assert second.incident_id == world.updates("SST-1", rounds=9).incident_id


def test_an_incident_is_not_merged_into_itself_nor_into_nothing(world: World) -> None:
    heard = world.hears()
    with pytest.raises(DomainError) as refused:
        world.dispatcher.merges(heard, into=heard)
    assert Code.INVALID is refused.value.code


def test_split_what_was_something_else_rings_for_itself(world: World) -> None:
    world.cars(400, 900, 1200, 1300)
    first = world.hears("SST-1")
    assert first.incident_id == world.hears("SST-2", place=a_point(away_m=150)).incident_id
    new_id = world.dispatcher.splits(first, "SST-2")
    new, old = world.incident_of(new_id), world.dispatcher.sees(first)
    assert ["SST-2"] == [message.detection.detection_id for message in new.detections]
    assert ["SST-1"] == [message.detection.detection_id for message in old.detections]
    assert first.incident_id == new.incident.split_from
    assert 2 == len(new.alerts)


def test_splitting_twice_is_splitting_once(world: World) -> None:
    world.cars(400, 900)
    first = world.hears("SST-1")
    world.hears("SST-2", place=a_point(away_m=150))
    assert world.dispatcher.splits(first, "SST-2") == world.dispatcher.splits(first, "SST-2")


def test_splitting_twice_is_splitting_once_although_another_source_uses_the_same_name_elsewhere(world: World) -> None:
    world.cars(400, 900)
    first = world.hears("SST-1")
    world.hears("SST-2", place=a_point(away_m=150))
    others = registry.create_source(world.database, world.ports, agency_id=world.agency_id, name="others").source_id
    world.hears("SST-2", source_id=others, place=a_point(away_m=5_000))
    assert world.dispatcher.splits(first, "SST-2") == world.dispatcher.splits(first, "SST-2")


@pytest.mark.parametrize("detection_ids", [["SST-1"], ["SST-9"], ["SST-1", "SST-9"]])
def test_a_split_needs_something_on_either_side(world: World, detection_ids: list[str]) -> None:
    heard = world.hears("SST-1")
    with pytest.raises(DomainError) as refused:
        world.dispatcher.splits(heard, *detection_ids)
    assert Code.INVALID is refused.value.code


def _elsewhere(world: World, detection_id: str, **sound: Any) -> Answer:
    return world.hears(detection_id, place=a_point(away_m=APART_M, bearing_deg=0), **sound)


def _alert_ids(world: World, heard: Answer) -> set[object]:
    return {alert.alert.alert_id for alert in world.dispatcher.sees(heard).alerts}
