"""A shot is heard, phones ring, officers answer: what they and the others see."""

import pytest
from builders import a_point
from world import World

from service.domain.alert import AlertState, PageKind, Role
from service.domain.detection import Outcome
from service.domain.errors import Code, DomainError
from service.domain.incident import IncidentState
from service.domain.unit import Status, UnitKind


def test_both_nearest_answer_and_it_is_covered(world: World) -> None:
    near, second, far = world.cars(400, 900, 2_000)
    heard = world.hears()
    assert heard.outcome is Outcome.OPENED
    assert [PageKind.ALERT] == near.phone.kinds == second.phone.kinds
    assert [] == far.phone.kinds

    assert near.phone.accepts().stored.alert.role is Role.PRIMARY
    assert world.incident(heard).incident.state is IncidentState.OPEN
    assert second.phone.accepts().stored.alert.role is Role.ASSISTING
    assert world.incident(heard).incident.state is IncidentState.COVERED

    world.advance(120)
    assert [] == far.phone.kinds


def test_an_alert_shows_all_that_an_officer_needs(world: World) -> None:
    (car,) = world.cars(400)
    heard = world.hears()
    notice = car.phone.rings[0].notice
    assert heard.incident_id == notice.incident_id
    assert car.phone.alert_id == notice.alert_id
    assert 1 == notice.sequence
    assert pytest.approx(400, abs=0.1) == notice.distance_m
    assert world.clock.now() + world.clock.real(30) == notice.deadline_at
    assert "America/Los_Angeles" == notice.timezone
    assert not notice.silent


def test_one_answers_and_one_declines_so_the_next_are_asked_at_once(world: World) -> None:
    near, second, third, fourth = world.cars(400, 900, 2_000, 3_000)
    heard = world.hears()
    near.phone.accepts()
    second.phone.declines("blocked by a train")
    assert [PageKind.ALERT] == third.phone.kinds == fourth.phone.kinds

    third.phone.accepts()
    assert world.incident(heard).incident.state is IncidentState.COVERED
    assert [PageKind.ALERT, PageKind.RECALL] == fourth.phone.kinds
    assert AlertState.RECALLED is fourth.phone.state
    assert "Covered by" in fourth.phone.rings[-1].notice.reason
    assert near.call_sign in fourth.phone.rings[-1].notice.reason
    assert fourth.phone.rings[-1].notice.silent


def test_both_decline_and_others_are_asked_without_waiting(world: World) -> None:
    near, second, third, fourth = world.cars(400, 900, 2_000, 3_000)
    world.hears()
    near.phone.declines()
    second.phone.declines()
    assert [PageKind.ALERT] == third.phone.kinds == fourth.phone.kinds


def test_nobody_answers_so_level_after_level_is_asked_and_then_the_supervisors(world: World) -> None:
    cars = world.cars(400, 900, 1_500, 2_000, 2_500, 3_000, 3_500)
    boss = world.car("sergeant", away_m=9_000, kind=UnitKind.SUPERVISOR)
    heard = world.hears()
    for asked in (2, 4, 6):
        assert asked == sum(car.phone.kinds == [PageKind.ALERT] for car in cars)
        assert [] == boss.phone.kinds
        world.advance(30)
    assert [] == cars[6].phone.kinds
    assert [PageKind.ALERT] == boss.phone.kinds
    assert world.incident(heard).incident.state is IncidentState.UNANSWERED
    assert {AlertState.EXPIRED} == {car.phone.state for car in cars[:6]}


def test_supervisors_ring_again_until_somebody_takes_it(world: World) -> None:
    (car,) = world.cars(400)
    boss = world.car("sergeant", away_m=9_000, kind=UnitKind.SUPERVISOR)
    heard = world.hears()
    world.advance(30)
    assert [PageKind.ALERT] == boss.phone.kinds
    world.advance(30)
    assert [PageKind.ALERT] * 2 == boss.phone.kinds
    boss.phone.accepts()
    car.phone.accepts()
    assert world.incident(heard).incident.state is IncidentState.COVERED
    world.advance(60)
    assert [PageKind.ALERT] * 2 == boss.phone.kinds


def test_late_acceptance_is_welcome(world: World) -> None:
    near, second = world.cars(400, 900)
    heard = world.hears()
    world.advance(31)
    assert AlertState.EXPIRED is near.phone.state
    assert near.phone.accepts().stored.alert.role is Role.PRIMARY
    second.phone.accepts()
    assert world.incident(heard).incident.state is IncidentState.COVERED


