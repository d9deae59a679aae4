"""Which units are asked, in what order, and why the others are not. Not for when: that is `escalation`."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, takewhile
from math import inf
from uuid import UUID

from service.domain.alert import RINGING, AlertState
from service.domain.geo import Point
from service.domain.policy import Policy
from service.domain.ranking import Sighting, nearest_first, sight
from service.domain.reasons import Reason, plain, why_asked, why_passed_over, why_supervisor_asked
from service.domain.unit import Fix, Status, UnitKind

EXPLAINED = 100
"""So many of those not asked are named with their reasons, the nearest first; the rest is counted."""

ENGAGED = RINGING | {AlertState.ACKNOWLEDGED, AlertState.DECLINED}
"""Alert states in which a unit knows of the incident and need not hear of it again, not even as a warning."""

_PAST_ASKING = {
    AlertState.QUEUED: "already asked",
    AlertState.SENT: "already asked",
    AlertState.RECEIVED: "already asked",
    AlertState.EXPIRED: "already asked, no answer",
    AlertState.ACKNOWLEDGED: "acknowledged",
    AlertState.DECLINED: "declined",
}
"""A recalled unit and one whose phone had failed are missing here: they may be asked again."""

_NOT_FREE = {
    Status.EN_ROUTE: "on another incident",
    Status.ON_SCENE: "on another incident",
    Status.UNAVAILABLE: "unavailable",
    Status.OFF_DUTY: "off duty",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A unit as selection sees it. `alert_state` is its alert of this same incident, None when it was never asked.

    `refused`: a dispatcher has stood it down from this incident.
    """

    unit_id: UUID
    call_sign: str
    kind: UnitKind
    status: Status
    has_device: bool
    fix: Fix | None
    alert_state: AlertState | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`rank` counts from 1 within one selection; `distance_m` is geodesic, without the penalty for a poor fix."""

    unit_id: UUID
    call_sign: str
    rank: int
    distance_m: float | None
    fix_age_s: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAsked:
    unit_id: UUID
    call_sign: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`asked` in order of rank; `not_asked` the nearest 100 with reasons; `not_asked_more` counts the rest by reason.

    `warned` are on-duty units so close to the place that they get a warning, whatever their status.
    """

    asked: tuple[Asked, ...] = ()
    not_asked: tuple[NotAsked, ...] = ()
    not_asked_more: Mapping[str, int] = field(default_factory=dict)
    warned: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A candidate, where it is, and what keeps it from being asked however near it may be."""

    candidate: Candidate
    sighting: Sighting | None
    obstacle: str | None


def choose(place: Point, candidates: Sequence[Candidate], *, policy: Policy, now: datetime, want: int) -> Selection:
    """The `want` units to ask at one level, exactly as if the geodesic of every candidate had been computed.

    Fewer than `want` when fewer qualify inside `max_distance_m`; the nearest outside only when nobody inside does.
    Every candidate is asked, explained or counted; whoever is close by and not asked is in `warned`, nearest first.
    """
    seen = _look(place, candidates, now=now, obstacle=_obstacle)
    asked = _nearest([each.sighting for each in seen if each.sighting and not each.obstacle], policy=policy, want=want)
    chosen = set(asked)
    left = [each for each in seen if each.sighting not in chosen]
    not_asked, more = _explain(left, [_why_not(each, asked, policy=policy) for each in left])
    return Selection(
        asked=tuple(_asked(sighting, rank, policy=policy) for rank, sighting in enumerate(asked, start=1)),
        not_asked=not_asked,
        not_asked_more=more,
        warned=tuple(
            each.candidate.unit_id for each in _close_by(left, policy=policy) if _is_warned(each, policy=policy)
        ),
    )


def choose_supervisors(place: Point, candidates: Sequence[Candidate], *, now: datetime) -> Selection:
    """Every supervisor whose phone can ring, at any distance; without a fix last. Only supervisors are explained."""
    supervisors = [each for each in candidates if each.kind is UnitKind.SUPERVISOR]
    seen = _look(place, supervisors, now=now, obstacle=_supervisor_obstacle)
    free = sorted((each for each in seen if not each.obstacle), key=_by_geodesic)
    left = [each for each in seen if each.obstacle]
    not_asked, more = _explain(left, [plain(each.obstacle) for each in left if each.obstacle])
    asked = tuple(_asked_supervisor(each, rank) for rank, each in enumerate(free, start=1))
    return Selection(asked=asked, not_asked=not_asked, not_asked_more=more)


def _obstacle(unit: Candidate) -> str | None:
    """What keeps a unit from being asked however near it may be; None when nothing does."""
    if unit.alert_state in _PAST_ASKING:
        return _PAST_ASKING[unit.alert_state]
    if unit.refused:
        return "stood down by dispatch"
    if unit.kind is UnitKind.SUPERVISOR:
        return _supervisor_obstacle(unit) or "supervisor, asked after the last level"
    if unit.status is not Status.AVAILABLE:
        return _NOT_FREE[unit.status]
    if not unit.has_device:
        return "no device enrolled"
    return None if unit.fix else "no fix"


def _supervisor_obstacle(unit: Candidate) -> str | None:
    if unit.alert_state in ENGAGED:
        return _PAST_ASKING[unit.alert_state]
    if unit.refused:
        return "stood down by dispatch"
    if unit.status is Status.OFF_DUTY:
        return _NOT_FREE[unit.status]
    return None if unit.has_device else "no device enrolled"


def _look(
    place: Point, candidates: Sequence[Candidate], *, now: datetime, obstacle: Callable[[Candidate], str | None]
) -> list[_Seen]:
    """All of them, about nearest first (by the sphere), those without a fix last."""
    seen = [
        _Seen(
            candidate=each,
            sighting=sight(each.fix, place, now=now, names=(each.call_sign, each.unit_id)) if each.fix else None,
            obstacle=obstacle(each),
        )
        for each in candidates
    ]
    return sorted(seen, key=_by_sphere)


def _by_sphere(seen: _Seen) -> tuple[float, str, UUID]:
    away_m = seen.sighting.distance.rough_m if seen.sighting else inf
    return away_m, seen.candidate.call_sign, seen.candidate.unit_id


def _by_geodesic(seen: _Seen) -> tuple[float, float, str, UUID]:
    away_m, age_s = (seen.sighting.distance.exact_m, seen.sighting.age_s) if seen.sighting else (inf, inf)
    return away_m, age_s, seen.candidate.call_sign, seen.candidate.unit_id


def _nearest(free: Sequence[Sighting], *, policy: Policy, want: int) -> list[Sighting]:
    first = list(islice(nearest_first(free, policy=policy), want))
    inside = [sighting for sighting in first if sighting.is_inside(policy)]
    return inside or first


def _why_not(seen: _Seen, asked: Sequence[Sighting], *, policy: Policy) -> Reason:
    if seen.obstacle or seen.sighting is None:
        return plain(seen.obstacle or "no fix")
    return why_passed_over(seen.sighting, asked, policy=policy)


def _close_by(nearest_first: Sequence[_Seen], *, policy: Policy) -> Iterator[_Seen]:
    """Those that can be near enough to be warned: after the first that cannot, the rest is farther."""
    return takewhile(
        lambda seen: seen.sighting is not None and seen.sighting.distance.least_m <= policy.warning_radius_m,
        nearest_first,
    )


def _is_warned(seen: _Seen, *, policy: Policy) -> bool:
    unit = seen.candidate
    return (
        unit.status is not Status.OFF_DUTY
        and unit.has_device
        and unit.alert_state not in ENGAGED
        and seen.sighting is not None
        and seen.sighting.distance.is_within(policy.warning_radius_m)
    )


def _asked(sighting: Sighting, rank: int, *, policy: Policy) -> Asked:
    call_sign, unit_id = sighting.names
    return Asked(
        unit_id=unit_id,
        call_sign=call_sign,
        rank=rank,
        distance_m=sighting.distance.exact_m,
        fix_age_s=sighting.age_s,
        reason=why_asked(sighting, policy=policy),
    )


def _asked_supervisor(seen: _Seen, rank: int) -> Asked:
    return Asked(
        unit_id=seen.candidate.unit_id,
        call_sign=seen.candidate.call_sign,
        rank=rank,
        distance_m=seen.sighting.distance.exact_m if seen.sighting else None,
        fix_age_s=seen.sighting.age_s if seen.sighting else None,
        reason=why_supervisor_asked(seen.sighting),
    )


def _explain(left: Sequence[_Seen], reasons: Sequence[Reason]) -> tuple[tuple[NotAsked, ...], dict[str, int]]:
    named = tuple(
        NotAsked(unit_id=each.candidate.unit_id, call_sign=each.candidate.call_sign, reason=reason.text)
        for each, reason in zip(left[:EXPLAINED], reasons[:EXPLAINED], strict=True)
    )
    return named, dict(Counter(reason.group for reason in reasons[EXPLAINED:]).most_common())
