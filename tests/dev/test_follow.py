"""How somebody outside follows the stream: event by event, and again from the last one whenever it ends."""

import asyncio

import httpx
import pytest
from fake_console import FakeConsole, event

from service.dev.follow import Follower, Told

HELLO = event("hello", {"now": "2026-07-04T21:00:00Z"}, event_id="1")


def follow(console: FakeConsole, *, count: int) -> list[Told]:
    """The first `count` events."""

    async def listen() -> list[Told]:
        found: list[Told] = []
        async for told in Follower(desk=console.desk()).events():
            found.append(told)
            if len(found) == count:
                break
        return found

    return asyncio.run(asyncio.wait_for(listen(), 10))


def names(found: list[Told]) -> list[str]:
    return [told.event for told in found]


def test_events_come_as_they_are_told_and_signs_of_life_are_none() -> None:
    console = FakeConsole([HELLO, b":\n\n", event("incident", {"changes": []}, event_id="2")])

    hello, incident = follow(console, count=2)

    assert ("hello", "1") == (hello.event, hello.event_id)
    assert ("incident", {"changes": []}, "2") == (incident.event, incident.data, incident.event_id)


def test_whoever_is_not_signed_in_any_more_signs_in_and_goes_on() -> None:
    console = FakeConsole([HELLO])

    follow(console, count=1)

    assert console.asked == ["GET stream", "POST session", "GET stream"]


def test_a_stream_that_ends_is_asked_for_again_from_its_last_event() -> None:
    console = FakeConsole([HELLO, event("unit", {}, event_id="2"), event("reconnect", {})], [event("hello", {})])

    assert ["hello", "unit", "reconnect", "hello"] == names(follow(console, count=4))
    assert console.came_back_with == [None, "2"]


def test_an_event_that_comes_in_pieces_is_one() -> None:
    whole = event("incident", {"text": "naïve"}, event_id="2")
    console = FakeConsole([HELLO[:9], HELLO[9:] + whole[:30], whole[30:]])

    assert [{"now": "2026-07-04T21:00:00Z"}, {"text": "naïve"}] == [told.data for told in follow(console, count=2)]


@pytest.mark.parametrize("divider", ["\u2028", "\u0085"])
def test_what_divides_lines_elsewhere_may_stand_in_a_note(divider: str) -> None:
    console = FakeConsole([HELLO, f'event: incident\ndata: {{"text": "one{divider}two"}}\n\n'.encode()])

    assert follow(console, count=2)[1].data == {"text": f"one{divider}two"}


def test_a_server_that_does_not_know_the_last_event_is_asked_without_it() -> None:
    class Restored(FakeConsole):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if "last-event-id" in request.headers:
                self.came_back_with.append("refused")
                return httpx.Response(422)
            return super().__call__(request)

    console = Restored([HELLO], [HELLO])

    assert ["hello", "hello"] == names(follow(console, count=2))
    assert console.came_back_with == [None, "refused", None]
