"""One address, one phone, one scraper: however much one of them asks, there is room for the others."""

import asyncio

from api.door import BAYVIEW, STRANGER, THREADS, Door, refused

from service.api import admission as rules
from service.api.admission import Caller
from service.api.lanes import ACT, ASK, DETECTION, REPORT, SCRAPE
from service.domain.errors import Code

ELSEWHERE = Caller("198.51.100.7", is_known=False)
STOLEN, COLLEAGUES = (Caller("bayview", is_known=True, credential=phone) for phone in ("stolen", "colleague's"))
OF_ONE = (Code.OVERLOADED, "too_many_of_one")


def test_one_address_fills_no_more_than_its_part_of_the_places_of_strangers_whatever_it_asks() -> None:
    async def story() -> None:
        door = Door(threads=1)
        await door.comes(ASK, BAYVIEW)
        for lane in (ASK, ACT):
            await door.comes(lane, STRANGER, rules.ONE_ADDRESS_MAY_WAIT // 2)
        assert OF_ONE == await refused(door, DETECTION, STRANGER)
        await door.comes(ACT, ELSEWHERE)
        assert rules.ONE_ADDRESS_MAY_WAIT // 2 + 1 == door.admission.waiting(ACT)

    asyncio.run(story())


def test_five_hundred_phones_behind_one_address_all_get_in_when_they_come_again() -> None:
    """As after a restart, when all of an agency's phones are strangers with the address of their mobile network."""

    async def story() -> None:
        door = Door()
        for _ in range(500 // rules.ONE_ADDRESS_MAY_WAIT):
            await door.comes(ASK, STRANGER, rules.ONE_ADDRESS_MAY_WAIT)
            for _ in range(rules.ONE_ADDRESS_MAY_WAIT):
                await door.leaves(ASK, STRANGER)
        assert 500 == len(door.let_in)

    asyncio.run(story())


def test_a_phone_that_loops_leaves_its_colleagues_room_in_their_agencys_line() -> None:
    async def story() -> None:
        door = Door()
        share = ACT.one_may_wait or 0
        await door.comes(ACT, STOLEN, ACT.at_once + share)
        assert OF_ONE == await refused(door, ACT, STOLEN)
        await door.comes(ACT, COLLEAGUES)
        assert share + 1 == door.admission.waiting(ACT)

    asyncio.run(story())


def test_whose_turn_came_may_wait_again() -> None:
    async def story() -> None:
        door = Door()
        await door.comes(ACT, STOLEN, ACT.at_once + (ACT.one_may_wait or 0))
        await door.leaves(ACT, STOLEN)
        await door.comes(ACT, STOLEN)
        assert ACT.one_may_wait == door.admission.waiting(ACT)

    asyncio.run(story())


def test_invented_tokens_of_one_address_leave_room_for_phones_that_nobody_knows_yet() -> None:
    async def story() -> None:
        door = Door()
        await door.comes(REPORT, STRANGER, rules.ONE_ADDRESS_MAY_WAIT)
        assert (Code.OVERLOADED, "line_full") == await refused(door, REPORT, STRANGER)
        await door.comes(REPORT, ELSEWHERE)
        assert ELSEWHERE is door.let_in[-1]

    asyncio.run(story())


def test_invented_tokens_of_many_addresses_leave_room_for_phones_that_are_known() -> None:
    async def story() -> None:
        door = Door()
        for number in range(rules.STRANGERS_REPORTING):
            await door.comes(REPORT, Caller(f"address {number}", is_known=False))
        assert (Code.OVERLOADED, "line_full") == await refused(door, REPORT, ELSEWHERE)
        await door.comes(REPORT, BAYVIEW)
        assert BAYVIEW is door.let_in[-1]
        await door.leaves(REPORT, Caller("address 0", is_known=False))
        await door.comes(REPORT, ELSEWHERE)

    asyncio.run(story())


def test_however_many_ask_for_metrics_a_thumb_has_the_other_threads() -> None:
    async def story() -> None:
        door = Door()
        for number in range(THREADS):
            await door.comes(SCRAPE, Caller(f"scraper {number}", is_known=True))
        assert 1 == len(door.let_in)
        await door.comes(ACT, BAYVIEW, ACT.at_once)
        assert 1 + ACT.at_once == len(door.let_in)

    asyncio.run(story())
