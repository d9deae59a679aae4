"""Where are units now? In Redis or Valkey: a GEO index to find them and their tracks beside it, per agency.

Not for what must survive: Redis may be wiped at any instant, and then says so until it is rebuilt from the store. What
is done there in one step: `scripts`; whether it can be asked at all: `server`.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from redis.exceptions import NoScriptError, RedisError, ResponseError

from service.adapters.redis import scripts
from service.adapters.redis.packing import microseconds, pack, unpack
from service.adapters.redis.server import RedisServer
from service.domain.geo import ANTIMERIDIAN_DEG, Point, rough_distance_m
from service.domain.unit import Track, believable_until
from service.ports import Clock, PositionsUnavailable, UnitKey, UnitTrack

CONNECTIONS = 64
"""More than the threads that ask at once; beyond it they fall back to the store."""
INDEX_LAT_DEG = 85.05
"""Redis's index ends here (Web Mercator). Beyond it units are indexed and sought at its edge, so that they are found,
though not in order; their tracks say where they really are. Source: Redis GEOADD."""
INDEX_CELL_DEG = 360 / 2**26
"""How finely the index tells longitudes apart: 0.6 m at the equator."""
UNITS_PER_CALL = 1_000
"""Redis does nothing else during a script: 3 ms for so many."""


class RedisPositions:
    """The positions port. `near`, `rebuild` and `forget` from any thread; `tracks` and `keep` from one event loop.

    Connects when it is first used, so it starts without a Redis.
    """

    def __init__(self, server: RedisServer, *, clock: Clock) -> None:
        self._server = server
        self._client = server.client(max_connections=CONNECTIONS)
        self._async_client = server.async_client(max_connections=CONNECTIONS)
        self._clock = clock
        self._near = self._client.register_script(scripts.NEAR)
        self._keep = self._client.register_script(scripts.KEEP)
        self._mark = self._client.register_script(scripts.MARK)
        self._forget = self._client.register_script(scripts.FORGET)

    def near(self, agency_id: UUID, point: Point, *, limit: int) -> list[UnitTrack]:
        with self._unavailable_when_away():
            found: Any = self._near(keys=_keys(agency_id), args=[*_indexed(point), limit])
        units, tracks = _unless_wiped(found)
        located = [
            UnitTrack(UUID(unit.decode()), unpack(track)) for unit, track in zip(units, tracks, strict=True) if track
        ]
        if len(located) < limit:
            # All that there are, in no order.
            located.sort(key=lambda unit: _away_m(unit.track, point))
        return located

    async def tracks(self, units: Sequence[UnitKey]) -> dict[UnitKey, Track]:
        by_agency = _by_agency(units)
        answers = await self._ask_at_once(
            *(
                ("HMGET", _keys(agency_id)[1], scripts.COMPLETE, *(str(key.unit_id) for key in keys))
                for agency_id, keys in by_agency.items()
            )
        )
        known: dict[UnitKey, Track] = {}
        for keys, (complete, *tracks) in zip(by_agency.values(), answers, strict=True):
            _unless_wiped(complete)
            known.update((key, unpack(track)) for key, track in zip(keys, tracks, strict=True) if track)
        return known

    async def keep(self, tracks: Mapping[UnitKey, Track]) -> None:
        commands = [
            ("EVALSHA", self._keep.sha, 2, *_keys(agency_id), *arguments)
            for agency_id, keys in _by_agency(tracks).items()
            for arguments in self._keep_arguments({key.unit_id: tracks[key] for key in keys}, proof="")
        ]
        try:
            answers = await self._ask_at_once(*commands)
        except NoScriptError:
            answers = await self._ask_at_once(("SCRIPT LOAD", scripts.KEEP), *commands)
        for is_kept in answers:
            _unless_wiped(is_kept)

    def may_rebuild(self, agency_id: UUID) -> bool:
        """A key that is there for 2 s: whoever put it there and then died is not waited for longer."""
        try:
            with self._unavailable_when_away():
                return bool(self._client.set(f"beatline:{{{agency_id}}}:rebuilding", "", nx=True, ex=2))
        except PositionsUnavailable:
            return False

    def rebuild(self, agency_id: UUID, tracks: Mapping[UUID, Track]) -> None:
        """In pieces, so that nobody waits long; a wipe in between leaves it incomplete, and is raised."""
        keys, proof = _keys(agency_id), f"rebuild {uuid4()}"
        with self._unavailable_when_away():
            self._client.hset(keys[1], proof, "")
            for arguments in self._keep_arguments(tracks, proof=proof):
                _unless_wiped(self._keep(keys=keys, args=arguments))
            _unless_wiped(self._mark(keys=keys[1:], args=[proof]))

    def forget(self, agency_id: UUID, *, before: datetime) -> None:
        """In pieces, as `rebuild`; what was wiped is forgotten already."""
        keys, cursor = _keys(agency_id), b"0"
        with self._unavailable_when_away():
            while True:
                cursor = self._forget(keys=keys, args=[cursor, UNITS_PER_CALL, microseconds(before)])
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
        latest_us = microseconds(believable_until(self._clock.now()))
        units = list(tracks.items())
        for first in range(0, len(units), UNITS_PER_CALL):
            some = units[first : first + UNITS_PER_CALL]
            yield [latest_us, proof, *(value for unit_id, track in some for value in _entry(unit_id, track))]

    async def _ask_at_once(self, *commands: tuple[Any, ...]) -> list[Any]:
        with self._unavailable_when_away():
            async with asyncio.timeout(self._server.timeout_s):
                answers = await self._answers(commands)
            for answer in answers:
                if isinstance(answer, RedisError):
                    raise answer
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
        try:
            with self._server.asked():
                yield
        except NoScriptError:
            raise
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
        raise PositionsUnavailable(scripts.REBUILD_FIRST)
    return answer


def _entry(unit_id: UUID, track: Track) -> tuple[Any, ...]:
    """What `KEEP` takes of one unit; without a believed fix it has no place in the index."""
    last = track.last
    if last is None:
        return str(unit_id), pack(track), "", "", ""
    return str(unit_id), pack(track), microseconds(last.at), *_indexed(last.point)


def _indexed(point: Point) -> tuple[float, float]:
    """Longitude and latitude as the index takes them: it loses what it rounds to 180° east, which is 180° west."""
    lon = -ANTIMERIDIAN_DEG if point.lon > ANTIMERIDIAN_DEG - INDEX_CELL_DEG else point.lon
    return lon, max(-INDEX_LAT_DEG, min(INDEX_LAT_DEG, point.lat))


def _away_m(track: Track, point: Point) -> float:
    return rough_distance_m(track.last.point, point) if track.last else float("inf")
