"""What only a Redis can do to us: hang, forget, restart, and end its index short of the poles."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import redis
from builders import AGENCY_ID, PLACE, a_fix, id_of
from fake_clock import FrozenClock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.adapters.redis.positions import INDEX_LAT_DEG, RedisPositions
from service.adapters.redis.scripts import COMPLETE, TRUSTED_S
from service.adapters.redis.server import LOOK_FOR_IT_EVERY_S, REST_S, TIMEOUT_S, RedisServer
from service.domain.geo import SPHERE_ERROR, Point, rough_distance_m
from service.domain.unit import Fix, Track
from service.ports import PositionsUnavailable, UnitKey

UNIT = UnitKey(AGENCY_ID, id_of("3A12"))
TRACK = Track(last=a_fix())
TRACKS = f"beatline:{{{AGENCY_ID}}}:tracks"
SOON_S = TIMEOUT_S + 0.15


@pytest.fixture
def server(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def positions(redis_server: RedisServer, clock: FrozenClock) -> Iterator[RedisPositions]:
    positions = RedisPositions(redis_server, clock=clock)
    positions.rebuild(AGENCY_ID, {UNIT.unit_id: TRACK})
    yield positions
    positions.close()


def last_kept(server: redis.Redis, *, ago_s: float) -> None:
    """By Redis's own clock, which is this machine's."""
    server.hset(TRACKS, COMPLETE, int(time.time() - ago_s))


@contextmanager
def a_silent_server() -> Iterator[str]:
    """The kernel accepts for it; nobody ever reads."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@contextmanager
def positions_at(url: str, clock: FrozenClock) -> Iterator[RedisPositions]:
    server = RedisServer(url)
    positions = RedisPositions(server, clock=clock)
    yield positions
    positions.close()
    server.close()


def keep(positions: RedisPositions, tracks: dict[UnitKey, Track]) -> None:
    async def keep_and_close() -> None:
        try:
            await positions.keep(tracks)
        finally:
            await positions.aclose()

    asyncio.run(keep_and_close())


def seconds_until_unavailable(call: Callable[[], object]) -> float:
    started_s = time.monotonic()
    with pytest.raises(PositionsUnavailable):
        call()
    return time.monotonic() - started_s


def test_a_wiped_redis_says_so_until_it_is_rebuilt(positions: RedisPositions, server: redis.Redis) -> None:
    server.flushall()
    with pytest.raises(PositionsUnavailable, match="wiped"):
        positions.near(AGENCY_ID, PLACE, limit=1)
    with pytest.raises(PositionsUnavailable, match="wiped"):
        keep(positions, {UNIT: TRACK})
    positions.rebuild(AGENCY_ID, {UNIT.unit_id: TRACK})
    assert positions.near(AGENCY_ID, PLACE, limit=1) == [(UNIT.unit_id, TRACK)]


def test_a_redis_that_nobody_reached_for_a_minute_is_not_believed_when_it_comes_back(
    positions: RedisPositions, server: redis.Redis
) -> None:
    last_kept(server, ago_s=TRUSTED_S + 5)
    with pytest.raises(PositionsUnavailable, match="left alone"):
        positions.near(AGENCY_ID, PLACE, limit=1)
    with pytest.raises(PositionsUnavailable, match="left alone"):
        keep(positions, {UNIT: TRACK})
    positions.rebuild(AGENCY_ID, {UNIT.unit_id: TRACK})
    assert positions.near(AGENCY_ID, PLACE, limit=1) == [(UNIT.unit_id, TRACK)]


def test_whoever_keeps_a_fix_says_that_it_can_be_believed(positions: RedisPositions, server: redis.Redis) -> None:
    last_kept(server, ago_s=TRUSTED_S - 5)
    keep(positions, {UNIT: TRACK})
    assert time.time() - float(server.hget(TRACKS, COMPLETE) or 0) < TRUSTED_S / 2


def test_a_redis_of_the_release_before_this_one_is_rebuilt_once(positions: RedisPositions, server: redis.Redis) -> None:
    server.hset(TRACKS, COMPLETE, 1)
    with pytest.raises(PositionsUnavailable, match="left alone"):
        positions.near(AGENCY_ID, PLACE, limit=1)


def test_a_redis_that_is_full_keeps_nothing_and_is_believed_in_nothing(
    positions: RedisPositions, server: redis.Redis
) -> None:
    server.config_set("maxmemory", 1)
    try:
        with pytest.raises(PositionsUnavailable, match="memory"):
            keep(positions, {UNIT: TRACK})
        with pytest.raises(PositionsUnavailable):
            positions.near(AGENCY_ID, PLACE, limit=1)
    finally:
        server.config_set("maxmemory", 0)


def test_a_redis_that_evicts_the_tracks_has_lost_its_promise_too(
    positions: RedisPositions, server: redis.Redis
) -> None:
    server.delete(f"beatline:{{{AGENCY_ID}}}:tracks")
    with pytest.raises(PositionsUnavailable, match="wiped"):
        positions.near(AGENCY_ID, PLACE, limit=1)


def test_a_wipe_in_the_middle_of_a_rebuild_is_not_taken_for_complete(
    positions: RedisPositions, server: redis.Redis
) -> None:
    def tracks_that_are_wiped_on_the_way() -> Iterator[tuple[str, Track]]:
        for n in range(2_000):
            if n == 1_500:
                server.flushall()
            yield f"{n}", TRACK

    class Unreliable(dict[object, Track]):
        def items(self) -> Iterator[tuple[str, Track]]:  # type: ignore[override]  # what matters is when it is read
            return tracks_that_are_wiped_on_the_way()

    with pytest.raises(PositionsUnavailable, match="wiped"):
        positions.rebuild(AGENCY_ID, Unreliable())  # type: ignore[arg-type]  # as above


