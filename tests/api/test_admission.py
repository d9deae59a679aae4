"""Who is let in, who waits, and who is told to come again: fair shares of a server's threads, told as a story."""

import asyncio

import pytest
from api.door import BAYVIEW, MISSION, STRANGER, THREADS, Door, refused

from service.api import admission as rules
from service.api.admission import Caller
from service.api.lanes import ACT, ASK, DETECTION, PROBE, REPORT, SIGN_IN, Lane
from service.domain.errors import Code, DomainError

IMPATIENT = Lane(name="impatient", rank=5, at_once=1, in_all=1, may_wait=5, patience_s=0.01)


def test_an_agency_in_a_storm_leaves_places_for_another() -> None:
    async def story() -> None:
        door = Door()
        await door.comes(DETECTION, BAYVIEW, 100)
        assert [BAYVIEW] * DETECTION.at_once == door.let_in
        await door.comes(DETECTION, MISSION)
        assert MISSION is door.let_in[-1]

    asyncio.run(story())


def test_who_has_less_going_on_is_next_however_long_the_other_has_waited() -> None:
    async def story() -> None:
        door = Door(threads=8)
        await door.comes(ASK, BAYVIEW, 50)
        await door.comes(ASK, MISSION)
        assert [BAYVIEW] * 2 == door.let_in
        await door.leaves(ASK, BAYVIEW)
        assert MISSION is door.let_in[-1]

    asyncio.run(story())


def test_a_thumb_goes_before_a_detection_and_that_before_a_look() -> None:
    async def story() -> None:
        door = Door(threads=1)
        await door.comes(ASK, BAYVIEW, name="first")
        for lane in (ASK, DETECTION, ACT):
            await door.comes(lane, BAYVIEW, name=lane.name)
        for lane in (ASK, ACT, DETECTION):
            await door.leaves(lane, BAYVIEW)
        assert ["first", "act", "detection", "ask"] == door.let_in

    asyncio.run(story())


def test_those_who_only_look_never_take_the_last_threads() -> None:
    async def story() -> None:
        door = Door()
        for number in range(20):
            await door.comes(ASK, Caller(number, is_known=True), 10)
        assert THREADS - ASK.leaves_free == len(door.let_in)
        await door.comes(DETECTION, MISSION)
        await door.comes(ACT, MISSION)
        await door.comes(PROBE, Caller("the balancer", is_known=True))
        assert THREADS - ASK.leaves_free + 3 == len(door.let_in)

    asyncio.run(story())


def test_strangers_share_a_few_threads_whatever_address_and_lane_they_use() -> None:
    async def story() -> None:
        door = Door()
        for number in range(30):
            await door.comes(ACT, Caller(f"203.0.113.{number}", is_known=False))
        assert rules.STRANGERS_AT_ONCE == len(door.let_in)
        await door.comes(ACT, BAYVIEW)
        assert BAYVIEW is door.let_in[-1]

    asyncio.run(story())


def test_a_stranger_in_the_lane_of_thumbs_is_not_before_an_officer_who_waits() -> None:
    async def story() -> None:
        door = Door(threads=1)
        await door.comes(ASK, BAYVIEW)
        await door.comes(ACT, STRANGER)
        await door.comes(ACT, MISSION)
        await door.leaves(ASK, BAYVIEW)
        assert [BAYVIEW, MISSION] == door.let_in

    asyncio.run(story())


def test_two_passwords_are_looked_at_at_once_and_the_next_is_from_another_address() -> None:
    async def story() -> None:
        door = Door()
        await door.comes(SIGN_IN, STRANGER, 10)
        elsewhere = Caller("198.51.100.7", is_known=False)
        await door.comes(SIGN_IN, elsewhere)
        assert [STRANGER] * 2 == door.let_in
        await door.leaves(SIGN_IN, STRANGER)
        assert elsewhere is door.let_in[-1]

    asyncio.run(story())


def test_a_line_that_is_full_refuses_its_own_agency_and_nobody_else() -> None:
    async def story() -> None:
        door = Door()
        await door.comes(DETECTION, BAYVIEW, DETECTION.at_once + DETECTION.may_wait)
        assert (Code.OVERLOADED, "line_full") == await refused(door, DETECTION, BAYVIEW)
        await door.comes(DETECTION, MISSION)
        await door.comes(ACT, BAYVIEW)
        assert [MISSION, BAYVIEW] == door.let_in[-2:]

    asyncio.run(story())


