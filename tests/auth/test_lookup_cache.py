"""A token is asked for rarely, a revoked one is gone soon, and a database that is away stops no patrol."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from anyio import CapacityLimiter

from service.auth.lookup_cache import FRESH_S, STALE_S, LookupCache
from service.domain.errors import Code, DomainError

TOKEN, DEVICE = "token", "device of 3A12"


class Directory:
    """Knows devices by token; counts how often it was asked; can be away. Its clock is moved by hand."""

    def __init__(self) -> None:
        self.devices = {TOKEN: DEVICE}
        self.asked = 0
        self.is_away = False
        self.now_s = 1_000.0

    def device(self, token: str) -> str | None:
        self.asked += 1
        if self.is_away:
            raise DomainError(Code.UNAVAILABLE, "The database is away.", retry_after_s=1)
        return self.devices.get(token)

    def cache(self, load: Callable[[str], str | None] | None = None) -> LookupCache[str, str]:
        return LookupCache(load or self.device, monotonic_s=lambda: self.now_s)


@pytest.fixture
def directory() -> Directory:
    return Directory()


@pytest.fixture
def cache(directory: Directory) -> LookupCache[str, str]:
    return directory.cache()


def test_a_phone_that_reports_often_is_looked_up_once(directory: Directory, cache: LookupCache[str, str]) -> None:
    async def report_often() -> list[str | None]:
        return [await cache.get(TOKEN) for _ in range(10)]

    assert [DEVICE] * 10 == asyncio.run(report_often())
    assert 1 == directory.asked


def test_a_revoked_phone_is_refused_five_seconds_later_everywhere(
    directory: Directory, cache: LookupCache[str, str]
) -> None:
    asyncio.run(cache.get(TOKEN))
    directory.devices.clear()
    directory.now_s += FRESH_S - 0.1
    assert DEVICE == asyncio.run(cache.get(TOKEN))
    directory.now_s += 0.1
    assert asyncio.run(cache.get(TOKEN)) is None


def test_a_revoked_phone_is_refused_at_once_where_it_was_revoked(
    directory: Directory, cache: LookupCache[str, str]
) -> None:
    asyncio.run(cache.get(TOKEN))
    directory.devices.clear()
    cache.forget(lambda device: device == DEVICE)
    assert asyncio.run(cache.get(TOKEN)) is None


def test_forgetting_one_phone_forgets_no_other(directory: Directory, cache: LookupCache[str, str]) -> None:
    asyncio.run(cache.get(TOKEN))
    cache.forget(lambda device: device == "device of 3A13")
    assert DEVICE == asyncio.run(cache.get(TOKEN))
    assert 1 == directory.asked


def test_what_was_asked_before_a_revocation_is_not_kept_after_it(directory: Directory) -> None:
    was_asked, may_answer = threading.Event(), threading.Event()

    def slow_device(token: str) -> str | None:
        device = directory.device(token)
        was_asked.set()
        may_answer.wait(5)
        return device

    async def revoke_while_asking() -> str | None:
        cache = directory.cache(slow_device)
        asking = asyncio.create_task(cache.get(TOKEN))
        await asyncio.to_thread(was_asked.wait, 5)
        directory.devices.clear()
        cache.forget(lambda device: device == DEVICE)
        may_answer.set()
        await asking
        return await cache.get(TOKEN)

    assert asyncio.run(revoke_while_asking()) is None


def test_an_unknown_token_is_asked_for_every_time(directory: Directory, cache: LookupCache[str, str]) -> None:
    assert asyncio.run(cache.get("new")) is None
    directory.devices["new"] = "device of 3A13"
    assert "device of 3A13" == asyncio.run(cache.get("new"))


def test_tokens_that_nobody_knows_keep_no_phone_waiting_that_is_known(directory: Directory) -> None:
    may_answer = threading.Event()

    def device(token: str) -> str | None:
        if token != TOKEN:
            may_answer.wait(5)
        return directory.device(token)

    async def report_beside_invented_tokens() -> str | None:
        threads, unknown_threads = CapacityLimiter(1), CapacityLimiter(1)
        cache = LookupCache(
            device, monotonic_s=lambda: directory.now_s, threads=threads, unknown_threads=unknown_threads
        )
        await cache.get(TOKEN)
        directory.now_s += FRESH_S
        invented = [asyncio.create_task(cache.get(f"invented {number}")) for number in range(5)]
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(2):
                return await cache.get(TOKEN)
        finally:
            may_answer.set()
            await asyncio.gather(*invented)

    assert DEVICE == asyncio.run(report_beside_invented_tokens())


def test_without_threads_for_the_unknown_they_take_none_but_those_of_the_known(directory: Directory) -> None:
    async def ask_while_all_are_busy() -> int:
        threads = CapacityLimiter(1)
        cache = LookupCache(directory.device, threads=threads)
        async with threads:
            asking = asyncio.create_task(cache.get(TOKEN))
            for _ in range(10):
                await asyncio.sleep(0)
            waiting = threads.statistics().tasks_waiting
        await asking
        return waiting

    assert 1 == asyncio.run(ask_while_all_are_busy())


def test_many_reports_of_one_phone_at_once_ask_once(directory: Directory, cache: LookupCache[str, str]) -> None:
    async def all_at_once() -> list[str | None]:
        return list(await asyncio.gather(*(cache.get(TOKEN) for _ in range(20))))

    assert [DEVICE] * 20 == asyncio.run(all_at_once())
    assert 1 == directory.asked


def test_a_known_phone_is_still_known_while_the_database_is_away(
    directory: Directory, cache: LookupCache[str, str]
) -> None:
    asyncio.run(cache.get(TOKEN))
    directory.is_away = True
    directory.now_s += STALE_S - 1
    assert DEVICE == asyncio.run(cache.get(TOKEN))


def test_after_five_minutes_a_known_phone_is_no_longer_taken_on_trust(
    directory: Directory, cache: LookupCache[str, str]
) -> None:
    asyncio.run(cache.get(TOKEN))
    directory.is_away = True
    directory.now_s += STALE_S
    with pytest.raises(DomainError, match="away"):
        asyncio.run(cache.get(TOKEN))


def test_a_stranger_is_not_let_in_because_the_database_is_away(
    directory: Directory, cache: LookupCache[str, str]
) -> None:
    directory.is_away = True
    with pytest.raises(DomainError, match="away"):
        asyncio.run(cache.get("stranger"))


def test_a_database_that_is_away_is_not_asked_by_every_report(
    directory: Directory, cache: LookupCache[str, str]
) -> None:
    asyncio.run(cache.get(TOKEN))
    directory.is_away = True
    directory.now_s += FRESH_S
    for _ in range(10):
        assert DEVICE == asyncio.run(cache.get(TOKEN))
    assert 2 == directory.asked


def test_once_the_database_is_back_a_revoked_phone_is_refused(
    directory: Directory, cache: LookupCache[str, str]
) -> None:
    asyncio.run(cache.get(TOKEN))
    directory.is_away = True
    directory.now_s += FRESH_S
    asyncio.run(cache.get(TOKEN))
    directory.is_away = False
    directory.devices.clear()
    directory.now_s += FRESH_S
    assert asyncio.run(cache.get(TOKEN)) is None


def test_a_full_cache_drops_who_was_looked_up_longest_ago(directory: Directory) -> None:
    directory.devices |= {"second": "device of 3A13", "third": "device of 3A14"}
    cache = LookupCache(directory.device, monotonic_s=lambda: directory.now_s, entries_limit=2)

    async def report(*tokens: str) -> None:
        for token in tokens:
            await cache.get(token)

    asyncio.run(report(TOKEN, "second", "third", "third", "second"))
    assert 3 == directory.asked
    asyncio.run(report(TOKEN))
    assert 4 == directory.asked
