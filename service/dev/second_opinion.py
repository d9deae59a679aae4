"""Did the service ask the right units? A ranking of all of them by brute force, from the fixes that it accepted.

Nothing is borrowed from the service's own ranking: DESIGN §5 is written down here once more, every geodesic computed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from geopy.distance import geodesic

from service.domain.policy import Policy

ROUNDED_M = 0.1
"""The API tells distances to the decimetre."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedFix:
    """`at` by the replay's clock, as it was posted."""

    at: datetime
    lat: float
    lon: float
    accuracy_m: float | None = None


class Rank(NamedTuple):
    """Smaller is asked first: inside the limit, not too old, near, fresh; the call sign decides between equals."""

    outside: bool
    too_old: bool
    counted_m: float
    age_s: float
    call_sign: str
    distance_m: float


class Asked(NamedTuple):
    """Whom the service asked, and how far away it said that they were."""

    call_sign: str
    distance_m: float


Options = Mapping[str, Sequence[Rank | None]]
"""Each unit's rank; several where a fix was on its way just then, None where the unit was perhaps not free."""


def rank(call_sign: str, fix: AcceptedFix, place: tuple[float, float], *, now: datetime, policy: Policy) -> Rank:
    distance_m = float(geodesic(place, (fix.lat, fix.lon)).meters)
    accuracy_m = fix.accuracy_m or 0.0
    age_s = max(0.0, (now - fix.at).total_seconds())
    return Rank(
        outside=distance_m > policy.max_distance_m,
        too_old=age_s > policy.usable_fix_age_s,
        counted_m=distance_m + (accuracy_m if accuracy_m > policy.accurate_within_m else 0.0),
        age_s=age_s,
        call_sign=call_sign,
        distance_m=distance_m,
    )


def right_choice(options: Options, *, want: int) -> list[Rank]:
    """The first `want` by the first option of each unit: those outside the limit only when nobody is inside."""
    ranks = sorted(ranks[0] for ranks in options.values() if ranks[0] is not None)
    inside = [each for each in ranks if not each.outside]
    return (inside or ranks)[:want]


def is_right(asked: Sequence[Asked], options: Options, *, want: int) -> bool:
    """Could these be the first `want`, for some option of each unit? With one option each it is plain equality."""
    chosen: list[Rank] = []
    for unit in asked:
        fitting = [each for each in options.get(unit.call_sign, ()) if each and _follows(each, unit, chosen)]
        if not fitting:
            return False
        chosen.append(min(fitting))
    others = [ranks for call_sign, ranks in options.items() if call_sign not in {unit.call_sign for unit in asked}]
    return all(any(_may_be_left_out(each, chosen, want=want) for each in ranks) for ranks in others)


def _follows(candidate: Rank, unit: Asked, chosen: Sequence[Rank]) -> bool:
    as_far_as_told = abs(candidate.distance_m - unit.distance_m) <= ROUNDED_M
    return as_far_as_told and (not chosen or (chosen[-1] < candidate and chosen[-1].outside == candidate.outside))


def _may_be_left_out(other: Rank | None, chosen: Sequence[Rank], *, want: int) -> bool:
    if other is None:
        return True
    if len(chosen) < want:
        return other.outside and any(not each.outside for each in chosen)
    return other > chosen[-1]
