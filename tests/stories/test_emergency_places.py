"""An officer presses the emergency button: where is that, when positions are old, wrong, or missing altogether?"""

import pytest
from builders import PLACE, a_point
from officer import presses, without_a_fix
from world import Car, MakeWorld, World

from service.domain.alert import PageKind
from service.domain.geo import distance_m
from service.domain.incident import IncidentState
from service.domain.unit import UnitKind


@pytest.fixture
def caller(world: World) -> Car:
    """On duty at PLACE."""
    return world.car("3A12", away_m=0)


def test_without_redis_it_rings_all_the_same(world: World, caller: Car) -> None:
    (helper,) = world.cars(400)
    world.positions.is_away = True
    world.jobs.is_away = True
    called = presses(caller.phone)
    world.advance(2)
    assert [PageKind.ALERT] == helper.phone.kinds
    assert PLACE == world.incident(called).incident.sound.place


def test_with_an_old_fix_the_phones_are_told_how_old_it_is(world: World) -> None:
    caller = world.car("3A12", away_m=0, age_s=400)
    called = presses(caller.phone)
    assert "Officer emergency: 3A12 · position 6 min old" == world.incident(called).incident.sound.address


def test_an_officer_whose_position_nobody_knows_is_sought_where_the_unit_was_sent(world: World) -> None:
    caller = without_a_fix(world)
    (helper,) = world.cars(900)
    heard = world.hears(place=a_point(away_m=700))
    world.dispatcher.sends(heard, caller)
    caller.phone.accepts()
    seen = world.incident(presses(caller.phone)).incident.sound
    assert a_point(away_m=700) == seen.place
    assert "Officer emergency: 3A12 · 1200 block of Quesada Ave · position unknown" in (seen.address or "")
    assert "3A12" == helper.phone.rings[-1].notice.emergency


def test_without_any_position_everybody_on_duty_is_told(world: World) -> None:
    caller = without_a_fix(world)
    cars = world.cars(400, 2_000, 4_000, 6_000, 8_000, 10_000)
    seen = world.incident(presses(caller.phone)).incident.sound
    assert "Officer emergency: 3A12 · position unknown" == seen.address
    first, last = (a_point(away_m=away_m, bearing_deg=90) for away_m in (400, 10_000))
    assert max(distance_m(seen.place, first), distance_m(seen.place, last)) <= seen.uncertainty_m
    assert all(car.phone.kinds for car in cars)


def test_where_nobody_has_a_position_the_sergeant_and_the_console_are_told(world: World) -> None:
    caller = without_a_fix(world)
    sergeant = without_a_fix(world, "sergeant", kind=UnitKind.SUPERVISOR)
    called = presses(caller.phone)
    assert [PageKind.ALERT] == sergeant.phone.kinds
    assert IncidentState.UNANSWERED is world.incident(called).incident.state


def test_a_place_that_cannot_be_is_not_believed(world: World, caller: Car) -> None:
    called = presses(caller.phone, at=a_point(away_m=30_000))
    assert PLACE == world.incident(called).incident.sound.place


def test_of_many_cars_around_all_are_warned_not_just_the_first(make_world: MakeWorld) -> None:
    world = make_world(emergency_units=1)
    caller = world.car("3A12", away_m=0)
    world.car(away_m=50)
    for number in range(120):
        world.park(f"parked-{number}", away_m=100 + number, age_s=5)
    outside = world.car("outside", away_m=2_900)
    presses(caller.phone)
    assert [PageKind.WARNING] == outside.phone.kinds
