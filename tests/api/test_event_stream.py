"""A stream as an ASGI server meets it: what is written when, and how it ends."""

import asyncio
from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

from service.api.event_stream import EventStream, Pace
from service.operations.watchers import WAITING_LIMIT_BYTES, Ending, Watcher, Watching

Message = MutableMapping[str, Any]


class Peer:
    """An ASGI server with a client behind it. `takes` is cleared when the client takes no more."""

    def __init__(self) -> None:
        self.received = b""
        self.is_complete = False
        self.was_cut = False
        self.takes = asyncio.Event()
        self.takes.set()
        self.gone = asyncio.Event()
        self.wrote = asyncio.Event()

    @property
    def scope(self) -> dict[str, Any]:
        return {"type": "http", "extensions": {"beatline.cut": {"now": self.cut}}}

    def cut(self) -> None:
        self.was_cut = True
        self.gone.set()

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await self.takes.wait()
        self.received += message.get("body", b"")
        self.wrote.set()
        self.is_complete = message["type"] == "http.response.body" and not message["more_body"]

    async def has(self, told: bytes) -> None:
        async with asyncio.timeout(5):
            while told not in self.received:
                self.wrote.clear()
                await self.wrote.wait()


class Watched:
    """One stream to a peer."""

    def __init__(self, **times_s: float) -> None:
        self.peer = Peer()
        who = Watching(agency_id=uuid4(), unit_id=None, credential=None)
        self.watcher = Watcher(who, lives_s=600)
        self.left: list[Watcher] = []
        stream = EventStream(self.watcher, opening=[b"opening\n"], leave=self.left.append, pace=Pace(**times_s))
        self.serving = asyncio.create_task(stream(self.peer.scope, self.peer.receive, self.peer.send))

    async def is_over(self) -> None:
        async with asyncio.timeout(5):
            await self.serving
        assert [self.watcher] == self.left


def test_the_opening_comes_first_and_then_whatever_is_told() -> None:
    async def story() -> bytes:
        stream = Watched()
        stream.watcher.tell(b"one\n")
        stream.watcher.tell(b"two\n")
        await stream.peer.has(b"two")
        stream.peer.gone.set()
        await stream.is_over()
        return stream.peer.received

    assert b"opening\none\ntwo\n" == asyncio.run(story())


def test_a_silence_is_broken_by_a_sign_of_life() -> None:
    async def story() -> None:
        stream = Watched(heartbeat_s=0.02)
        await stream.peer.has(b":\n\n:\n\n:\n\n")
        stream.peer.gone.set()
        await stream.is_over()

    asyncio.run(story())


def test_who_is_to_come_back_is_told_so_last() -> None:
    async def story() -> Peer:
        stream = Watched()
        stream.watcher.tell(b"one\n")
        stream.watcher.end(Ending.RECONNECT)
        await stream.is_over()
        return stream.peer

    peer = asyncio.run(story())
    assert peer.received.startswith(b"opening\none\nevent: reconnect\n")
    assert (True, False) == (peer.is_complete, peer.was_cut)


def test_who_is_shut_out_hears_nothing_more() -> None:
    async def story() -> Peer:
        stream = Watched()
        await stream.peer.has(b"opening")
        stream.watcher.tell(b"secret\n")
        stream.watcher.end(Ending.SHUT_OUT)
        await stream.is_over()
        return stream.peer

    peer = asyncio.run(story())
    assert b"opening\n" == peer.received
    assert peer.is_complete


def test_who_is_too_slow_is_cut_off() -> None:
    async def story() -> Peer:
        stream = Watched()
        await stream.peer.has(b"opening")
        stream.peer.takes.clear()
        for _ in range(4):
            stream.watcher.tell(b"x" * WAITING_LIMIT_BYTES)
            await asyncio.sleep(0.01)
        await stream.is_over()
        return stream.peer

    peer = asyncio.run(story())
    assert (True, b"opening\n") == (peer.was_cut, peer.received)


def test_who_takes_nothing_for_too_long_is_cut_off_though_little_waits() -> None:
    async def story() -> bool:
        stream = Watched(heartbeat_s=0.01, send_s=0.05)
        await stream.peer.has(b"opening")
        stream.peer.takes.clear()
        await stream.is_over()
        return stream.peer.was_cut

    assert asyncio.run(story())


def test_who_takes_nothing_cannot_put_off_the_end() -> None:
    async def story() -> bool:
        stream = Watched(last_word_s=0.05)
        await stream.peer.has(b"opening")
        stream.peer.takes.clear()
        stream.watcher.tell(b"one\n")
        stream.watcher.end(Ending.RECONNECT)
        await stream.is_over()
        return stream.peer.was_cut

    assert asyncio.run(story())
