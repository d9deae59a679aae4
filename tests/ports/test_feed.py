"""What every feed port promises: kept here once, run on the fake and on a real Redis."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import ExitStack, aclosing, asynccontextmanager
from uuid import UUID

import pytest
from builders import AGENCY_ID, id_of
from fake_feed import FakeFeed

from service.adapters.redis.feed import RedisFeed
from service.ports import Feed, News

OTHER_AGENCY_ID = id_of("other agency")
SOON_S = 5.0
"""Long enough for a busy machine; what is promised to be quick is measured where it matters."""


@pytest.fixture(params=["fake", "real"])
def make_feed(request: pytest.FixtureRequest) -> Iterator[Callable[[], Feed]]:
    """Feeds of several processes, so to speak: what one announces the others hear."""
    if request.param == "fake":
        fake = FakeFeed()
        yield lambda: fake
        return
    server = request.getfixturevalue("redis_server")
    with ExitStack() as stack:

        def make() -> Feed:
            real = RedisFeed(server)
            stack.callback(real.close)
            return real

        yield make


def news(number: int = 1, *, agency_id: UUID = AGENCY_ID) -> News:
    return News(agency_id=agency_id, entry_id=id_of(f"entry {number}"))


@asynccontextmanager
async def listening(
    feed: Feed, agencies: Callable[[], Collection[UUID]] = lambda: [AGENCY_ID]
) -> AsyncIterator[AsyncIterator[News | None]]:
    """Once it has said for the first time that nothing came: what is announced from here on is heard."""
    async with aclosing(feed.listen(agencies)) as heard:
        assert await anext(heard) is None
        yield heard
    await feed.aclose()


async def first(heard: AsyncIterator[News | None], count: int) -> list[News]:
    """The next so many, however much silence lies between."""
    found: list[News] = []
    async with asyncio.timeout(SOON_S):
        while len(found) < count:
            each = await anext(heard)
            found += [each] if each else []
    return found


async def until_silence(heard: AsyncIterator[News | None]) -> list[News]:
    """Everything that comes before the second silence: the first may have begun before something was announced."""
    found = []
    for _ in range(2):
        while (each := await anext(heard)) is not None:
            found.append(each)
    return found


def test_news_are_heard_in_the_order_in_which_they_were_announced(make_feed: Callable[[], Feed]) -> None:
    async def story() -> list[News]:
        feed = make_feed()
        async with listening(feed) as heard:
            for number in range(300):
                feed.announce(news(number))
            return await first(heard, 300)

    assert [news(number) for number in range(300)] == asyncio.run(story())


def test_a_process_hears_what_others_announce(make_feed: Callable[[], Feed]) -> None:
    async def story() -> list[list[News]]:
        here, there, announcer = make_feed(), make_feed(), make_feed()
        async with listening(here) as heard_here, listening(there) as heard_there:
            announcer.announce(news())
            return [await first(heard_here, 1), await first(heard_there, 1)]

    assert [[news()], [news()]] == asyncio.run(story())


def test_only_the_agencies_that_are_watched_are_heard(make_feed: Callable[[], Feed]) -> None:
    async def story() -> list[News]:
        feed = make_feed()
        async with listening(feed) as heard:
            feed.announce(news(1, agency_id=OTHER_AGENCY_ID))
            feed.announce(news(2))
            return [*await first(heard, 1), *await until_silence(heard)]

    assert [news(2)] == asyncio.run(story())


def test_an_agency_that_joins_is_heard_soon_and_one_that_leaves_no_more(make_feed: Callable[[], Feed]) -> None:
    async def story() -> list[News]:
        watched = {AGENCY_ID}
        feed = make_feed()
        async with listening(feed, lambda: watched) as heard:
            watched.symmetric_difference_update({AGENCY_ID, OTHER_AGENCY_ID})
            await until_silence(heard)
            feed.announce(news(1))
            feed.announce(news(2, agency_id=OTHER_AGENCY_ID))
            return await first(heard, 1)

    assert [news(2, agency_id=OTHER_AGENCY_ID)] == asyncio.run(story())


def test_what_was_announced_before_anybody_listened_is_not_heard(make_feed: Callable[[], Feed]) -> None:
    async def story() -> list[News]:
        feed = make_feed()
        async with listening(feed) as heard:
            feed.announce(news(1))
            await first(heard, 1)
        async with listening(feed) as heard:
            feed.announce(news(2))
            return await first(heard, 1)

    assert [news(2)] == asyncio.run(story())


@pytest.mark.parametrize("agencies", [[AGENCY_ID], []], ids=["watching", "nobody watches"])
def test_silence_is_told_at_least_every_half_second(make_feed: Callable[[], Feed], agencies: list[UUID]) -> None:
    async def story() -> float:
        started_s = time.monotonic()
        async with listening(make_feed(), lambda: agencies) as heard:
            for _ in range(3):
                assert await anext(heard) is None
        return time.monotonic() - started_s

    assert asyncio.run(story()) < 3 * 0.5


def test_news_of_any_thread_are_heard(make_feed: Callable[[], Feed]) -> None:
    async def story() -> list[News]:
        feed = make_feed()
        async with listening(feed) as heard:
            await asyncio.gather(*(asyncio.to_thread(feed.announce, news(number)) for number in range(8)))
            return await first(heard, 8)

    assert {news(number) for number in range(8)} == set(asyncio.run(story()))


def test_what_waits_is_announced_before_the_feed_is_closed(make_feed: Callable[[], Feed]) -> None:
    async def story() -> list[News]:
        listener, announcer = make_feed(), make_feed()
        async with listening(listener) as heard:
            for number in range(5):
                announcer.announce(news(number))
            announcer.close()
            return await first(heard, 5)

    assert [news(number) for number in range(5)] == asyncio.run(story())


def test_closing_twice_is_fine(make_feed: Callable[[], Feed]) -> None:
    feed = make_feed()
    asyncio.run(feed.aclose())
    asyncio.run(feed.aclose())
    feed.close()
    feed.close()
