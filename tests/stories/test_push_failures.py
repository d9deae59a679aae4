"""A push that did not arrive: what becomes of its page, when it is tried again, and what the record says of it."""

from itertools import pairwise
from typing import Any

import pytest
from world import Car, World

from service.domain.alert import AlertState, PageKind, PageState
from service.domain.unit import Status
from service.operations.board import IncidentRecord
from service.ports import NotSent

BUSY = NotSent(reason="FCM answered 503", can_retry=True)
CUT = NotSent(reason="the connection to FCM was cut", can_retry=True, ambiguous=True)
OUR_BUG = NotSent(reason="FCM answered 400", our_fault=True)
GONE = NotSent(reason="FCM answered 404 (unregistered)", target_is_dead=True)
NOT_TRIED = NotSent(reason="not tried, the push service is away", can_retry=True, retry_after_s=0.5)
TICK_S = 2
"""The clock leaves a due page to the workers for a moment, and the world's time moves by whole seconds."""


def asked_to_wait(seconds: float) -> NotSent:
    return NotSent(reason="FCM answered 429", can_retry=True, retry_after_s=seconds)


def states(record: IncidentRecord, car: Car) -> set[PageState]:
    """Of the pages of its first phone."""
    return {page.state for page in record.pages if page.device_id == car.phone.device.device_id}


def on_record(record: IncidentRecord, action: str) -> list[Any]:
    return [entry.details for entry in record.timeline if entry.action == action]


def tries(world: World, car: Car, answer: NotSent, *, seconds: int) -> list[int]:
    """Shots, and every send to the car goes like this: in which second each of them was."""
    world.push.fail(car.phone.target.value, answer, times=None)
    before = world.push.attempts
    world.hears()
    seen = [0] * (world.push.attempts - before)
    for second in range(1, seconds + 1):
        before = world.push.attempts
        world.advance(1)
        seen += [second] * (world.push.attempts - before)
    return seen


@pytest.fixture
def warned(world: World) -> Car:
    """Close by and busy: it is warned, and nobody waits for its answer while its page lives."""
    world.car("1A1", away_m=900)
    car = world.car("3A12", away_m=300)
    car.phone.says(Status.UNAVAILABLE)
    return car


@pytest.fixture
def car(world: World) -> Car:
    """The only one."""
    return world.car("3A12", away_m=400)


def test_a_busy_service_is_asked_again_at_growing_intervals(world: World, car: Car) -> None:
    seen = tries(world, car, BUSY, seconds=24)
    waits = [after - before for before, after in pairwise(seen)]

    assert sorted(waits) == waits
    assert 1 <= waits[0] <= TICK_S
    assert 7 <= waits[-1] <= 11


def test_a_service_that_is_well_again_rings_the_phone_once(world: World, car: Car) -> None:
    world.push.fail(car.phone.target.value, BUSY, times=3)
    heard = world.hears()
    world.advance(30)

    assert [PageKind.ALERT] == car.phone.kinds
    assert {PageState.SENT} == states(world.incident(heard), car)


@pytest.mark.parametrize("wait_s", [2, 20])
def test_a_service_that_says_when_to_come_back_is_left_alone_until_then(world: World, car: Car, wait_s: int) -> None:
    world.push.fail(car.phone.target.value, asked_to_wait(wait_s))
    world.hears()
    world.advance(wait_s)
    assert [] == car.phone.kinds

    world.advance(TICK_S)
    assert [PageKind.ALERT] == car.phone.kinds


@pytest.mark.parametrize("answer", [BUSY, NOT_TRIED, CUT, asked_to_wait(3_600)])
def test_a_page_that_could_not_be_sent_in_two_minutes_is_dead_and_the_record_says_why(
    world: World, warned: Car, answer: NotSent
) -> None:
    world.push.fail(warned.phone.target.value, answer, times=None)
    heard = world.hears()
    world.advance(10)
    for _ in range(12):
        world.clock.advance(10)
        world.tick()
    record = world.incident(heard)

    assert {PageState.DEAD} == states(record, warned)
    assert [answer.reason] == [each["reason"] for each in on_record(record, "page_dead")]


def test_what_was_not_tried_is_tried_again_at_once_however_often(world: World, car: Car) -> None:
    seen = tries(world, car, NOT_TRIED, seconds=24)

    assert TICK_S >= max(after - before for before, after in pairwise(seen))


def test_what_may_have_arrived_is_sent_again_after_five_seconds_as_the_same(world: World, car: Car) -> None:
    world.push.fail(car.phone.target.value, CUT)
    world.hears()
    world.advance(4)
    assert [1] == [ring.notice.sequence for ring in car.phone.rings]

    world.advance(1 + TICK_S)
    assert [1, 1] == [ring.notice.sequence for ring in car.phone.rings]


def test_our_own_bug_costs_the_phone_one_page_and_not_its_target(world: World, car: Car) -> None:
    world.push.fail(car.phone.target.value, OUR_BUG)
    heard = world.hears()
    world.advance(TICK_S)
    record = world.incident(heard)

    assert {PageState.FAILED} == states(record, car)
    assert [OUR_BUG.reason] == [each["reason"] for each in on_record(record, "page_failed")]


def test_after_our_own_bug_the_next_are_asked_at_the_deadline(world: World) -> None:
    car, other, third = world.cars(400, 900, 1_500)
    world.push.fail(car.phone.target.value, OUR_BUG)
    world.hears()
    world.advance(30 + TICK_S)

    assert [PageKind.ALERT] == third.phone.kinds
    assert [PageKind.ALERT] == other.phone.kinds


def test_a_phone_that_is_gone_is_replaced_at_once_and_by_nobody_when_its_unit_has_another(world: World) -> None:
    car = world.car("3A12", away_m=400, phones=2)
    _, third = world.cars(900, 1_500)
    world.push.fail(car.phone.target.value, GONE)
    heard = world.hears()

    assert [PageKind.ALERT] == car.phones[1].kinds
    assert [] == third.phone.kinds
    assert 1 == len(on_record(world.incident(heard), "target_removed"))
    assert AlertState.SENT is car.phone.state