def test_all_lines_together_have_a_bound() -> None:
    async def story() -> None:
        door = Door(threads=1)
        await door.comes(ASK, BAYVIEW)
        agencies = [Caller(number, is_known=True) for number in range(rules.MAY_WAIT_IN_ALL // ASK.may_wait)]
        for agency in agencies:
            await door.comes(ASK, agency, ASK.may_wait)
        assert (Code.OVERLOADED, "all_lines_full") == await refused(door, ASK, MISSION)

    asyncio.run(story())


def test_strangers_who_wait_have_a_bound_of_their_own() -> None:
    async def story() -> None:
        door = Door(threads=1)
        await door.comes(ASK, BAYVIEW)
        for number in range(rules.STRANGERS_MAY_WAIT):
            await door.comes(ASK, Caller(f"address {number}", is_known=False))
        assert (Code.OVERLOADED, "too_many_strangers") == await refused(door, ASK, STRANGER)
        await door.comes(ASK, BAYVIEW)
        assert [BAYVIEW] == door.let_in

    asyncio.run(story())


def test_a_wait_that_is_too_long_ends_with_a_time_to_come_again() -> None:
    async def story() -> None:
        door = Door()
        await door.comes(IMPATIENT, BAYVIEW)
        with pytest.raises(DomainError) as error:
            await door.admission.enter(IMPATIENT, BAYVIEW)
        assert error.value.retry_after_s in range(1, 5)
        assert (1, 0) == (door.admission.in_flight(IMPATIENT), door.admission.waiting(IMPATIENT))

    asyncio.run(story())


def test_positions_wait_for_no_thread() -> None:
    async def story() -> None:
        door = Door(threads=1)
        await door.comes(ASK, BAYVIEW)
        await door.comes(REPORT, BAYVIEW, REPORT.at_once)
        assert (Code.OVERLOADED, "line_full") == await refused(door, REPORT, BAYVIEW)
        await door.comes(REPORT, MISSION)
        assert 1 + REPORT.at_once + 1 == len(door.let_in)

    asyncio.run(story())


def test_who_goes_while_waiting_leaves_no_place_taken_and_no_line_longer() -> None:
    async def story() -> None:
        door = Door(threads=1)
        await door.comes(ASK, BAYVIEW)
        waiting = asyncio.create_task(door.admission.enter(ASK, MISSION))
        await asyncio.sleep(0)
        door.admission.leave(ASK, BAYVIEW)  # its turn comes, and at the same moment
        waiting.cancel()  # it goes
        await asyncio.wait([waiting])
        assert (0, 0) == (door.admission.in_flight(ASK), door.admission.waiting(ASK))
        await door.comes(ASK, MISSION)
        assert [BAYVIEW, MISSION] == door.let_in

    asyncio.run(story())


def test_who_gave_up_a_moment_before_its_turn_takes_no_place_with_it() -> None:
    async def story() -> None:
        door = Door(threads=1)
        await door.comes(ASK, BAYVIEW)
        waiting = asyncio.create_task(door.admission.enter(ASK, MISSION))
        await asyncio.sleep(0)
        waiting.cancel()  # it goes
        door.admission.leave(ASK, BAYVIEW)  # and only then its turn comes
        await asyncio.wait([waiting])
        assert (0, 0) == (door.admission.in_flight(ASK), door.admission.waiting(ASK))
        await door.comes(ASK, MISSION)
        assert [BAYVIEW, MISSION] == door.let_in

    asyncio.run(story())


def test_however_few_threads_there_are_everybody_gets_a_turn() -> None:
    async def story() -> None:
        door = Door(threads=1)
        for lane in (PROBE, ACT, DETECTION, SIGN_IN, ASK):
            await door.comes(lane, BAYVIEW, name=lane.name)
            await door.leaves(lane, BAYVIEW)
        assert ["probe", "act", "detection", "sign_in", "ask"] == door.let_in

    asyncio.run(story())
