"""Who is told at once that something changed? Everybody who listens to an agency's Redis stream; nothing rests on it.

What changed stands in the journal: here are only nudges to look there. Whatever Redis loses, or nobody could announce,
is found by whoever looks by itself now and then.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any
from uuid import UUID

import redis
from redis.exceptions import RedisError

from service.adapters.redis.server import RedisServer
from service.ports import FeedUnavailable, News

REST_S = 0.5
"""How often the publisher looks whether Redis is back; what is announced meanwhile waits, as far as there is room."""
CLOSE_S = 0.5
BLOCK_S = 0.3
"""How long one read waits for news: a new agency is listened to after that, and a hang noticed so much later."""
WAITING_LIMIT = 1_000
PER_CALL = 100
STREAM_LENGTH = 1_000
"""About so many are kept: a listener that is farther behind looks into the journal anyway."""
ENTRY = "entry"
_BEGINNING = "0-0"


class RedisFeed:
    """Publishing is one thread's, so that no request waits for Redis; listening is the event loop's."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server
        self._waiting: Queue[News | None] = Queue(WAITING_LIMIT)
        self._closing = Event()
        self._listener: _Listener | None = None
        self._publisher = Thread(target=self._publish, name="feed", daemon=True)
        self._publisher.start()

    def announce(self, news: News) -> None:
        """Dropped when too many wait already: the journal has it."""
        with suppress(Full):
            self._waiting.put_nowait(news)

    async def listen(self, agencies: Callable[[], Collection[UUID]]) -> AsyncGenerator[News | None, None]:
        await self.aclose()
        self._listener = listener = _Listener(self._server)
        try:
            while True:
                with _unavailable_when_away():
                    heard = await listener.next(agencies())
                for news in heard:
                    yield news
                if not heard:
                    yield None
        finally:
            await listener.aclose()

    async def aclose(self) -> None:
        if self._listener is not None:
            await self._listener.aclose()

    def close(self) -> None:
        self._closing.set()
        with suppress(Full):  # then it is at work, and will see that it is to end
            self._waiting.put_nowait(None)
        self._publisher.join(CLOSE_S)

    # -- the publishing thread --------------------------------------------------------------------------------------

    def _publish(self) -> None:
        with self._server.client() as client:
            while not (self._closing.is_set() and self._waiting.empty()):
                if self._server.is_away:
                    if self._closing.wait(REST_S):
                        return
                    continue
                batch = self._next()
                with suppress(OSError, RedisError), self._server.asked():
                    _add(client, batch)

    def _next(self) -> list[News]:
        """What waits, as much as one call takes; waits for the first."""
        found = [self._waiting.get()]
        with suppress(Empty):
            while len(found) < PER_CALL:
                found.append(self._waiting.get_nowait())
        return [news for news in found if news is not None]


class _Listener:
    """One connection, and how far each agency's stream was read. After an error it is of no use any more."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server
        self._era = server.place.era
        self._client = server.async_client(
            decode_responses=True,
            is_single=True,
            socket_timeout=BLOCK_S + server.timeout_s,
            socket_connect_timeout=server.timeout_s,
        )
        self._read_until: dict[str, str] = {}

    async def next(self, agencies: Collection[UUID]) -> list[News]:
        """Empty when agencies have joined, which are listened to from now on, and when nothing came."""
        if self._server.is_away or self._server.place.era != self._era:
            raise FeedUnavailable("Redis is away, or elsewhere now")
        by_key = {_key(agency_id): agency_id for agency_id in agencies}
        self._read_until = {key: until for key, until in self._read_until.items() if key in by_key}
        if joined := by_key.keys() - self._read_until.keys():
            self._read_until |= await self._ends(joined)
            return []
        if not by_key:
            await asyncio.sleep(BLOCK_S)
            await self._client.ping()
            return []
        heard = await self._read()
        if not heard:
            await self._forget_what_was_wiped()
        for key, entries in heard:
            self._read_until[key] = entries[-1][0]
        return [
            News(agency_id=by_key[key], entry_id=UUID(fields[ENTRY])) for key, entries in heard for _, fields in entries
        ]

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _read(self) -> list[Any]:
        """For each stream with news its key and its entries, each an id and fields."""
        heard: list[Any] | None = await self._client.xread(self._read_until, block=int(BLOCK_S * 1_000))
        return heard or []

    async def _ends(self, keys: Collection[str]) -> dict[str, str]:
        """The last id in each stream."""
        async with self._client.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.xrevrange(key, count=1)
            ends = await pipeline.execute()
        return {key: end[0][0] if end else _BEGINNING for key, end in zip(keys, ends, strict=True)}

    async def _forget_what_was_wiped(self) -> None:
        """A stream that was lost begins anew; by a clock that is behind, its ids may be smaller than those we saw."""
        for key, end in (await self._ends(self._read_until.keys())).items():
            if _order(end) < _order(self._read_until[key]):
                self._read_until[key] = _BEGINNING


def _add(client: redis.Redis, batch: list[News]) -> None:
    with client.pipeline(transaction=False) as pipeline:
        for news in batch:
            pipeline.xadd(_key(news.agency_id), {ENTRY: str(news.entry_id)}, maxlen=STREAM_LENGTH, approximate=True)
        pipeline.execute()


@contextmanager
def _unavailable_when_away() -> Iterator[None]:
    try:
        yield
    except (OSError, RedisError) as error:  # a TimeoutError is an OSError
        raise FeedUnavailable(str(error)) from error


def _key(agency_id: UUID) -> str:
    """The braces keep an agency's keys on one node of a cluster, as those of its positions."""
    return f"beatline:{{{agency_id}}}:feed"


def _order(entry_id: str) -> tuple[int, int]:
    """Redis orders ids by their time in milliseconds, and then by their number within it."""
    milliseconds, number = entry_id.split("-")
    return int(milliseconds), int(number)
