"""A unit has acknowledged. Is it forgotten, does it come, and is its officer all right? Who is told, and when."""

from typing import Any
from uuid import UUID

import pytest
from builders import a_point
from officer import asks_for_help, says_all_right, without_a_fix
from world import Car, World

from service.domain.alert import PageKind
from service.domain.errors import Code, DomainError
from service.domain.incident import IncidentState
from service.domain.unit import Status
from service.operations import care
from service.operations.detections import Answer
from service.store import incidents

NUDGES = set(care.ACTIONS.values())


def drives(car: Car, *, from_m: float, to_m: float, for_s: int) -> None:
    """At an even speed, with a fix each five seconds."""
    for second in range(0, for_s, 5):
        car.is_at(a_point(away_m=from_m + (to_m - from_m) * second / for_s))
        car.world.advance(5)


def passes(world: World, seconds: int) -> None:
    """A long time, in which the clock looks only now and then."""
    for _ in range(seconds // 10):
        world.clock.advance(10)
        world.tick()


def nudges(world: World, heard: Answer) -> list[str]:
    """What the console was told, in order."""
    return [entry.action for entry in world.incident(heard).timeline if entry.action in NUDGES]


def latest_incident(world: World) -> UUID:
    with world.database.transaction(world.agency_id) as tx:
        return incidents.page_of_newest(tx, states=(), before=None, limit=1)[0].incident_id


def details(world: World, heard: Answer, action: str) -> dict[str, Any]:
    return next(entry.details for entry in world.incident(heard).timeline if entry.action == action)


@pytest.fixture
def car(world: World) -> Car:
    """One that is 2 km away when shots are heard, and takes it."""
    return world.car("3A12", away_m=2_000)


@pytest.fixture
def heard(world: World, car: Car) -> Answer:
    answer = world.hears()
    car.phone.accepts()
    return answer


@pytest.fixture
def on_scene(world: World, car: Car, heard: Answer) -> Answer:
    world.dispatcher.confirms(heard, car)
    car.is_at(a_point(away_m=20))
    car.phone.reports("on_scene")
    world.advance(1)
    return heard


# -- forgotten ----------------------------------------------------------------------------------------------------


def test_nobody_confirms_for_a_minute_so_the_console_is_told_once(world: World, car: Car, heard: Answer) -> None:
    drives(car, from_m=2_000, to_m=1_500, for_s=55)
    assert [] == nudges(world, heard)
    drives(car, from_m=1_500, to_m=200, for_s=120)
    assert ["unit_forgotten"] == nudges(world, heard)
    told = details(world, heard, "unit_forgotten")
    assert ("3A12", str(car.unit_id)) == (told["call_sign"], told["unit_id"])


def test_a_confirmed_unit_is_not_forgotten(world: World, car: Car, heard: Answer) -> None:
    world.advance(30)
    world.dispatcher.confirms(heard, car)
    drives(car, from_m=1_900, to_m=200, for_s=150)
    assert [] == nudges(world, heard)


def test_a_car_that_stands_still_is_told_of_with_how_far_it_is(world: World, car: Car, heard: Answer) -> None:
    world.dispatcher.confirms(heard, car)
    world.advance(179)
    assert [] == nudges(world, heard)
    world.advance(2)
    assert ["unit_not_coming_closer"] == nudges(world, heard)
    told = details(world, heard, "unit_not_coming_closer")
    assert pytest.approx(2_000, abs=1) == told["distance_m"]
    assert 180 <= told["fix_age_s"] <= 182


def test_a_car_that_drives_is_left_alone(world: World, car: Car, heard: Answer) -> None:
    world.dispatcher.confirms(heard, car)
    drives(car, from_m=2_000, to_m=100, for_s=400)
    assert [] == nudges(world, heard)


def test_a_dispatcher_is_not_drowned_in_one_car(world: World, car: Car, heard: Answer) -> None:
    world.dispatcher.confirms(heard, car)
    passes(world, 700)
    assert 2 == len(nudges(world, heard))


def test_a_car_that_never_said_where_it_is_does_not_come_closer(world: World) -> None:
    car = without_a_fix(world)
    heard = world.hears()
    world.dispatcher.sends(heard, car)
    car.phone.accepts()
    world.dispatcher.confirms(heard, car)
    world.advance(181)
    assert ["unit_not_coming_closer"] == nudges(world, heard)
    assert details(world, heard, "unit_not_coming_closer")["distance_m"] is None


def test_of_two_cars_only_the_one_that_stands_still_is_told_of(world: World, car: Car, heard: Answer) -> None:
    other = world.car("3A14", away_m=2_000)
    world.dispatcher.sends(heard, other)
    other.phone.accepts()
    world.dispatcher.confirms(heard, car)
    world.dispatcher.confirms(heard, other)
    drives(car, from_m=2_000, to_m=100, for_s=200)
    assert ["unit_not_coming_closer"] == nudges(world, heard)
    assert "3A14" == details(world, heard, "unit_not_coming_closer")["call_sign"]


def test_whoever_is_clear_is_looked_after_no_more(world: World, car: Car, heard: Answer) -> None:
    car.phone.reports("clear")
    world.advance(200)
    assert [] == nudges(world, heard)


def test_whoever_withdraws_is_looked_after_no_more(world: World, car: Car, heard: Answer) -> None:
    car.phone.declines()
    world.advance(200)
    assert [] == nudges(world, heard)


@pytest.mark.usefixtures("car")
def test_when_it_is_over_nobody_is_looked_after(world: World, heard: Answer) -> None:
    world.dismisses()
    world.advance(200)
    assert [] == nudges(world, heard)


def test_a_unit_that_goes_again_is_looked_after_anew(world: World, car: Car, heard: Answer) -> None:
    world.advance(61)
    car.phone.declines()
    car.phone.accepts()
    world.advance(61)
    assert ["unit_forgotten", "unit_forgotten"] == nudges(world, heard)


# -- all right? ---------------------------------------------------------------------------------------------------


def test_after_ten_minutes_on_scene_the_phone_asks(world: World, car: Car, on_scene: Answer) -> None:
    passes(world, 590)
    assert PageKind.WELFARE not in car.phone.kinds
    world.advance(9)
    assert PageKind.WELFARE is car.phone.kinds[-1]
    assert not car.phone.rings[-1].notice.silent
    assert world.clock.now() < (car.phone.rings[-1].notice.deadline_at or world.clock.now())
    assert ["welfare_asked"] == nudges(world, on_scene)


def test_all_right_starts_the_timer_anew(world: World, car: Car, on_scene: Answer) -> None:
    passes(world, 620)
    says_all_right(car.phone)
    passes(world, 590)
    assert ["welfare_asked"] == nudges(world, on_scene)
    world.advance(20)
    assert ["welfare_asked", "welfare_asked"] == nudges(world, on_scene)


def test_all_right_twice_is_once(world: World, car: Car, on_scene: Answer) -> None:
    passes(world, 620)
    first = says_all_right(car.phone)
    assert first == says_all_right(car.phone)
    assert 1 == [entry.action for entry in world.incident(on_scene).timeline].count("welfare_answered")


def test_without_an_answer_the_console_is_told_and_the_phone_rings_once_more(
    world: World, car: Car, on_scene: Answer
) -> None:
    passes(world, 670)
    assert ["welfare_asked", "welfare_silent"] == nudges(world, on_scene)
    assert 2 == car.phone.kinds.count(PageKind.WELFARE)
    passes(world, 500)
    assert 2 == len(nudges(world, on_scene))


def test_a_phone_that_is_off_is_silence_too(world: World, car: Car, on_scene: Answer) -> None:
    with world.database.transaction(world.agency_id) as tx:
        world.lose_target(tx, car.phone)
    passes(world, 670)
    assert ["welfare_asked", "welfare_silent"] == nudges(world, on_scene)


def test_a_question_that_was_answered_before_it_could_be_sent_does_not_ring(
    world: World, car: Car, on_scene: Answer
) -> None:
    world.jobs.is_away = True
    while not nudges(world, on_scene):
        world.clock.advance(10)
        care.look_after_due(world.database, world.ports)
    says_all_right(car.phone)
    world.advance(5)
    assert PageKind.WELFARE not in car.phone.kinds


def test_an_update_that_overtakes_the_question_still_asks_it(world: World, car: Car, on_scene: Answer) -> None:
    while not nudges(world, on_scene):
        world.clock.advance(10)
        care.look_after_due(world.database, world.ports)
    world.updates(rounds=9)
    assert PageKind.WELFARE is car.phone.kinds[-1]
    assert not car.phone.rings[-1].notice.silent


def test_an_officer_who_is_clear_is_not_asked(world: World, car: Car, on_scene: Answer) -> None:
    car.phone.reports("clear")
    passes(world, 700)
    assert [] == nudges(world, on_scene)


def test_an_officer_who_went_off_duty_is_not_asked(world: World, car: Car, on_scene: Answer) -> None:
    car.phone.says(Status.OFF_DUTY)
    passes(world, 700)
    assert [] == nudges(world, on_scene)


def test_help_is_an_emergency_where_the_officer_is(world: World, car: Car, on_scene: Answer) -> None:
    other = world.car("3A14", away_m=900)
    passes(world, 620)
    asks_for_help(car.phone)
    assert "Officer emergency: 3A12" in (other.phone.rings[-1].notice.sound.address or "")
    assert car.phone.kinds[-1] is PageKind.WELFARE
    assert {"answer": "help"}.items() <= details(world, on_scene, "welfare_answered").items()
    passes(world, 700)
    assert ["welfare_asked"] == nudges(world, on_scene)


def test_help_is_never_too_late(world: World, car: Car, on_scene: Answer) -> None:
    other = world.car("3A14", away_m=900)
    passes(world, 610)
    world.dispatcher.cancels(on_scene)
    asks_for_help(car.phone)
    assert other.phone.kinds[-1] is PageKind.ALERT
    assert "3A12" == other.phone.rings[-1].notice.emergency


def test_all_right_after_the_end_is_told_that_it_is_over(world: World, car: Car, on_scene: Answer) -> None:
    world.dismisses()
    with pytest.raises(DomainError) as refused:
        says_all_right(car.phone)
    assert Code.INCIDENT_OVER is refused.value.code
    assert IncidentState.CANCELLED is world.incident(on_scene).incident.state


def test_who_is_not_there_cannot_be_all_right_there(world: World) -> None:
    asked = world.car("3A12", away_m=400)
    world.hears()
    with pytest.raises(DomainError) as refused:
        says_all_right(asked.phone)
    assert Code.ILLEGAL_MOVE is refused.value.code


def test_another_units_question_cannot_be_answered(world: World, car: Car, heard: Answer) -> None:
    other = world.car("3A14", away_m=900)
    for answers in (says_all_right, asks_for_help):
        with pytest.raises(DomainError) as refused:
            answers(other.phone, car.phone.alert_id)
        assert Code.NOT_FOUND is refused.value.code
    assert heard.incident_id == latest_incident(world)
