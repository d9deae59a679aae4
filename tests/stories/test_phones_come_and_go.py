"""Phones die, are revoked, get new tokens, answer late: the alert finds somebody, and no unit is busy for nothing."""

from builders import a_point
from world import Car, World

from service.domain.alert import AlertState, PageKind
from service.domain.incident import IncidentState
from service.domain.unit import PushKind, PushTarget, Status
from service.operations import registry
from service.ports import NotSent
from service.store import units

UNREGISTERED = NotSent(reason="UNREGISTERED", target_is_dead=True)


def test_both_phones_of_a_unit_are_dead_so_the_next_unit_is_asked(world: World) -> None:
    car = world.car("3A12", away_m=400, phones=2)
    _, third = world.cars(900, 1_500)
    for phone in car.phones:
        world.push.fail(phone.target.value, UNREGISTERED)
    world.hears()
    assert AlertState.FAILED is car.phone.state
    assert [PageKind.ALERT] == third.phone.kinds


def test_the_only_phone_is_revoked_before_it_rang_so_the_next_unit_is_asked(world: World) -> None:
    lost, _, third = world.cars(400, 900, 1_500)
    world.jobs.is_away = True
    world.hears()
    with world.database.transaction(world.agency_id) as tx:
        world.revoke(tx, lost.phone)
    world.advance(2)
    assert [] == lost.phone.kinds
    assert [PageKind.ALERT] == third.phone.kinds


def test_the_clock_replaces_a_dead_phone_when_whoever_noticed_did_not_come_to_it(world: World) -> None:
    near, _, third = world.cars(400, 900, 1_500)
    world.hears()
    with world.database.transaction(world.agency_id) as tx:
        world.lose_target(tx, near.phone)
    world.advance(1)
    assert AlertState.FAILED is near.phone.state
    assert [PageKind.ALERT] == third.phone.kinds


def test_the_clock_calls_it_unanswered_when_there_is_nobody_to_replace_a_dead_phone(world: World) -> None:
    (car,) = world.cars(400)
    heard = world.hears()
    with world.database.transaction(world.agency_id) as tx:
        world.lose_target(tx, car.phone)
    world.advance(1)
    assert AlertState.FAILED is car.phone.state
    assert IncidentState.UNANSWERED is world.incident(heard).incident.state


def test_a_token_that_is_renewed_while_its_page_is_on_the_way_rings_by_the_new_one(world: World) -> None:
    (car,) = world.cars(400)
    renewed = PushTarget(kind=PushKind.FCM_TOKEN, value="the-new-token")

    def renew() -> None:
        registry.set_push_target(world.database, world.ports, device=car.phone.device, target=renewed)

    world.push.meanwhile(car.phone.target.value, renew)
    world.push.fail(car.phone.target.value, UNREGISTERED)
    world.hears()
    world.advance(2)
    assert [PageKind.ALERT] == [notice.kind for notice in world.push.notices_for(renewed.value)]


def test_what_may_have_arrived_is_not_sent_again_once_the_phone_says_that_it_has(world: World) -> None:
    (car,) = world.cars(400)
    cut = NotSent(reason="cut", can_retry=True, ambiguous=True)
    world.push.fail(car.phone.target.value, cut)
    world.hears()
    car.phone.receives()
    world.advance(10)
    assert [PageKind.ALERT] == car.phone.kinds


def test_a_unit_that_goes_a_second_time_makes_its_way_a_second_time(world: World) -> None:
    (car,) = world.cars(400)
    world.hears()
    car.phone.accepts()
    car.phone.reports("on_scene")
    car.phone.reports("clear")
    world.dismisses(revision=1)
    world.updates(revision=2)
    car.phone.accepts()
    assert Status.EN_ROUTE is _status(world, car)
    car.phone.reports("clear")
    assert Status.AVAILABLE is _status(world, car)


def test_en_route_that_arrives_after_clear_makes_nobody_busy(world: World) -> None:
    (car,) = world.cars(400)
    world.hears()
    car.phone.accepts()
    car.phone.reports("clear")
    car.phone.reports("en_route")
    assert Status.AVAILABLE is _status(world, car)


def test_withdrawing_from_one_incident_leaves_the_unit_on_its_way_to_the_other(world: World) -> None:
    (car,) = world.cars(400)
    world.hears("SST-1")
    first = car.phone.alert_id
    world.hears("SST-2", place=a_point(away_m=1_000))
    second = car.phone.alert_id
    car.phone.accepts_alert(first)
    car.phone.accepts_alert(second)
    car.phone.declines_alert(second)
    assert Status.EN_ROUTE is _status(world, car)


def test_a_garage_full_of_old_fixes_does_not_hide_the_car_around_the_corner(world: World) -> None:
    for n in range(130):
        world.park(f"parked-{n}", away_m=100 + n, age_s=900)
    fresh = world.car("fresh", away_m=600)
    world.hears()
    assert [PageKind.ALERT] == fresh.phone.kinds


def _status(world: World, car: Car) -> Status:
    with world.database.transaction(world.agency_id) as tx:
        return units.by_id(tx, [car.unit_id])[car.unit_id].status
