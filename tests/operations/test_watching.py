"""The hub: one look for everybody, nobody waited for, and nobody left watching who would not be let in."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from fake_clock import FrozenClock
from watching import Announcing, Pen, a_hub, act, ending, sign_in, sign_out, told, watch
from world import World

from service.domain.errors import Code, DomainError
from service.domain.unit import Status
from service.operations.lookout import LOOK_EVERY_S
from service.operations.watchers import WAITING_LIMIT_BYTES, Ending
from service.operations.watching import PER_CREDENTIAL
from service.store.database import Database


@pytest.fixture
def announcing_world(database_url: str, clock: FrozenClock) -> Iterator[World]:
    """A world whose every commit is announced, as in production."""
    announcing = Announcing()
    database = Database(database_url, pool_size=12, committed=announcing)
    world = announcing.world = World(database, clock)
    yield world
    world.close()
    database.close()


def test_what_many_watch_is_drawn_once(world: World) -> None:
    async def story() -> tuple[list[list[str]], list[str]]:
        pen = Pen()
        async with a_hub(world, pen) as hub:
            watchers = [await watch(hub, world) for _ in range(50)]
            await act(world.hears)
            return [await told(watcher, "incident_opened") for watcher in watchers], pen.drawn

    seen, drawn = asyncio.run(story())
    assert [drawn] * 50 == seen
    assert 1 == len(drawn)


def test_news_are_told_at_once(announcing_world: World) -> None:
    async def story() -> list[float]:
        async with a_hub(announcing_world) as hub:
            watcher = await watch(hub, announcing_world)
            took_s = []
            for number in range(5):
                started_s = time.monotonic()
                await act(announcing_world.hears, f"SST-{number}")
                await told(watcher, "detection_received")
                took_s.append(time.monotonic() - started_s)
            return took_s

    assert min(asyncio.run(story())) < LOOK_EVERY_S / 2


def test_what_nobody_announced_is_told_all_the_same(world: World) -> None:
    async def story() -> list[str]:
        async with a_hub(world) as hub:
            watcher = await watch(hub, world)
            await act(world.hears)
            return await told(watcher, "incident_opened")

    assert asyncio.run(story())


def test_a_feed_that_comes_back_is_listened_to_again(announcing_world: World) -> None:
    async def story() -> float:
        announcing_world.feed.is_away = True
        async with a_hub(announcing_world) as hub:
            watcher = await watch(hub, announcing_world)
            await act(announcing_world.hears, "SST-1")
            await told(watcher, "incident_opened")
            announcing_world.feed.is_away = False
            await asyncio.sleep(1.5)
            started_s = time.monotonic()
            await act(announcing_world.hears, "SST-2")
            await told(watcher, "detection_received")
            return time.monotonic() - started_s

    assert asyncio.run(story()) < LOOK_EVERY_S


def test_a_unit_is_told_of_only_when_it_looks_different(world: World) -> None:
    car = world.car("3A12")

    async def story() -> list[str]:
        async with a_hub(world) as hub:
            watcher = await watch(hub, world)
            await act(car.phone.says, Status.UNAVAILABLE)
            lines = await told(watcher, "3A12 is unavailable")
            await act(car.phone.says, Status.UNAVAILABLE)
            await asyncio.sleep(2 * LOOK_EVERY_S)
            await act(car.phone.says, Status.OFF_DUTY)
            return lines + await told(watcher, "3A12 is off_duty")

    assert ["3A12 is unavailable", "3A12 is off_duty"] == asyncio.run(story())


def test_a_phone_sees_what_its_own_unit_is_asked_and_told(world: World) -> None:
    near, far = world.cars(300, 500)
    close_by = world.car(away_m=400)
    close_by.phone.says(Status.UNAVAILABLE)

    async def story() -> list[list[str]]:
        async with a_hub(world) as hub:
            phones = [await watch(hub, world, unit_id=car.unit_id) for car in (near, far, close_by)]
            await act(world.hears)
            asked = [await told(phone, "alert") for phone in phones[:2]]
            warned = await told(phones[2], "warning")
            await act(near.phone.declines)
            return [*asked, warned, await told(phones[0], "declined")]

    asked, asked_too, warned, declined = asyncio.run(story())
    assert ["sent (loud alert)"] == asked == asked_too
    assert ["warning of an open incident"] == warned
    assert "declined" in declined[-1]


def test_whoever_does_not_take_what_is_told_is_dropped_and_the_others_are_not(world: World) -> None:
    async def story() -> tuple[str, list[str]]:
        async with a_hub(world) as hub:
            slow, quick = await watch(hub, world), await watch(hub, world)
            slow.tell(b"x" * WAITING_LIMIT_BYTES)
            await act(world.hears)
            return await ending(slow), await told(quick, "incident_opened")

    why, lines = asyncio.run(story())
    assert Ending.TOO_SLOW == why
    assert lines


def test_whoever_signed_out_is_shut_out_within_a_second(world: World) -> None:
    async def story() -> tuple[str, float, bool]:
        left, stays = await act(sign_in, world), await act(sign_in, world)
        async with a_hub(world) as hub:
            gone, here = (
                await watch(hub, world, credential=left.credential),
                await watch(hub, world, credential=stays.credential),
            )
            started_s = time.monotonic()
            await act(sign_out, world, left)
            return await ending(gone), time.monotonic() - started_s, here.ended.done()

    why, took_s, others_ended = asyncio.run(story())
    assert (Ending.SHUT_OUT, False) == (why, others_ended)
    assert took_s < 1


def test_a_session_that_ends_by_itself_ends_its_stream(world: World, clock: FrozenClock) -> None:
    async def story() -> str:
        session = await act(sign_in, world, lasts_s=60)
        async with a_hub(world) as hub:
            watcher = await watch(hub, world, credential=session.credential)
            clock.advance(61)
            return await ending(watcher)

    assert Ending.SHUT_OUT == asyncio.run(story())


def test_a_stream_ends_after_its_time_and_is_to_come_back(world: World) -> None:
    async def story() -> str:
        async with a_hub(world, lifetime_s=0.2) as hub:
            return await ending(await watch(hub, world))

    assert Ending.RECONNECT == asyncio.run(story())


def test_the_oldest_of_too_many_streams_of_one_session_gives_way(world: World) -> None:
    async def story() -> list[bool]:
        mine, other = await act(sign_in, world), await act(sign_in, world)
        async with a_hub(world) as hub:
            first = await watch(hub, world, credential=other.credential)
            watchers = [await watch(hub, world, credential=mine.credential) for _ in range(PER_CREDENTIAL + 1)]
            return [each.ended.done() for each in (first, *watchers)]

    assert [False, True, *[False] * PER_CREDENTIAL] == asyncio.run(story())


def test_more_streams_than_a_process_can_serve_are_told_to_come_back_later(world: World) -> None:
    async def story() -> DomainError:
        async with a_hub(world, watchers_limit=2) as hub:
            first, _ = await watch(hub, world), await watch(hub, world)
            with pytest.raises(DomainError) as refusal:
                await watch(hub, world)
            hub.leave(first)
            await watch(hub, world)
            return refusal.value

    refused = asyncio.run(story())
    assert (Code.OVERLOADED, True) == (refused.code, refused.retry_after_s is not None)


def test_a_hub_that_is_about_to_close_ends_everybody_and_lets_in_nobody(world: World) -> None:
    async def story() -> str:
        async with a_hub(world) as hub:
            watcher = await watch(hub, world)
            hub.retire()
            with pytest.raises(DomainError) as refusal:
                await watch(hub, world)
            assert Code.UNAVAILABLE == refusal.value.code
            return await ending(watcher)

    assert Ending.RECONNECT == asyncio.run(story())


def test_what_cannot_be_told_is_skipped_and_everybody_is_told_to_read_anew(world: World) -> None:
    async def story() -> list[str]:
        pen = Pen()
        pen.breaks_at = "incident_opened"
        async with a_hub(world, pen) as hub:
            watcher = await watch(hub, world)
            await act(world.hears, "SST-1")
            lines = await told(watcher, "too much")
            await act(world.hears, "SST-2")
            return lines + await told(watcher, "detection_received")

    lines = asyncio.run(story())
    assert "too much" == lines[0]
    assert "detection_received" in lines[-1]


def test_whoever_leaves_twice_has_left(world: World) -> None:
    async def story() -> int:
        async with a_hub(world) as hub:
            watcher, stays = await watch(hub, world), await watch(hub, world)
            hub.leave(watcher)
            hub.leave(watcher)
            await act(world.hears)
            await told(stays, "incident_opened")
            return len(hub.watchers)

    assert 1 == asyncio.run(story())
