"""Which of many units are nearest, exactly, for the price of a few geodesics. Not for who may be asked: `selection`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heappop, heapreplace
from uuid import UUID

from service.domain.geo import Distance, Point
from service.domain.policy import Policy
from service.domain.unit import Fix

Names = tuple[str, UUID]
Key = tuple[bool, bool, float, float, Names]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sighting:
    """One unit's last fix, seen from the place. `names` (call sign, unit id) decide between equals."""

    names: Names
    distance: Distance
    age_s: float
    accuracy_m: float

    def is_old(self, policy: Policy) -> bool:
        """Too old to rank with the others: only for places that nobody else fills."""
        return self.age_s > policy.usable_fix_age_s

    def is_vague(self, policy: Policy) -> bool:
        """So inaccurate that its accuracy counts as distance: the car may be farther than it looks."""
        return self.accuracy_m > policy.accurate_within_m

    def is_inside(self, policy: Policy) -> bool:
        return self.distance.is_within(policy.max_distance_m)


def sight(fix: Fix, place: Point, *, now: datetime, names: Names) -> Sighting:
    """A fix from the future, by a phone's clock, is as fresh as one of now."""
    return Sighting(
        names=names,
        distance=Distance(place, fix.point),
        age_s=max(0.0, (now - fix.at).total_seconds()),
        accuracy_m=fix.accuracy_m or 0.0,
    )


def nearest_first(sightings: Sequence[Sighting], *, policy: Policy) -> Iterator[Sighting]:
    """Inside the radius before outside, usable fixes before old ones, then by distance; equals by fresher fix and name.

    The order is exactly that of the geodesics, yet few are computed. A heap holds for each unit the best key that it
    could have by the sphere; whoever comes up is measured, and is next only if nobody else could still come before.
    """
    heap = [(_key(sighting, sighting.distance.least_m, policy), n) for n, sighting in enumerate(sightings)]
    heapify(heap)
    while heap:
        key, n = heap[0]
        measured = _key(sightings[n], sightings[n].distance.exact_m, policy)
        if measured == key:
            heappop(heap)
            yield sightings[n]
        else:
            heapreplace(heap, (measured, n))


def _key(sighting: Sighting, away_m: float, policy: Policy) -> Key:
    # It grows with `away_m`, part by part: the key by a lower bound of the distance is a lower bound of the key.
    vague_m = sighting.accuracy_m if sighting.is_vague(policy) else 0.0
    outside = away_m > policy.max_distance_m
    return outside, sighting.is_old(policy), away_m + vague_m, sighting.age_s, sighting.names
