"""Two desks at odds: the same act twice, one too late, two ends at once. Nobody is misled, no unit stays busy."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from builders import a_point
from world import Car, World

from service.domain.alert import PageKind
from service.domain.detection import Classification
from service.domain.disposition import Disposition
from service.domain.errors import Code, DomainError
from service.domain.unit import Status
from service.operations import ending
from service.operations.detections import Answer
from service.operations.ending import Closing

FIREWORKS: dict[str, Any] = {"classification": Classification.FIREWORKS}


def test_a_legal_hold_goes_wherever_the_detections_go(world: World) -> None:
    world.cars(400, 900)
    held = world.hears("SST-1")
    world.hears("SST-2", place=a_point(away_m=100))
    world.dispatcher.holds(held, "court order 26-114")
    apart = world.incident_of(world.dispatcher.splits(held, "SST-2"))
    merged = world.dispatcher.merges(held, into=_elsewhere(world, "SST-3"))
    assert "court order 26-114" == apart.incident.legal_hold == merged.incident.legal_hold


def test_who_closes_what_a_colleague_has_just_merged_is_told_so(world: World) -> None:
    world.cars(400, 900)
    first, second = world.hears("SST-1"), _elsewhere(world, "SST-2")
    world.dispatcher.merges(first, into=second)
    with pytest.raises(DomainError, match="merged into another"):
        world.dispatcher.closes(first, Disposition.EVIDENCE_FOUND)
    assert Disposition.DUPLICATE is world.incident(first).incident.disposition


def test_two_incidents_that_end_at_once_leave_no_unit_busy(world: World) -> None:
    near, far = world.cars(400, 500)
    for n in range(5):
        world.clock.advance(1_000)
        first, second = world.hears(f"SST-{n}", **FIREWORKS), _elsewhere(world, f"SST-{n}-b", **FIREWORKS)
        for one, cars in ((first, (near, far)), (second, (far, near))):
            world.dispatcher.sends(one, cars[0])
            world.dispatcher.sends(one, cars[1])
            for car in cars:
                car.phone.accepts_alert(world.dispatcher.alert_id(one, car))
        with ThreadPoolExecutor(2) as desks:
            list(desks.map(partial(_closes, world), (first, second)))
        assert {Status.AVAILABLE} == {_status(world, car) for car in (near, far)}


def test_two_dispatchers_want_more_units_for_a_covered_one_and_get_them_once(world: World) -> None:
    near, far, *_ = world.cars(400, 500, 600, 700, 800, 900)
    heard = world.hears()
    near.phone.accepts()
    far.phone.accepts()
    for desk in (world.dispatcher, world.dispatcher):
        desk.escalates(heard, seeing_level=1)
    assert 4 == len(world.incident(heard).alerts)


def test_a_unit_that_is_clear_is_not_silently_left_out(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears()
    near.phone.accepts()
    near.phone.reports("clear")
    with pytest.raises(DomainError, match="is clear of this incident") as refused:
        world.dispatcher.sends(heard, near)
    assert Code.ILLEGAL_MOVE is refused.value.code
    world.dispatcher.refuses(heard, near)
    world.dispatcher.sends(heard, near)
    assert PageKind.ALERT is near.phone.kinds[-1]


def _elsewhere(world: World, detection_id: str, **sound: Any) -> Answer:
    return world.hears(detection_id, place=a_point(away_m=900, bearing_deg=0), **sound)


def _closes(world: World, heard: Answer) -> None:
    assert heard.incident_id is not None
    finding = Closing(disposition=Disposition.OTHER)
    user = world.dispatcher.user
    ending.close_incident(world.database, world.ports, user=user, incident_id=heard.incident_id, finding=finding)


def _status(world: World, car: Car) -> Status:
    return next(unit.status for unit in world.units() if unit.unit_id == car.unit_id)