def test_a_redis_that_restarted_empty_of_scripts_learns_them_again(
    positions: RedisPositions, server: redis.Redis
) -> None:
    server.script_flush()
    newer = Track(last=a_fix(age_s=1))
    keep(positions, {UNIT: newer})
    server.script_flush()
    assert positions.near(AGENCY_ID, PLACE, limit=1) == [(UNIT.unit_id, newer)]


def test_a_redis_that_is_down_is_unavailable_at_once(clock: FrozenClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with positions_at(f"redis://127.0.0.1:{port}", clock) as positions:
        assert seconds_until_unavailable(lambda: positions.near(AGENCY_ID, PLACE, limit=1)) < TIMEOUT_S
        assert seconds_until_unavailable(lambda: keep(positions, {UNIT: TRACK})) < TIMEOUT_S


@pytest.mark.parametrize("call", ["near", "keep", "rebuild", "forget"])
def test_a_redis_that_hangs_costs_a_quarter_of_a_second_once(clock: FrozenClock, call: str) -> None:
    with a_silent_server() as url, positions_at(url, clock) as positions:
        calls: dict[str, Callable[[], object]] = {
            "near": lambda: positions.near(AGENCY_ID, PLACE, limit=1),
            "keep": lambda: keep(positions, {UNIT: TRACK}),
            "rebuild": lambda: positions.rebuild(AGENCY_ID, {}),
            "forget": lambda: positions.forget(AGENCY_ID, before=clock.now()),
        }
        assert TIMEOUT_S <= seconds_until_unavailable(calls[call]) < SOON_S
        assert seconds_until_unavailable(calls[call]) < TIMEOUT_S / 2


def test_a_redis_that_hung_is_asked_again_after_a_rest_and_answers_the_right_question(
    positions: RedisPositions, server: redis.Redis
) -> None:
    async def hang_and_ask_again() -> dict[UnitKey, Track]:
        await positions.keep({UNIT: TRACK})
        server.client_pause(int(2 * TIMEOUT_S * 1000), all=True)
        with pytest.raises(PositionsUnavailable, match="hung"):
            await positions.keep({UNIT: TRACK})
        await asyncio.sleep(REST_S + 2 * LOOK_FOR_IT_EVERY_S)
        try:
            return await positions.tracks([UNIT])
        finally:
            await positions.aclose()

    assert asyncio.run(hang_and_ask_again()) == {UNIT: TRACK}
    assert positions.near(AGENCY_ID, PLACE, limit=1) == [(UNIT.unit_id, TRACK)]


def test_an_error_of_redis_is_told_without_anybodys_position(positions: RedisPositions, server: redis.Redis) -> None:
    server.set(f"beatline:{{{AGENCY_ID}}}:places", "not an index")
    with pytest.raises(PositionsUnavailable, match="WRONGTYPE") as refused:
        keep(positions, {UNIT: TRACK})
    assert "37.7" not in str(refused.value)


@pytest.mark.parametrize("lat", [90.0, 86.0, -86.0, -90.0])
def test_a_unit_beyond_the_index_is_found_and_its_track_says_where_it_is(positions: RedisPositions, lat: float) -> None:
    polar = Track(last=a_fix(point=Point(lat=lat, lon=30.0)))
    positions.rebuild(AGENCY_ID, {id_of("polar"): polar} | {id_of(f"{n}"): TRACK for n in range(5)})
    assert positions.near(AGENCY_ID, Point(lat=lat, lon=-150.0), limit=1) == [(id_of("polar"), polar)]


@pytest.mark.parametrize("lon", [180.0, 179.99999999999997, 179.9999999, -180.0])
def test_a_unit_on_the_antimeridian_is_found_from_either_side(positions: RedisPositions, lon: float) -> None:
    there = Track(last=a_fix(point=Point(lat=0.0, lon=lon)))
    positions.rebuild(AGENCY_ID, {id_of("there"): there} | {id_of(f"{n}"): TRACK for n in range(5)})
    for seeker in (Point(lat=0.0, lon=179.0), Point(lat=0.0, lon=-179.0), Point(lat=0.0, lon=lon)):
        assert positions.near(AGENCY_ID, seeker, limit=1) == [(id_of("there"), there)]


located = st.builds(
    Point, lat=st.floats(-INDEX_LAT_DEG, INDEX_LAT_DEG), lon=st.floats(-180, 180) | st.sampled_from([-180.0, 180.0])
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(located, min_size=4, max_size=60), located, st.integers(1, 8))
def test_anywhere_on_earth_the_nearest_by_the_sphere_are_found(
    positions: RedisPositions, server: redis.Redis, points: list[Point], place: Point, limit: int
) -> None:
    server.flushall()
    units = {id_of(f"{n}"): Track(last=a_fix(point=point)) for n, point in enumerate(points)}
    positions.rebuild(AGENCY_ID, units)
    found_m = [
        rough_distance_m(place, unit.track.last.point)
        for unit in positions.near(AGENCY_ID, place, limit=limit)
        if unit.track.last
    ]
    expected_m = sorted(rough_distance_m(place, point) for point in points)[:limit]
    assert found_m == pytest.approx(expected_m, rel=SPHERE_ERROR, abs=2)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001  made aware below
def test_a_time_comes_back_to_the_microsecond(positions: RedisPositions, clock: FrozenClock, at: datetime) -> None:
    unit_id, track = id_of("3A13"), Track(last=Fix(point=PLACE, at=at.replace(tzinfo=UTC)))
    clock.advance((at.replace(tzinfo=UTC) - timedelta(days=1) - clock.now()).total_seconds())
    positions.rebuild(AGENCY_ID, {unit_id: track})
    assert (unit_id, track) in positions.near(AGENCY_ID, PLACE, limit=10)
