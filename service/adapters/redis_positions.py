"""Where are units now? In Redis or Valkey: a GEO index to find them and their tracks beside it, per agency.

Not for what must survive: Redis may be wiped at any instant, and then says so until it is rebuilt from the store.
Every agency has two keys: `places`, the GEO index of its units with a believed fix, and `tracks`, a hash of unit →
track (`_pack`). The hash has one more field, COMPLETE: this Redis knows all of this agency. It lies in the hash, so
that whatever takes the tracks away takes the promise away with them.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.retry import Retry

from service.domain.geo import ANTIMERIDIAN_DEG, Point, rough_distance_m
from service.domain.unit import Fix, Track, believable_until
from service.ports import Clock, PositionsUnavailable, UnitKey, UnitTrack

DEADLINE_S = 0.25
REST_S = 1.0
"""So long a Redis that hung is left alone: one shot pays the deadline for it, not each of a night's."""
CONNECTIONS = 64
"""More than the threads that ask at once; beyond it they fall back to the store."""
INDEX_LAT_DEG = 85.05
"""Redis's index ends here (Web Mercator). Beyond it units are indexed and sought at its edge, so that they are found,
though not in order; their tracks say where they really are. Source: Redis GEOADD."""
INDEX_CELL_DEG = 360 / 2**26
"""How finely the index tells longitudes apart: 0.6 m at the equator."""
UNITS_PER_CALL = 1_000
"""Redis does nothing else during a script: 3 ms for so many."""
COMPLETE = "complete"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Grows the radius until it holds enough, because GEOSEARCH pays for all units inside before it drops those beyond
# COUNT: 10 km of a dense city cost 14 ms, the radius that just holds enough a thirtieth. It grows by what the density
# so far makes likely, at most fourfold. When all units are fewer than the limit they come as they are.
_NEAR = f"""
local places, tracks, limit = KEYS[1], KEYS[2], tonumber(ARGV[3])
if redis.call('HEXISTS', tracks, '{COMPLETE}') == 0 then return false end
local units
if redis.call('ZCARD', places) < limit then
  units = redis.call('ZRANGE', places, 0, -1)
else
  local radius_m = 250
  repeat
    units = redis.call('GEOSEARCH', places, 'FROMLONLAT', ARGV[1], ARGV[2],
                       'BYRADIUS', radius_m, 'm', 'ASC', 'COUNT', limit)
    radius_m = radius_m * math.max(1.3, math.min(4, 1.2 * math.sqrt(limit / (#units + 1))))
  until #units >= limit or radius_m > 40100000
end
local found = {{}}
for first = 1, #units, 1000 do
  local last = math.min(first + 999, #units)
  for _, track in ipairs(redis.call('HMGET', tracks, unpack(units, first, last))) do found[#found + 1] = track end
end
return {{units, found}}
"""

# Newer wins, whoever writes last; but a stored fix that cannot be (ARGV[1]: the latest that can) gives way to any.
# ARGV[2]: the field without which this Redis was wiped. Then five for each unit: its id, its track, and of its fix the
# time in µs, longitude and latitude, empty when there is none.
_KEEP = """
local places, tracks, latest = KEYS[1], KEYS[2], tonumber(ARGV[1])
if redis.call('HEXISTS', tracks, ARGV[2]) == 0 then return 0 end
for i = 3, #ARGV, 5 do
  local unit, track, at = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local stored = redis.call('HGET', tracks, unit)
  local stored_at = stored and tonumber(string.match(stored, '^%[(%-?%d+)'))
  if not stored_at or stored_at > latest or (at and at >= stored_at) then
    redis.call('HSET', tracks, unit, track)
    if at then redis.call('GEOADD', places, ARGV[i + 3], ARGV[i + 4], unit) else redis.call('ZREM', places, unit) end
  end
end
return 1
"""

# ARGV[1]: what `rebuild` wrote first; if it is gone, so is some of what came after it.
_COMPLETE = f"""
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], '{COMPLETE}', 1)
return 1
"""

# One step of a walk over the hash. ARGV: the walk's cursor, how many fields to look at, and the time in µs before which
# a track is old: by its fix, or without one by its suspect. Fields that are no track match neither.
_FORGET = """
local places, tracks, before = KEYS[1], KEYS[2], tonumber(ARGV[3])
local step = redis.call('HSCAN', tracks, ARGV[1], 'COUNT', ARGV[2])
for i = 1, #step[2], 2 do
  local unit, track = step[2][i], step[2][i + 1]
  local at = string.match(track, '^%[(%-?%d+)') or string.match(track, '^%[null,.*%[(%-?%d+)')
  if at and tonumber(at) < before then
    redis.call('HDEL', tracks, unit)
    redis.call('ZREM', places, unit)
  end
end
return step[1]
"""


