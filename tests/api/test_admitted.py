"""What every request goes through before there is a route: its body is read, then it gets a place or a refusal."""

import asyncio

from api.town import Client, Town, a_detection, settled

from service.api.admitted import BODIES_OF_ONE_BYTES
from service.api.lanes import ASK, DETECTION
from service.api.limits import BODY_LIMIT_BYTES


def test_a_body_that_comes_slowly_takes_no_place() -> None:
    async def story() -> None:
        town, slow = Town(), a_detection()
        slow.sends(b"{", more=True)
        await town.comes(slow)
        assert 0 == town.admission.in_flight(DETECTION)
        slow.sends(b"}")
        await settled()
        assert 1 == town.admission.in_flight(DETECTION)

    asyncio.run(story())


def test_a_body_of_many_pieces_is_handed_on_as_one() -> None:
    async def story() -> None:
        town, client = Town(), a_detection()
        client.sends(*[b"x"] * 10_000)
        await town.comes(client)
        for _ in range(1_000):
            await settled()
        assert [[{"type": "http.request", "body": b"x" * 10_000, "more_body": False}]] == town.given

    asyncio.run(story())


def test_a_body_that_is_too_large_is_not_read_on_but_left_to_the_route() -> None:
    async def story() -> None:
        town, client = Town(), a_detection()
        client.sends(b"x" * BODY_LIMIT_BYTES, b"x", b"never read", more=True)
        await town.comes(client)
        [[handed_on]] = town.given
        assert (BODY_LIMIT_BYTES + 1, True) == (len(handed_on["body"]), handed_on["more_body"])
        assert 1 == client.pieces.qsize()

    asyncio.run(story())


def test_a_place_is_given_back_as_soon_as_the_answer_begins() -> None:
    async def story() -> None:
        town, reader = Town(), Client()
        town.may_end.clear()
        await town.comes(reader)
        assert 1 == town.admission.in_flight(ASK)
        town.may_answer.set()
        await settled()
        assert ["http.response.start"] == [message["type"] for message in reader.told]
        assert 0 == town.admission.in_flight(ASK)

    asyncio.run(story())


def test_who_goes_while_waiting_is_not_worked_for() -> None:
    """Or a server that is behind works for those who have given up, until everybody has."""

    async def story() -> None:
        town = Town(threads=1)
        await town.comes(Client())
        gone, patient = Client(), Client()
        for client in (gone, patient):
            client.sends(b"")
            await town.comes(client)
        gone.pieces.put_nowait({"type": "http.disconnect"})
        await settled()
        assert 1 == town.admission.waiting(ASK)
        town.may_answer.set()
        await settled()
        assert 200 == patient.told[0]["status"]

    asyncio.run(story())


def test_a_body_that_was_not_announced_is_there_after_a_wait() -> None:
    async def story() -> None:
        town = Town(threads=1)
        await town.comes(Client())
        client = Client(path="/v1/incidents/x/closure", method="POST", announces=False)
        client.sends(b"{}")
        await town.comes(client)
        town.may_answer.set()
        await settled()
        assert [b"{}"] == [message["body"] for [message] in town.given]

    asyncio.run(story())


def test_a_request_that_fails_gives_its_place_back() -> None:
    async def story() -> None:
        town = Town()
        task = await town.comes(Client())
        task.cancel()
        await settled()
        assert 0 == town.admission.in_flight(ASK)

    asyncio.run(story())


def test_beyond_what_may_wait_the_answer_says_when_to_come_again() -> None:
    async def story() -> None:
        town = Town()
        town.knows(a_detection())
        for _ in range(DETECTION.at_once + DETECTION.may_wait):
            client = a_detection()
            client.sends(b"{}")
            await town.comes(client)
        refused = a_detection()
        await town.comes(refused)
        assert (429, "overloaded") == (refused.refusal["status"], refused.refusal["code"])
        assert refused.refusal["retry_after_s"] in range(1, 5)

    asyncio.run(story())


def test_bodies_of_one_address_have_a_bound_and_those_of_an_agency_that_is_known_have_another() -> None:
    async def story() -> None:
        town = Town()
        for _ in range(BODIES_OF_ONE_BYTES // BODY_LIMIT_BYTES):
            client = Client(path="/v1/enrolments", method="POST")
            client.sends(b"x" * BODY_LIMIT_BYTES, more=True)
            await town.comes(client)
        refused = Client(path="/v1/enrolments", method="POST")
        refused.sends(b"x", more=True)
        await town.comes(refused)
        assert "overloaded" == refused.refusal["code"]
        town.knows(a_detection())
        sensor = a_detection()
        sensor.sends(b"{", b"}")
        await town.comes(sensor)
        assert 1 == len(town.given)

    asyncio.run(story())


def test_a_body_that_was_answered_is_counted_no_more() -> None:
    async def story() -> None:
        town = Town()
        town.may_answer.set()
        for _ in range(2 * BODIES_OF_ONE_BYTES // BODY_LIMIT_BYTES):
            client = Client(path="/v1/enrolments", method="POST")
            client.sends(b"x" * (BODY_LIMIT_BYTES - 1), b"x")
            await town.comes(client)
            assert 200 == client.told[0]["status"]

    asyncio.run(story())
