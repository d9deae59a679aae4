"""Did the service ask the right units? A ranking of all of them by brute force, from the fixes that it accepted.

Nothing is borrowed from the service's own ranking: DESIGN §5 is written down here once more, every geodesic computed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from geopy.distance import geodesic

from service.domain.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedFix:
    """`at` by the replay's clock, as it was posted."""

    at: datetime
    lat: float
    lon: float
    accuracy_m: float | None = None


class Ranked(NamedTuple):
    call_sign: str
    distance_m: float


class _Rank(NamedTuple):
    """In this order: usable fixes before old ones, the nearest, the freshest; the call sign only so that it is one."""

    too_old: bool
    counted_m: float
    age_s: float
    call_sign: str
    distance_m: float


def ranking(
    place: tuple[float, float],
    fixes: Mapping[str, AcceptedFix],
    *,
    now: datetime,
    policy: Policy,
    without: Collection[str] = (),
) -> list[Ranked]:
    """Every unit that may be asked, in the order in which they must be; `fixes` is each unit's last one.

    Those outside `max_distance_m` are in it only when nobody is inside.
    """
    ranks = [_rank(place, unit, fix, now=now, policy=policy) for unit, fix in fixes.items() if unit not in without]
    inside = [rank for rank in ranks if rank.distance_m <= policy.max_distance_m]
    return [Ranked(rank.call_sign, rank.distance_m) for rank in sorted(inside or ranks)]


def _rank(place: tuple[float, float], unit: str, fix: AcceptedFix, *, now: datetime, policy: Policy) -> _Rank:
    distance_m = float(geodesic(place, (fix.lat, fix.lon)).meters)
    accuracy_m = fix.accuracy_m or 0.0
    age_s = max(0.0, (now - fix.at).total_seconds())
    return _Rank(
        too_old=age_s > policy.usable_fix_age_s,
        counted_m=distance_m + (accuracy_m if accuracy_m > policy.accurate_within_m else 0.0),
        age_s=age_s,
        call_sign=unit,
        distance_m=distance_m,
    )
