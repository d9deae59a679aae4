"""Who watches in the proof of the streams? Hundreds of connections on one event loop, which note when each event came.

They read no event, which would cost more than serving it: of what came they note the ids. One of them is read whole.
"""

import asyncio
import re
import time
from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

from bench.wire import UnexpectedAnswer

AT_ONCE = 20
"""Connections that are opened side by side: each takes two transactions to be let in."""
_ID = re.compile(rb"\nid: ([0-9a-f-]{36})\n")
_LONGEST_ID_LINE = 48


class Watcher(asyncio.Protocol):
    """One stream. `came_at` has the time of each event by its id; `whole`, when it is kept, all that came."""

    def __init__(self, token: str, *, keeps: bool) -> None:
        self._token = token
        self._tail = b""
        self._keeps = keeps
        self.whole = b""
        self.came_at: dict[bytes, float] = {}
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvloop's is no subclass
        transport.write(f"GET /v1/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {self._token}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        now = time.time()
        if self._keeps:
            self.whole += data
        seen = self._tail + data
        for event_id in _ID.findall(seen):
            self.came_at.setdefault(event_id, now)
        self._tail = seen[-_LONGEST_ID_LINE:]
        if not self.begun.done() and b"event: hello" in seen:
            self.begun.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.begun.done():
            self.begun.set_exception(exc or UnexpectedAnswer(self._tail.decode(errors="replace")))


async def gather_crowd(base_url: str, tokens: Sequence[str]) -> list[Watcher]:
    """One stream a token, all of them begun. The first is kept whole. Raises UnexpectedAnswer when one is refused."""
    turn = asyncio.Semaphore(AT_ONCE)
    place = urlsplit(base_url)

    async def join(number: int, token: str) -> Watcher:
        async with turn:
            _, watcher = await asyncio.get_running_loop().create_connection(
                partial(Watcher, token, keeps=number == 0), str(place.hostname), place.port or 80
            )
            await watcher.begun
            return watcher

    return await asyncio.gather(*(join(number, token) for number, token in enumerate(tokens)))
