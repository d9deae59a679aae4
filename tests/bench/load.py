"""How many requests a second does a server answer on 16 connections? Each sends its next one when it has its answer.

One event loop without an HTTP library: about 15 µs a request, a tenth of what a server needs.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from functools import partial
from urllib.parse import urlsplit

import uvloop
from bench.wire import TIMEOUT_S, UnexpectedAnswer, answer_in


class _Caller(asyncio.Protocol):
    """One connection. `answered` counts until the time is up."""

    def __init__(self, requests: Iterator[bytes], *, until_s: float) -> None:
        self._requests = requests
        self._until_s = until_s
        self._received = b""
        self.answered = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvloop's is no subclass
        self._transport = transport
        transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._received += data
        answer = answer_in(self._received)
        if answer is None:
            return
        if answer.status != 200:
            self._end(UnexpectedAnswer(f"{answer.status}: {answer.body.decode(errors='replace')[:500]}"))
            return
        self._received = b""
        if time.perf_counter() > self._until_s:
            self._end(None)
            return
        self.answered += 1
        self._transport.write(next(self._requests))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or UnexpectedAnswer("the connection was closed"))

    def _end(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error) if error else self.done.set_result(None)
        self._transport.close()


def rate_per_s(base_url: str, connections: Sequence[Iterator[bytes]], *, seconds: float) -> float:
    """Answers a second over all connections, each with its own requests. Raises UnexpectedAnswer."""
    return uvloop.run(_rate_per_s(base_url, connections, seconds=seconds))


async def _rate_per_s(base_url: str, connections: Sequence[Iterator[bytes]], *, seconds: float) -> float:
    place = urlsplit(base_url)
    until_s = time.perf_counter() + seconds
    callers = []
    for requests in connections:
        _, caller = await asyncio.get_running_loop().create_connection(
            partial(_Caller, requests, until_s=until_s), str(place.hostname), place.port or 80
        )
        callers.append(caller)
    async with asyncio.timeout(seconds + TIMEOUT_S):
        await asyncio.gather(*(caller.done for caller in callers))
    return sum(caller.answered for caller in callers) / seconds
