"""An officer calls for help: where is that, how sure are we, and by which rules is help sent?

Pure, and it never says no: with nothing to go by, help is sent to everybody, and the words say that the place is
unknown. Not for who is asked: `selection` and `escalation` treat it as any incident, by the policy made here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil

from service.domain.detection import Classification, Confidence, Sound
from service.domain.geo import Distance, Point
from service.domain.policy import Policy
from service.domain.unit import NOWHERE, TOP_SPEED_MPS, Fix

ASSUMED_ACCURACY_M = 50.0
"""Of a fix that does not say how accurate it is."""
DRIFT_MPS = 15.0
"""How fast a car in town may have gone on since its last fix."""
MOST_DRIFT_M = 10_000.0
BEYOND_THE_CAR_M = 1_000.0
"""So far an officer may be from the car that reported last."""
VAGUE_M = 500.0
"""A place less certain than this gives way to a better known one."""
SCENE_M = 300.0
"""So near to the incident that the unit is on, its address tells where the officer is."""
MOVED_M = 100.0
FAR_M = 500.0
LEAST_SPREAD_M = 1_000.0
WHOLE_EARTH_M = 20_040_000.0
"""Half of its circumference: no place is farther away."""
_UNITS_OF_AGE = ((3_600, "h"), (60, "min"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Where a phone says that it is as it calls; accuracy in metres (1 σ)."""

    point: Point
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What the phone told, the unit's last fix, what the unit is sent to, and where the others on duty are.

    All of it may be missing, and the first may be wrong.
    """

    told: Told | None = None
    last: Fix | None = None
    scene: Sound | None = None
    others: Sequence[Point] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """`doubt` is what must be said with the place, empty when it is fresh and exact; `address` where that is known."""

    place: Point
    uncertainty_m: float
    doubt: str = ""
    address: str | None = None


def locate(clues: Clues, *, now: datetime, policy: Policy) -> Whereabouts:
    """The best that can be said: what the phone tells, else its last fix, else the scene, else among the others."""
    known = [where for where in (_told(clues, now), _last(clues, now, policy)) if where is not None]
    if known:
        first = known[0]
        found = first if first.uncertainty_m <= VAGUE_M else min(known, key=lambda where: where.uncertainty_m)
        return replace(found, address=_address_near(found, clues.scene))
    if clues.scene is not None:
        scene = clues.scene
        uncertainty_m = max(scene.uncertainty_m, LEAST_SPREAD_M)
        doubt = "position unknown, was on this incident"
        return Whereabouts(place=scene.place, uncertainty_m=uncertainty_m, doubt=doubt, address=scene.address)
    return _among(clues.others)


def call_of(call_sign: str, where: Whereabouts, *, called_at: datetime) -> Sound:
    """What phones and consoles show in place of a sound. An app that knows no emergencies reads it in the address."""
    parts = (f"Officer emergency: {call_sign}", where.address, where.doubt)
    return Sound(
        occurred_at=called_at,
        place=where.place,
        uncertainty_m=round(where.uncertainty_m, 1),
        classification=Classification.UNKNOWN,
        confidence=Confidence.HIGH,
        address=" · ".join(part for part in parts if part),
    )


def rules_of(policy: Policy, where: Whereabouts) -> Policy:
    """The agency's policy for an emergency: more units at each level, and whoever may be close by is warned."""
    return replace(
        policy,
        units_per_level=max(policy.emergency_units, policy.units_per_level),
        warning_radius_m=policy.emergency_radius_m + ceil(where.uncertainty_m),
    )


def has_moved(known: Sound, where: Whereabouts) -> bool:
    """A call that is repeated tells of another place; a vaguer one tells nothing."""
    clearer = where.uncertainty_m <= max(known.uncertainty_m, VAGUE_M)
    return clearer and not Distance(known.place, where.place).is_within(max(MOVED_M, where.uncertainty_m))


def has_moved_far(known: Sound, where: Whereabouts) -> bool:
    """So far that whoever goes to the old place goes wrong: it is worth another ring."""
    return has_moved(known, where) and not Distance(known.place, where.place).is_within(FAR_M)


def _told(clues: Clues, now: datetime) -> Whereabouts | None:
    told = clues.told
    if told is None or told.point == NOWHERE:
        return None
    accuracy_m = _accuracy_m(told)
    if clues.last is not None:
        away_s = max(0.0, (now - clues.last.at).total_seconds())
        reach_m = TOP_SPEED_MPS * away_s + BEYOND_THE_CAR_M + accuracy_m
        if not Distance(clues.last.point, told.point).is_within(reach_m):
            return None
    return Whereabouts(place=told.point, uncertainty_m=accuracy_m)


def _last(clues: Clues, now: datetime, policy: Policy) -> Whereabouts | None:
    fix = clues.last
    if fix is None:
        return None
    age_s = max(0.0, (now - fix.at).total_seconds())
    drift_m = min(MOST_DRIFT_M, DRIFT_MPS * max(0.0, age_s - policy.good_fix_age_s))
    doubt = f"position {_age(age_s)} old" if age_s > policy.good_fix_age_s else ""
    return Whereabouts(place=fix.point, uncertainty_m=_accuracy_m(fix) + drift_m, doubt=doubt)


def _among(others: Sequence[Point]) -> Whereabouts:
    """The middle of those on duty, and so uncertain that all of them are close by.

    Not across the antimeridian or a pole, where an agency's middle may lie far off: then the uncertainty is as large.
    """
    doubt = "position unknown"
    if not others:
        return Whereabouts(place=NOWHERE, uncertainty_m=WHOLE_EARTH_M, doubt=doubt)
    lat = sum(point.lat for point in others) / len(others)
    lon = sum(point.lon for point in others) / len(others)
    middle = Point(lat=lat, lon=lon)
    spread_m = max(Distance(middle, point).most_m for point in others)
    return Whereabouts(place=middle, uncertainty_m=max(LEAST_SPREAD_M, spread_m), doubt=doubt)


def _address_near(where: Whereabouts, scene: Sound | None) -> str | None:
    near = scene is not None and Distance(where.place, scene.place).is_within(SCENE_M)
    return scene.address if scene is not None and near else None


def _accuracy_m(fix: Fix | Told) -> float:
    return ASSUMED_ACCURACY_M if fix.accuracy_m is None else max(0.0, fix.accuracy_m)


def _age(age_s: float) -> str:
    """In the largest unit of which there are at least two."""
    unit_s, word = next((unit for unit in _UNITS_OF_AGE if age_s >= 2 * unit[0]), (1, "s"))
    return f"{age_s // unit_s:,.0f} {word}"
