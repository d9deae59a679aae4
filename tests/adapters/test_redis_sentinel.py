"""The master dies or hangs, the sentinels promote its replica, and whoever works with Redis goes on without a hand."""

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest
from builders import AGENCY_ID, INCIDENT_ID, PLACE, a_fix, id_of
from chaos.sentinel import SENTINELS, Watched, watched
from fake_clock import FrozenClock

from service.adapters.redis.jobs import RqJobs
from service.adapters.redis.positions import RedisPositions
from service.adapters.redis.server import RedisAway, RedisServer
from service.domain.unit import Track
from service.ports import PositionsUnavailable, UnitKey

UNIT = UnitKey(AGENCY_ID, id_of("3A12"))
TRACK = Track(last=a_fix())
FAILOVER_S = 15.0
"""About 2.5 s: one until the master is missed, the rest for the vote; threefold and more for a busy machine."""


@pytest.fixture(scope="module")
def pair() -> Iterator[Watched]:
    """Servers with one password, sentinels with another."""
    with watched() as pair:
        yield pair


@pytest.fixture
def server(pair: Watched) -> Iterator[RedisServer]:
    server = RedisServer(pair.url)
    assert server.wait_until_usable(FAILOVER_S)
    yield server
    server.close()


@pytest.fixture
def positions(server: RedisServer, clock: FrozenClock) -> Iterator[RedisPositions]:
    positions = RedisPositions(server, clock=clock)
    positions.rebuild(AGENCY_ID, {UNIT.unit_id: TRACK})
    yield positions
    positions.close()


def until(does_it: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + FAILOVER_S
    while not does_it():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def is_kept(positions: RedisPositions) -> bool:
    """A fix is kept, as in a group of an API process; each on a loop of its own here."""

    async def keep() -> None:
        try:
            await positions.keep({UNIT: TRACK})
        finally:
            await positions.aclose()

    try:
        asyncio.run(keep())
    except PositionsUnavailable:
        return False
    return True


def is_nudged(jobs: RqJobs) -> bool:
    try:
        jobs.page(AGENCY_ID, INCIDENT_ID)
    except RedisAway:
        return False
    return True


def is_rebuilt(positions: RedisPositions) -> bool:
    try:
        positions.rebuild(AGENCY_ID, {UNIT.unit_id: TRACK})
    except PositionsUnavailable:
        return False
    return True


def test_a_master_that_dies_is_followed_to_its_replica(
    pair: Watched, server: RedisServer, positions: RedisPositions
) -> None:
    jobs, dead = RqJobs(server), pair.master()
    jobs.page(AGENCY_ID, INCIDENT_ID)
    pair.processes.kill(dead)
    until(lambda: is_nudged(jobs))
    assert server.place.port not in {None, pair.port(dead)}
    until(lambda: is_rebuilt(positions) and is_kept(positions))
    assert [(UNIT.unit_id, TRACK)] == positions.near(AGENCY_ID, PLACE, limit=1)
    jobs.close()
    pair.start_again(dead)
    pair.until(pair.is_complete)


def test_a_sentinel_that_hangs_stands_in_nobodys_way(pair: Watched) -> None:
    pair.processes.hang(SENTINELS[0])
    server = RedisServer(pair.url)
    assert server.wait_until_usable(FAILOVER_S)
    server.close()
    pair.processes.go_on(SENTINELS[0])


def test_without_any_sentinel_a_process_starts_and_does_without_redis(clock: FrozenClock) -> None:
    server = RedisServer("redis+sentinel://127.0.0.1:1,127.0.0.1:2/mymaster")
    positions = RedisPositions(server, clock=clock)
    started_s = time.monotonic()
    with pytest.raises(PositionsUnavailable):
        positions.near(AGENCY_ID, PLACE, limit=1)
    assert time.monotonic() - started_s < 0.1
    positions.close()
    server.close()


def test_a_wrong_password_is_a_redis_that_is_away(pair: Watched) -> None:
    server = RedisServer(pair.url.replace("of%20the%20servers", "guessed"))
    assert not server.wait_until_usable(1.0)
    server.close()


def test_a_master_that_hangs_is_left_at_once_and_not_returned_to_when_it_wakes_up(
    pair: Watched, server: RedisServer, positions: RedisPositions
) -> None:
    hung = pair.master()
    pair.processes.hang(hung)
    with pytest.raises(PositionsUnavailable, match="hung"):
        positions.near(AGENCY_ID, PLACE, limit=1)
    until(lambda: is_rebuilt(positions))
    pair.processes.go_on(hung)
    # It still takes itself for the master, until a sentinel tells it otherwise.
    assert is_kept(positions)
    assert server.place.port != pair.port(hung)