class RedisPositions:
    """The positions port. `near`, `rebuild` and `forget` from any thread; `tracks` and `keep` from one event loop.

    `url`: redis://, rediss:// or unix://. Connects when it is first used, so it starts without a Redis.
    """

    def __init__(self, url: str, *, clock: Clock) -> None:
        # RESP 2 and no driver_info: a new connection asks nothing before its first command, and can hang only once.
        options: dict[str, Any] = {
            "protocol": 2,
            "driver_info": None,
            "retry": Retry(NoBackoff(), 0),
            "max_connections": CONNECTIONS,
        }
        self._client = redis.Redis.from_pool(
            redis.ConnectionPool.from_url(url, socket_timeout=DEADLINE_S, socket_connect_timeout=DEADLINE_S, **options)
        )
        # No timeout on its sockets: one deadline around each call is stricter, and cheaper.
        self._async_client: Any = redis.asyncio.Redis.from_pool(  # its commands are typed for both worlds, and for none
            redis.asyncio.ConnectionPool.from_url(url, socket_timeout=None, socket_connect_timeout=None, **options)
        )
        self._clock = clock
        self._resting_until_s = 0.0
        self._near = self._client.register_script(_NEAR)
        self._keep = self._client.register_script(_KEEP)
        self._complete = self._client.register_script(_COMPLETE)
        self._forget = self._client.register_script(_FORGET)

    def near(self, agency_id: UUID, point: Point, *, limit: int) -> list[UnitTrack]:
        with self._unavailable_when_away():
            found: Any = self._near(keys=_keys(agency_id), args=[*_indexed(point), limit])
        units, tracks = _unless_wiped(found)
        located = [
            UnitTrack(UUID(unit.decode()), _unpack(track)) for unit, track in zip(units, tracks, strict=True) if track
        ]
        if len(located) < limit:
            # All that there are, in no order.
            located.sort(key=lambda unit: _away_m(unit.track, point))
        return located

    async def tracks(self, units: Sequence[UnitKey]) -> dict[UnitKey, Track]:
        by_agency = _by_agency(units)
        answers = await self._ask_at_once(
            *(
                ("HMGET", _keys(agency_id)[1], COMPLETE, *(str(key.unit_id) for key in keys))
                for agency_id, keys in by_agency.items()
            )
        )
        known: dict[UnitKey, Track] = {}
        for keys, (complete, *tracks) in zip(by_agency.values(), answers, strict=True):
            _unless_wiped(complete)
            known.update((key, _unpack(track)) for key, track in zip(keys, tracks, strict=True) if track)
        return known

    async def keep(self, tracks: Mapping[UnitKey, Track]) -> None:
        commands = [
            ("EVALSHA", self._keep.sha, 2, *_keys(agency_id), *arguments)
            for agency_id, keys in _by_agency(tracks).items()
            for arguments in self._keep_arguments({key.unit_id: tracks[key] for key in keys}, proof=COMPLETE)
        ]
        try:
            answers = await self._ask_at_once(*commands)
        except NoScriptError:
            answers = await self._ask_at_once(("SCRIPT LOAD", _KEEP), *commands)
        for is_kept in answers:
            _unless_wiped(is_kept)

    def rebuild(self, agency_id: UUID, tracks: Mapping[UUID, Track]) -> None:
        """In pieces, so that nobody waits long; a wipe in between leaves it incomplete, and is raised."""
        keys, proof = _keys(agency_id), f"rebuild {uuid4()}"
        with self._unavailable_when_away():
            self._client.hset(keys[1], proof, "")
            for arguments in self._keep_arguments(tracks, proof=proof):
                _unless_wiped(self._keep(keys=keys, args=arguments))
            _unless_wiped(self._complete(keys=keys[1:], args=[proof]))

    def forget(self, agency_id: UUID, *, before: datetime) -> None:
        """In pieces, as `rebuild`; what was wiped is forgotten already."""
        keys, cursor = _keys(agency_id), b"0"
        with self._unavailable_when_away():
            while True:
                cursor = self._forget(keys=keys, args=[cursor, UNITS_PER_CALL, _microseconds(before)])
                if cursor == b"0":
                    return

    def close(self) -> None:
        self._client.close()
        self._client.connection_pool.disconnect()

    async def aclose(self) -> None:
        """The event loop's half; `close` is for the rest."""
        await self._async_client.aclose()
        await self._async_client.connection_pool.disconnect()

    def _keep_arguments(self, tracks: Mapping[UUID, Track], *, proof: str) -> Iterator[list[Any]]:
        latest_us = _microseconds(believable_until(self._clock.now()))
        units = list(tracks.items())
        for first in range(0, len(units), UNITS_PER_CALL):
            some = units[first : first + UNITS_PER_CALL]
            yield [latest_us, proof, *(value for unit_id, track in some for value in _entry(unit_id, track))]

    async def _ask_at_once(self, *commands: tuple[Any, ...]) -> list[Any]:
        with self._unavailable_when_away():
            async with asyncio.timeout(DEADLINE_S):
                answers = await self._answers(commands)
        for answer in answers:
            if isinstance(answer, NoScriptError):
                raise answer
            if isinstance(answer, RedisError):
                raise PositionsUnavailable(str(answer)) from answer
        return answers

    async def _answers(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """One for each; an error of Redis is an answer too, and quotes no command, and so no position, into a log."""
        if len(commands) == 1:  # one agency is the rule, and a pipeline costs 25 µs more
            try:
                return [await self._async_client.execute_command(*commands[0])]
            except ResponseError as error:
                return [error]
        async with self._async_client.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
            return answers

    @contextmanager
    def _unavailable_when_away(self) -> Iterator[None]:
        if time.monotonic() < self._resting_until_s:
            raise PositionsUnavailable("Redis hung a moment ago")
        try:
            yield
        except (TimeoutError, redis.TimeoutError) as error:
            self._resting_until_s = time.monotonic() + REST_S
            raise PositionsUnavailable("Redis hung") from error
        except (OSError, RedisError) as error:
            raise PositionsUnavailable(str(error)) from error


def _keys(agency_id: UUID) -> tuple[str, str]:
    """The braces keep an agency's keys on one node of a cluster."""
    return f"beatline:{{{agency_id}}}:places", f"beatline:{{{agency_id}}}:tracks"


def _by_agency(units: Iterable[UnitKey]) -> dict[UUID, list[UnitKey]]:
    by_agency: defaultdict[UUID, list[UnitKey]] = defaultdict(list)
    for key in units:
        by_agency[key.agency_id].append(key)
    return by_agency


def _unless_wiped(answer: Any) -> Any:
    if not answer:
        raise PositionsUnavailable("Redis was wiped, and is not yet rebuilt")
    return answer


def _entry(unit_id: UUID, track: Track) -> tuple[Any, ...]:
    """What `_KEEP` takes of one unit; without a believed fix it has no place in the index."""
    last = track.last
    if last is None:
        return str(unit_id), _pack(track), "", "", ""
    return str(unit_id), _pack(track), _microseconds(last.at), *_indexed(last.point)


def _indexed(point: Point) -> tuple[float, float]:
    """Longitude and latitude as the index takes them: it loses what it rounds to 180° east, which is 180° west."""
    lon = -ANTIMERIDIAN_DEG if point.lon > ANTIMERIDIAN_DEG - INDEX_CELL_DEG else point.lon
    return lon, max(-INDEX_LAT_DEG, min(INDEX_LAT_DEG, point.lat))


def _away_m(track: Track, point: Point) -> float:
    return rough_distance_m(track.last.point, point) if track.last else float("inf")


def _pack(track: Track) -> bytes:
    """`[at_us, lat, lon, accuracy_m, heading_deg, speed_mps, suspect]`, the suspect alike; `_KEEP` reads the time."""
    return orjson.dumps([*_values(track.last), _values(track.suspect) if track.suspect else None])


def _unpack(packed: bytes) -> Track:
    *last, suspect = orjson.loads(packed)
    return Track(last=_fix(last), suspect=_fix(suspect) if suspect else None)


def _values(fix: Fix | None) -> tuple[float | None, ...]:
    if fix is None:
        return (None,) * 6
    point = fix.point
    return _microseconds(fix.at), point.lat, point.lon, fix.accuracy_m, fix.heading_deg, fix.speed_mps


def _fix(values: Sequence[Any]) -> Fix | None:
    at_us, lat, lon, accuracy_m, heading_deg, speed_mps = values
    if at_us is None:
        return None
    return Fix(
        point=Point(lat=lat, lon=lon),
        at=datetime.fromtimestamp(at_us / 1_000_000, UTC),
        accuracy_m=accuracy_m,
        heading_deg=heading_deg,
        speed_mps=speed_mps,
    )


def _microseconds(at: datetime) -> int:
    """A double holds it, and the seconds it stands for, exactly until the year 2242."""
    return (at - _EPOCH) // _MICROSECOND
