"""Two incidents are merged while some phones were only warned, or had still to be told something: who hears it?"""

from typing import Any

import pytest
from builders import a_point
from world import Car, World

from service.domain.alert import PageKind
from service.domain.detection import Classification
from service.domain.unit import Status
from service.operations import acknowledgments, care
from service.operations.detections import Answer


@pytest.fixture
def warned(world: World) -> Car:
    """So close to the first shots that it is warned, and too far from the second."""
    world.cars(100, 200)
    car = world.car("warned", away_m=300)
    car.phone.says(Status.UNAVAILABLE)
    return car


@pytest.fixture
def car(world: World) -> Car:
    """One that the first shots ring for; the second have two of their own."""
    for away_m in (890, 910):
        world.car(away_m=away_m, bearing_deg=0)
    return world.car("3A12", away_m=400)


# -- warned -------------------------------------------------------------------------------------------------------


def test_whoever_was_warned_of_the_one_that_is_over_is_told_so(world: World, warned: Car) -> None:
    first, second = _apart(world)
    world.dispatcher.merges(first, into=second)
    assert [(PageKind.WARNING, first.incident_id), (PageKind.RECALL, first.incident_id)] == _told(warned)


def test_whoever_was_warned_and_is_asked_by_the_other_is_not_told_that_it_is_over(world: World, warned: Car) -> None:
    first, second = _apart(world)
    warned.phone.says(Status.AVAILABLE)
    world.dispatcher.sends(second, warned)
    world.dispatcher.merges(first, into=second)
    assert PageKind.RECALL not in warned.phone.kinds


def test_a_warning_that_nobody_could_send_yet_is_the_other_s(world: World, warned: Car) -> None:
    first, second = _apart_and_unsent(world)
    world.dispatcher.merges(first, into=second)
    assert (PageKind.WARNING, second.incident_id) in _told(warned)
    assert (PageKind.WARNING, first.incident_id) not in _told(warned)


def test_and_it_is_recalled_with_the_other(world: World, warned: Car) -> None:
    first, second = _apart_and_unsent(world)
    world.dispatcher.merges(first, into=second)
    world.dispatcher.cancels(second)
    assert (PageKind.RECALL, second.incident_id) == _told(warned)[-1]


def test_nobody_is_warned_by_both(world: World, warned: Car) -> None:
    world.car(away_m=790, bearing_deg=0)
    world.car(away_m=800, bearing_deg=0)
    warned.is_at(a_point(away_m=450, bearing_deg=0))
    world.jobs.is_away = True
    first = world.hears("SST-1")
    world.jobs.is_away = False
    second = world.hears("SST-2", place=a_point(away_m=900, bearing_deg=0))
    world.dispatcher.merges(first, into=second)
    assert [PageKind.WARNING] == [kind for kind, _ in _told(warned) if kind is PageKind.WARNING]


# -- on the way, or there -----------------------------------------------------------------------------------------


def test_how_an_officer_is_whom_nobody_could_ask_yet_is_asked_for_the_other(world: World, car: Car) -> None:
    first, second = _apart(world)
    _is_to_be_asked_how_it_goes(world, car, first)
    world.dispatcher.merges(first, into=second)
    assert (PageKind.WELFARE, second.incident_id) == _told(car)[-1]
    assert not car.phone.rings[-1].notice.silent


def test_also_when_the_officer_was_asked_for_both(world: World, car: Car) -> None:
    first, second = _apart(world, classification=Classification.SINGLE_GUNSHOT, uncertainty_m=50)
    world.dispatcher.sends(second, car)
    _is_to_be_asked_how_it_goes(world, car, first)
    world.dispatcher.merges(first, into=second)
    assert (PageKind.WELFARE, second.incident_id) in _told(car)


def test_that_it_got_worse_is_said_aloud_by_the_other(world: World, car: Car) -> None:
    first, second = _apart(world, classification=Classification.SINGLE_GUNSHOT)
    car.phone.accepts_alert(world.dispatcher.alert_id(first, car))
    car.phone.receives()
    world.advance(30)
    world.jobs.is_away = True
    world.updates("SST-1", classification=Classification.MULTIPLE_GUNSHOTS)
    world.jobs.is_away = False
    world.dispatcher.merges(first, into=second)
    assert (PageKind.UPDATE, second.incident_id) == _told(car)[-1]
    assert not car.phone.rings[-1].notice.silent


def test_an_alert_that_nobody_could_send_is_not_sent_to_who_goes_already(world: World, car: Car) -> None:
    first, second = _apart_and_unsent(world)
    car.phone.accepts_alert(world.dispatcher.alert_id(first, car))
    world.dispatcher.merges(first, into=second)
    assert [(PageKind.UPDATE, second.incident_id)] == _told(car)


def _apart(world: World, **first: Any) -> tuple[Answer, Answer]:
    """Two that are one, and too far from each other to be joined by themselves."""
    return world.hears("SST-1", **first), world.hears("SST-2", place=a_point(away_m=900, bearing_deg=0))


def _apart_and_unsent(world: World) -> tuple[Answer, Answer]:
    """As `_apart`, and nobody has sent anything yet."""
    world.jobs.is_away = True
    heard = _apart(world)
    world.jobs.is_away = False
    return heard


def _is_to_be_asked_how_it_goes(world: World, car: Car, heard: Answer) -> None:
    """The officer was on the scene for so long that the question is due; nobody has sent it yet."""
    alert_id = world.dispatcher.alert_id(heard, car)
    car.phone.accepts_alert(alert_id)
    world.dispatcher.confirms(heard, car)
    car.is_at(a_point(away_m=20))
    acknowledgments.report_progress(
        world.database, world.ports, device=car.phone.device, alert_id=alert_id, word="on_scene"
    )
    while "welfare_asked" not in [entry.action for entry in world.incident(heard).timeline]:
        world.clock.advance(10)
        care.look_after_due(world.database, world.ports)
    assert PageKind.WELFARE not in car.phone.kinds


def _told(car: Car) -> list[tuple[PageKind, object]]:
    return [(ring.notice.kind, ring.notice.incident_id) for ring in car.phone.rings]
