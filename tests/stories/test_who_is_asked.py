"""Cars whose fix is old, whose clock is wrong, whose phone is dead or lost: who is asked instead, and why."""

import pytest
from world import MakeWorld, World

from service.domain.alert import AlertState, PageKind
from service.domain.errors import Code, DomainError
from service.domain.incident import IncidentState
from service.domain.unit import Platform, PushKind, PushTarget, Status
from service.operations import registry
from service.operations.accounts import SignedInUser
from service.ports import NotSent
from service.store.devices import NewDevice
from service.store.users import UserRole

UNREGISTERED = NotSent(reason="UNREGISTERED", target_is_dead=True)


def test_the_nearest_car_with_an_old_fix_is_passed_over(world: World) -> None:
    old = world.car("old", away_m=600, age_s=400)
    near, second = world.cars(700, 900)
    heard = world.hears()
    assert [] == old.phone.kinds
    assert [PageKind.ALERT] == near.phone.kinds == second.phone.kinds
    (selection,) = world.incident(heard).selections
    assert ["fix 400 s old"] == [each["reason"] for each in selection.not_asked if each["call_sign"] == "old"]


def test_an_old_fix_is_better_than_none(world: World) -> None:
    old = world.car("old", age_s=400)
    world.hears()
    assert [PageKind.ALERT] == old.phone.kinds


def test_when_nobody_qualifies_it_is_unanswered_at_once_and_says_why(world: World) -> None:
    world.car("3A12", away_m=400).phone.says(Status.OFF_DUTY)
    heard = world.hears()
    seen = world.incident(heard)
    assert IncidentState.UNANSWERED is seen.incident.state
    assert [("3A12", "off duty")] == [(each["call_sign"], each["reason"]) for each in seen.selections[0].not_asked]


def test_a_car_that_comes_on_duty_later_is_asked_for_what_is_still_unanswered(world: World) -> None:
    car = world.car("3A12", away_m=400)
    car.phone.says(Status.OFF_DUTY)
    world.hears()
    world.advance(10)
    car.phone.says(Status.AVAILABLE)
    world.advance(20)
    assert [PageKind.ALERT] == car.phone.kinds


def test_off_duty_means_that_no_phone_rings(world: World) -> None:
    near, second = world.cars(400, 900)
    near.phone.says(Status.OFF_DUTY)
    world.hears()
    assert [] == near.phone.kinds
    assert [PageKind.ALERT] == second.phone.kinds


def test_far_away_is_the_last_resort(world: World) -> None:
    (far,) = world.cars(12_000)
    heard = world.hears()
    assert [PageKind.ALERT] == far.phone.kinds
    assert "8,000 m" in world.incident(heard).selections[0].asked[0]["reason"]


def test_a_dead_phone_is_replaced_by_the_next_unit_at_once(world: World) -> None:
    near, second, third = world.cars(400, 900, 1_500)
    world.push.fail(near.phone.target.value, UNREGISTERED)
    world.hears()
    assert AlertState.FAILED is near.phone.state
    assert [PageKind.ALERT] == second.phone.kinds == third.phone.kinds
    asked, replacement = second.phone.alerts[0].stored.alert, third.phone.alerts[0].stored.alert
    assert asked.deadline_at == replacement.deadline_at
    assert asked.level == replacement.level


def test_a_dead_phone_is_not_asked_again_until_it_has_a_new_target(world: World) -> None:
    (car,) = world.cars(400)
    world.push.fail(car.phone.target.value, UNREGISTERED)
    world.hears("SST-1")
    world.advance(200)
    world.hears("SST-2")
    assert [] == car.phone.kinds
    registry.set_push_target(world.database, world.ports, device=car.phone.device, target=car.phone.target)
    world.advance(200)
    world.hears("SST-3")
    assert PageKind.ALERT in car.phone.kinds


def test_the_second_phone_of_a_unit_is_enough(world: World) -> None:
    car = world.car("3A12", away_m=400, phones=2)
    _, third = world.cars(900, 1_500)
    world.push.fail(car.phones[0].target.value, UNREGISTERED)
    world.hears()
    assert [PageKind.ALERT] == car.phones[1].kinds
    assert [] == third.phone.kinds


def test_a_lost_phone_that_was_revoked_neither_rings_nor_answers(world: World) -> None:
    lost, second = world.cars(400, 900)
    administrator = SignedInUser(agency_id=world.agency_id, user_id=lost.unit_id, role=UserRole.ADMINISTRATOR)
    registry.revoke_device(world.database, world.ports, user=administrator, device_id=lost.phone.device.device_id)
    world.hears()
    assert [] == lost.phone.kinds
    assert [PageKind.ALERT] == second.phone.kinds


def test_a_code_enrols_one_phone_and_no_second(world: World) -> None:
    car = world.car(phones=1)
    code, _ = registry.issue_enrolment_code(
        world.database, world.ports, agency_id=world.agency_id, unit_id=car.unit_id, actor="test"
    )
    new = NewDevice(platform=Platform.IOS, model="iPhone 17", app_version="1.0")
    nowhere = PushTarget(kind=PushKind.NONE)
    registry.enrol(world.database, world.ports, code=code, about=new, target=nowhere)
    with pytest.raises(DomainError) as refused:
        registry.enrol(world.database, world.ports, code=code, about=new, target=nowhere)
    assert Code.CODE_NOT_USABLE is refused.value.code


def test_a_push_service_that_is_away_for_a_moment_is_asked_again(world: World) -> None:
    (car,) = world.cars(400)
    busy = NotSent(reason="UNAVAILABLE", can_retry=True)
    world.push.fail(car.phone.target.value, busy, times=2)
    world.hears()
    assert [] == car.phone.kinds
    world.advance(5)
    assert [PageKind.ALERT] == car.phone.kinds


def test_retry_after_is_heeded(world: World) -> None:
    (car,) = world.cars(400)
    world.push.fail(car.phone.target.value, NotSent(reason="QUOTA", can_retry=True, retry_after_s=20))
    world.hears()
    world.advance(19)
    assert [] == car.phone.kinds
    world.advance(3)
    assert [PageKind.ALERT] == car.phone.kinds


def test_a_page_that_cannot_be_sent_dies_after_two_minutes(make_world: MakeWorld) -> None:
    world = make_world(acknowledgment_deadline_s=300)
    (car,) = world.cars(400)
    world.push.fail(car.phone.target.value, NotSent(reason="UNAVAILABLE", can_retry=True), times=None)
    heard = world.hears()
    world.advance(130)
    assert {"dead"} == {page.state for page in world.incident(heard).pages if page.sequence == 1}


def test_redis_is_down_and_the_clock_pages_all_the_same(world: World) -> None:
    (car,) = world.cars(400)
    world.jobs.is_away = True
    world.hears()
    assert [] == car.phone.kinds
    world.advance(2)
    assert [PageKind.ALERT] == car.phone.kinds
