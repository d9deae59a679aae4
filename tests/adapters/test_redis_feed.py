"""What only a Redis can do to a feed: be away, hang, cut connections, forget, and come back with an older clock."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager

import pytest
import redis
from builders import AGENCY_ID, id_of

from service.adapters.redis.feed import BLOCK_S, STREAM_LENGTH, WAITING_LIMIT, RedisFeed
from service.adapters.redis.server import TIMEOUT_S, RedisServer
from service.ports import FeedUnavailable, News

NEWS = News(agency_id=AGENCY_ID, entry_id=id_of("entry"))
KEY = f"beatline:{{{AGENCY_ID}}}:feed"
SOON_S = 5.0


@pytest.fixture
def server(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def feed(redis_server: RedisServer) -> Iterator[RedisFeed]:
    feed = RedisFeed(redis_server)
    yield feed
    feed.close()


@contextmanager
def feed_at(url: str) -> Iterator[RedisFeed]:
    server = RedisServer(url)
    feed = RedisFeed(server)
    yield feed
    feed.close()
    server.close()


@pytest.fixture
def silent_url() -> Iterator[str]:
    """A server for which the kernel accepts; nobody ever reads."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.fixture
def closed_url() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@asynccontextmanager
async def listening(feed: RedisFeed) -> AsyncIterator[AsyncIterator[News | None]]:
    async with aclosing(feed.listen(lambda: [AGENCY_ID])) as heard:
        assert await anext(heard) is None
        yield heard


async def first(heard: AsyncIterator[News | None]) -> News:
    async with asyncio.timeout(SOON_S):
        while (each := await anext(heard)) is None:
            pass
    return each


async def listen_for_ever(feed: RedisFeed) -> None:
    async with aclosing(feed.listen(lambda: [AGENCY_ID])) as heard:
        async for _ in heard:
            pass


async def seconds_until_unavailable(feed: RedisFeed) -> float:
    started_s = time.monotonic()
    with pytest.raises(FeedUnavailable):
        await listen_for_ever(feed)
    return time.monotonic() - started_s


def test_a_redis_that_is_down_is_unavailable_at_once(closed_url: str) -> None:
    with feed_at(closed_url) as feed:
        assert asyncio.run(seconds_until_unavailable(feed)) < TIMEOUT_S


def test_a_redis_that_hangs_is_noticed_within_a_second(silent_url: str) -> None:
    with feed_at(silent_url) as feed:
        assert asyncio.run(seconds_until_unavailable(feed)) < 1.0


def test_a_redis_that_hangs_while_it_is_listened_to_is_noticed_within_a_second(
    feed: RedisFeed, server: redis.Redis
) -> None:
    async def story() -> float:
        async with listening(feed) as heard:
            server.client_pause(2_000, all=True)
            started_s = time.monotonic()
            with pytest.raises(FeedUnavailable):
                async for _ in heard:
                    pass
            return time.monotonic() - started_s

    elapsed_s = asyncio.run(story())
    server.client_unpause()
    assert elapsed_s < 2 * BLOCK_S + TIMEOUT_S + 0.2


@pytest.mark.parametrize("url", ["silent_url", "closed_url"])
def test_announcing_waits_for_nobody_and_forgets_what_is_too_much(url: str, request: pytest.FixtureRequest) -> None:
    with feed_at(request.getfixturevalue(url)) as feed:
        started_s = time.monotonic()
        for _ in range(3 * WAITING_LIMIT):
            feed.announce(NEWS)
        assert time.monotonic() - started_s < TIMEOUT_S
        feed.close()
        assert time.monotonic() - started_s < 1.0


def test_news_are_heard_again_after_redis_cut_every_connection(feed: RedisFeed, server: redis.Redis) -> None:
    async def story() -> News:
        feed.announce(NEWS)
        async with listening(feed) as heard:
            server.client_kill_filter(_type="normal", skipme=True)
            with pytest.raises(FeedUnavailable):
                await first(heard)
        async with listening(feed) as heard:
            feed.announce(NEWS)
            return await first(heard)

    assert asyncio.run(story()) == NEWS


def test_a_wipe_is_no_reason_to_hear_nothing_more(feed: RedisFeed, server: redis.Redis) -> None:
    async def story() -> News:
        async with listening(feed) as heard:
            feed.announce(NEWS)
            await first(heard)
            server.flushall()
            feed.announce(NEWS)
            return await first(heard)

    assert asyncio.run(story()) == NEWS


def test_a_redis_that_comes_back_with_an_older_clock_is_heard_all_the_same(
    feed: RedisFeed, server: redis.Redis
) -> None:
    async def story() -> News:
        async with listening(feed) as heard:
            feed.announce(NEWS)
            await first(heard)
            server.flushall()
            for _ in range(2):  # a round that looks, and one that begins anew
                await anext(heard)
            server.xadd(KEY, {"entry": str(NEWS.entry_id)}, id="1-1")
            return await first(heard)

    assert asyncio.run(story()) == NEWS


def test_a_stream_does_not_grow_for_ever(feed: RedisFeed, server: redis.Redis) -> None:
    for _ in range(4):
        for _ in range(WAITING_LIMIT):
            feed.announce(NEWS)
        deadline_s = time.monotonic() + SOON_S
        while server.xlen(KEY) < STREAM_LENGTH and time.monotonic() < deadline_s:
            time.sleep(0.01)
    feed.close()
    assert STREAM_LENGTH <= server.xlen(KEY) < 2 * STREAM_LENGTH
