"""Whose share a request counts against: its agency's, if it showed a good credential before, else its address's."""

import asyncio
from uuid import uuid4

from api.town import Client, Town, a_detection
from starlette.requests import Request

from service.api.admission import Caller
from service.api.callers import Callers
from service.api.lanes import ACT, DETECTION, SCRAPE

BAYVIEW = uuid4()


def test_whoever_was_let_in_once_counts_against_its_agency_and_before_that_against_its_address() -> None:
    town = Town()
    town.knows(Client(token="a"), BAYVIEW)
    assert Caller(BAYVIEW, is_known=True) == town.caller(Client(token="a"))
    assert Caller("203.0.113.9", is_known=False) == town.caller(Client(token="b"))


def test_phones_of_one_agency_share_and_are_told_apart() -> None:
    town = Town()
    for token in ("a", "b"):
        town.knows(Client(token=token), BAYVIEW)
    one, other = (town.caller(Client(token=token), ACT) for token in ("a", "b"))
    assert one == other
    assert one.credential != other.credential


def test_credentials_that_were_not_seen_for_longest_are_forgotten() -> None:
    callers = Callers(session_cookie="session", remembered_limit=2)
    requests = {token: Request(Client(token=token).scope(None)) for token in "abc"}
    for token in "abac":
        callers.remember(requests[token], uuid4())
    assert ["a", "c"] == [token for token in "abc" if callers.caller_of(requests[token], ACT).is_known]


def test_who_only_knows_the_id_of_a_source_has_nothing_of_its_agencys_line() -> None:
    town, junk_from = Town(), "198.51.100.7"
    town.knows(a_detection(), BAYVIEW)
    assert Caller(BAYVIEW, is_known=True) == town.caller(a_detection(), DETECTION)
    assert Caller(junk_from, is_known=False) == town.caller(a_detection(address=junk_from), DETECTION)


def test_a_token_that_is_refused_has_nothing_of_its_agencys_line_any_more() -> None:
    async def story() -> None:
        town, phone = Town(), Client(token="revoked")
        town.knows(phone, BAYVIEW)
        town.answers_with = 401
        town.may_answer.set()
        await town.comes(phone)
        assert not town.caller(phone, ACT).is_known

    asyncio.run(story())


def test_a_token_that_may_not_do_something_is_still_its_agencys() -> None:
    async def story() -> None:
        town, phone = Town(), Client(token="a")
        town.knows(phone, BAYVIEW)
        town.answers_with = 403
        town.may_answer.set()
        await town.comes(phone)
        assert town.caller(phone, ACT).is_known

    asyncio.run(story())


def test_who_has_one_address_of_ipv6_has_all_of_its_site_and_is_one_stranger() -> None:
    town = Town()
    one, neighbour, elsewhere = (Client(address=f"2001:db8:0:{site}") for site in ("1::1", "1:f00::2", "2::1"))
    assert town.caller(one) == town.caller(neighbour)
    assert town.caller(one) != town.caller(elsewhere)


def test_who_asks_for_metrics_has_a_place_in_a_lane_of_its_own() -> None:
    async def story() -> None:
        town = Town()
        await town.comes(Client(path="/metrics"))
        assert 1 == town.admission.in_flight(SCRAPE)

    asyncio.run(story())