def test_a_recalled_officer_who_goes_all_the_same_assists(world: World) -> None:
    near, second, third = world.cars(400, 900, 1_000)
    heard = world.hears()
    near.phone.accepts()
    world.advance(30)
    second.phone.accepts()
    assert AlertState.RECALLED is third.phone.state
    assert third.phone.accepts().stored.alert.role is Role.ASSISTING
    assert world.incident(heard).incident.state is IncidentState.COVERED


def test_withdrawing_asks_others_and_makes_the_assisting_unit_primary(world: World) -> None:
    near, second, third = world.cars(400, 900, 1_500)
    heard = world.hears()
    near.phone.accepts()
    second.phone.accepts()
    assert near.phone.declines("flat tyre").stored.alert.role is None
    assert world.incident(heard).incident.state is IncidentState.OPEN
    assert Role.PRIMARY is second.phone.alerts[0].stored.alert.role
    assert PageKind.ALERT in third.phone.kinds


def test_after_the_end_an_acceptance_is_told_that_it_is_over(world: World) -> None:
    (car,) = world.cars(400)
    world.hears()
    world.dismisses()
    with pytest.raises(DomainError) as refused:
        car.phone.accepts()
    assert Code.INCIDENT_OVER is refused.value.code


def test_accepting_twice_gets_the_same_answer_twice(world: World) -> None:
    near, second = world.cars(400, 900)
    heard = world.hears()
    first = near.phone.accepts()
    assert first == near.phone.accepts()
    assert world.incident(heard).incident.state is IncidentState.OPEN
    assert [PageKind.ALERT] == second.phone.kinds


def test_declining_twice_gets_the_same_answer_twice(world: World) -> None:
    near, _, third, _ = world.cars(400, 900, 1_000, 1_100)
    world.hears()
    first = near.phone.declines()
    assert first == near.phone.declines()
    assert [PageKind.ALERT] == third.phone.kinds


def test_an_acknowledging_unit_is_busy_until_it_is_clear(world: World) -> None:
    near, second, third = world.cars(400, 900, 1_500)
    world.hears("SST-1")
    near.phone.accepts()
    second.phone.accepts()
    world.advance(90)
    world.hears("SST-2")
    assert [PageKind.ALERT] == third.phone.kinds
    assert 1 == near.phone.kinds.count(PageKind.ALERT)

    near.phone.reports("on_scene")
    near.phone.reports("clear")
    world.hears("SST-3", place=a_point(away_m=2_000))
    assert 2 == near.phone.kinds.count(PageKind.ALERT)


def test_a_unit_that_is_merely_asked_stays_a_candidate_for_another_incident(world: World) -> None:
    (car,) = world.cars(400)
    world.hears("SST-1")
    world.advance(10)
    world.hears("SST-2", place=a_point(away_m=1_000))
    assert [PageKind.ALERT] * 2 == car.phone.kinds


def test_dismissed_while_phones_ring_so_they_stop(world: World) -> None:
    near, second = world.cars(400, 900)
    heard = world.hears()
    near.phone.accepts()
    assert Outcome.DISMISSED is world.dismisses().outcome
    assert [PageKind.ALERT, PageKind.RECALL] == near.phone.kinds == second.phone.kinds
    assert AlertState.RECALLED is near.phone.state is second.phone.state
    assert world.incident(heard).incident.state is IncidentState.CANCELLED
    world.advance(60)
    assert 2 == len(near.phone.kinds)


def test_units_close_by_are_warned_whatever_their_status(world: World) -> None:
    world.cars(100, 200)
    busy = world.car("busy", away_m=300)
    busy.phone.says(Status.UNAVAILABLE)
    off = world.car("off", away_m=300)
    off.phone.says(Status.OFF_DUTY)
    far = world.car("far", away_m=700)
    world.hears()
    assert [PageKind.WARNING] == busy.phone.kinds
    assert [] == off.phone.kinds == far.phone.kinds


def test_a_warned_unit_hears_of_the_dismissal_too(world: World) -> None:
    world.cars(100, 200)
    warned = world.car("warned", away_m=300)
    world.hears()
    world.dismisses()
    assert [PageKind.WARNING, PageKind.RECALL] == warned.phone.kinds


def test_a_unit_that_is_asked_again_receives_it_again(world: World) -> None:
    (car,) = world.cars(400)
    world.hears()
    car.phone.receives()
    world.dismisses(revision=1)
    world.updates(revision=2)
    assert car.phone.alerts[0].stored.received_at is None
    world.advance(3)
    car.phone.receives()
    assert AlertState.RECEIVED is car.phone.state
    assert world.clock.now() == car.phone.alerts[0].stored.received_at
