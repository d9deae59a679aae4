"""Selection of 2 among 100,000 units, against a bare GEOSEARCH of 20 and 20 geodesics. In this process, without SQL."""

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from bench.city import places
from bench.figures import Bound, Figure, Pace, Round, percentile
from bench.stand import Stand
from geopy.distance import geodesic
from redis import Redis

from service.domain.geo import Point
from service.domain.policy import Policy
from service.domain.selection import Candidate, Selection, choose
from service.domain.unit import Fix, Status, Track, UnitKind
from service.operations.surroundings import FIRST_LOOK
from service.ports import Positions
from service.store.ids import new_id
from service.store.units import StoredUnit

FLEET = 100_000
FLEET_WIDTH_M = 60_000
LOOKED_AT = 20
FLOOR_RADIUS_M = 1_200
"""About 125 units of this fleet: the floor is spared finding out how far it must look, which we must."""
FLOOR_KEY = "bench:fleet"
_FREE = 7
"""So many of ten units are available; the others are busy."""
_SHOTS_START = 1_000_000
"""Where in the sequence of places shots begin: none falls where a unit stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """`units` is what PostgreSQL would say of them; where they are is in Valkey alone."""

    positions: Positions
    redis: Redis
    agency_id: UUID
    now: datetime
    units: Mapping[UUID, StoredUnit]
    policy: Policy = field(default_factory=Policy)

    def select(self, place: Point) -> Selection:
        """As a detection does it, without its SQL."""
        return self.choose(place, self.candidates(place))

    def candidates(self, place: Point) -> list[Candidate]:
        tracks = self.positions.near(self.agency_id, place, limit=FIRST_LOOK)
        return [self._candidate(unit_id, track) for unit_id, track in tracks]

    def choose(self, place: Point, candidates: list[Candidate]) -> Selection:
        return choose(place, candidates, policy=self.policy, now=self.now, want=self.policy.units_per_level)

    def select_bare(self, place: Point) -> list[float]:
        """The distances of the 20 nearest, by Redis and by geopy."""
        found: Any = self.redis.geosearch(
            FLOOR_KEY,
            longitude=place.lon,
            latitude=place.lat,
            radius=FLOOR_RADIUS_M,
            unit="m",
            sort="ASC",
            count=LOOKED_AT,
            withcoord=True,
        )
        return sorted(geodesic((place.lat, place.lon), (lat, lon)).meters for _, (lon, lat) in found)

    def _candidate(self, unit_id: UUID, track: Track) -> Candidate:
        unit = self.units[unit_id]
        return Candidate(
            unit_id=unit_id,
            call_sign=unit.call_sign,
            kind=unit.kind,
            status=unit.status,
            has_device=unit.has_device,
            fix=track.last,
        )


def parts(fleet: Fleet) -> Mapping[str, Callable[[Point], Any]]:
    """What each of the two sides consists of, for a profile."""
    place = next(places())
    candidates = fleet.candidates(place)
    near = [each.fix.point for each in candidates[:LOOKED_AT] if each.fix]
    return {
        "ours": fleet.select,
        "· positions.near": lambda shot: fleet.positions.near(fleet.agency_id, shot, limit=FIRST_LOOK),
        "· choose": lambda _: fleet.choose(place, candidates),
        "floor": fleet.select_bare,
        "· 20 geodesics": lambda _: [geodesic((place.lat, place.lon), (at.lat, at.lon)).meters for at in near],
    }


def measure(stand: Stand, pace: Pace) -> list[Figure]:
    with parked(stand) as fleet:
        shots = places(width_m=FLEET_WIDTH_M - 10_000, start=_SHOTS_START)
        times_ms(fleet.select, islice(shots, 20))
        rounds = [_round(fleet, list(islice(shots, pace.selections))) for _ in range(2 * pace.rounds)]
    what = f"selection of 2 among {FLEET:,} units, p50"
    return [Figure(what=what, unit="ms", bound=Bound(at_most=1.5), rounds=rounds)]


@contextmanager
def parked(stand: Stand) -> Iterator[Fleet]:
    """The fleet, twice in Valkey: as we keep it, and as a bare index."""
    now = stand.here.ports.clock.now()
    units = [_unit(number, now) for number in range(FLEET)]
    where = list(islice(places(width_m=FLEET_WIDTH_M), FLEET))
    agency_id = new_id()
    with Redis.from_url(stand.redis_url) as redis:
        for some in _batches(list(zip(units, where, strict=True)), 1_000):
            redis.geoadd(FLOOR_KEY, [value for unit, at in some for value in (at.lon, at.lat, str(unit.unit_id))])
        stand.here.ports.positions.rebuild(
            agency_id, {unit.unit_id: _track(n, at, now) for n, (unit, at) in enumerate(zip(units, where, strict=True))}
        )
        gc.freeze()  # as the API does when it has started
        yield Fleet(
            positions=stand.here.ports.positions,
            redis=redis,
            agency_id=agency_id,
            now=now,
            units={unit.unit_id: unit for unit in units},
        )
        gc.unfreeze()
        redis.flushall()


def _round(fleet: Fleet, shots: list[Point]) -> Round:
    """One of ours, one of the floor's, and so on."""
    both = [(*times_ms(fleet.select, [shot]), *times_ms(fleet.select_bare, [shot])) for shot in shots]
    ours, floor = zip(*both, strict=True)
    return Round(ours=percentile(ours, 50), floor=percentile(floor, 50))


def times_ms(select: Callable[[Point], Any], shots: Iterable[Point]) -> list[float]:
    times = []
    for place in shots:
        started_s = time.perf_counter()
        found = select(place)
        times.append((time.perf_counter() - started_s) * 1e3)
        assert found
    return times


def _unit(number: int, now: datetime) -> StoredUnit:
    return StoredUnit(
        unit_id=new_id(),
        call_sign=f"{number}",
        kind=UnitKind.PATROL,
        status=Status.AVAILABLE if number % 10 < _FREE else Status.EN_ROUTE,
        status_at=now,
        incident_id=None,
        has_device=True,
    )


def _track(number: int, point: Point, now: datetime) -> Track:
    """Up to two minutes old, good to a few metres: what cars send."""
    return Track(last=Fix(point=point, at=now - timedelta(seconds=number % 120), accuracy_m=4 + number % 12))


def _batches(values: list[Any], size: int) -> Iterator[list[Any]]:
    for first in range(0, len(values), size):
        yield values[first : first + size]
