"""What becomes of a unit after it acknowledged: is it forgotten, does it come closer, is its officer all right?

Pure: `look_after` says what to worry about now, and when to look again. Not for who is told: `operations.care`.

The console is told once that nobody has confirmed a unit. That it does not come closer is said again and again, each
time after twice as long: a dispatcher with four incidents open must be able to hear the one new thing. Silence after a
welfare question starts the timer anew, as an answer does: nobody is asked once and then forgotten.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from service.domain.policy import Policy

PROGRESS_M = 50.0
"""Less is no coming closer: it may be the fix that moved, and not the car."""
LOOK_EVERY = timedelta(seconds=15)
"""How often a unit on its way is looked at; the longer it has not come closer, the rarer."""
_LOOKS = 12


class Concern(StrEnum):
    UNCONFIRMED = "unconfirmed"
    STALLED = "stalled"
    WELFARE = "welfare"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A unit that has acknowledged and is not clear; None is what has not happened.

    `closest_m` is how near it has come, `closest_at` when it last came closer. `may_be_asked`: not a unit that has said
    that it is free or off duty, nor an officer who has called for help, and may be hiding.
    """

    acknowledged_at: datetime
    confirmed_at: datetime | None = None
    on_scene_at: datetime | None = None
    closest_m: float | None = None
    closest_at: datetime | None = None
    unconfirmed_nudged_at: datetime | None = None
    stalled_nudged_at: datetime | None = None
    welfare_asked_at: datetime | None = None
    welfare_answered_at: datetime | None = None
    welfare_silent_at: datetime | None = None
    may_be_asked: bool = True

    @property
    def not_closer_since(self) -> datetime:
        return self.closest_at or self.acknowledged_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Where a unit is: geodesic metres from the place, and how far off the fix may be (1 σ)."""

    distance_m: float
    accuracy_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """`duty` is what is known afterwards: looked at again at the same moment, there is nothing new to worry about."""

    duty: Duty
    concerns: tuple[Concern, ...]
    next_look_at: datetime


def look_after(duty: Duty, *, seen: Seen | None, now: datetime, policy: Policy) -> Care:
    """What to worry about now. `seen` is None when nobody knows where the unit is: it does not come closer then."""
    duty = _measure(duty, seen, now)
    concerns: list[Concern] = []
    looks: list[datetime] = []
    for rule in _RULES:
        duty, concern, look_at = rule(duty, now, policy)
        concerns += [concern] if concern else []
        looks += [look_at] if look_at else []
    return Care(duty=duty, concerns=tuple(concerns), next_look_at=min(looks))


def awaits_answer(asked_at: datetime | None, answered_at: datetime | None) -> bool:
    """The officer was asked, and has not answered since."""
    return asked_at is not None and (answered_at is None or answered_at < asked_at)


def _measure(duty: Duty, seen: Seen | None, now: datetime) -> Duty:
    if seen is None or duty.on_scene_at is not None:
        return duty
    enough_m = max(PROGRESS_M, seen.accuracy_m)
    if duty.closest_m is not None and seen.distance_m > duty.closest_m - enough_m:
        return duty
    return replace(duty, closest_m=seen.distance_m, closest_at=now)


Found = tuple[Duty, Concern | None, datetime | None]
"""What is known after a rule was applied, what it worries about, and when it wants to be asked again (None: never)."""


def _see_unconfirmed(duty: Duty, now: datetime, policy: Policy) -> Found:
    if duty.confirmed_at or duty.unconfirmed_nudged_at:
        return duty, None, None
    due_at = duty.acknowledged_at + timedelta(seconds=policy.unconfirmed_after_s)
    if now < due_at:
        return duty, None, due_at
    return replace(duty, unconfirmed_nudged_at=now), Concern.UNCONFIRMED, None


def _see_stalled(duty: Duty, now: datetime, policy: Policy) -> Found:
    if duty.on_scene_at:
        return duty, None, None
    since, nudged_at = duty.not_closer_since, duty.stalled_nudged_at
    said_already = nudged_at is not None and nudged_at > since
    wait = 2 * (nudged_at - since) if nudged_at and said_already else timedelta(seconds=policy.stalled_after_s)
    look_at = now + max(LOOK_EVERY, (now - since) / _LOOKS)
    if now < since + wait:
        return duty, None, min(since + wait, look_at)
    return replace(duty, stalled_nudged_at=now), Concern.STALLED, look_at


def _see_welfare(duty: Duty, now: datetime, policy: Policy) -> Found:
    if duty.on_scene_at is None:
        return duty, None, None
    if not duty.may_be_asked:
        return duty, None, now + LOOK_EVERY
    waiting_since = _asked_and_silent_since(duty)
    if waiting_since is not None:
        due_at = waiting_since + timedelta(seconds=policy.welfare_answer_s)
        if now < due_at:
            return duty, None, due_at
        look_at = now + timedelta(seconds=policy.welfare_after_s)
        return replace(duty, welfare_silent_at=now), Concern.SILENT, look_at
    heard = (duty.on_scene_at, duty.welfare_answered_at, duty.welfare_silent_at)
    due_at = max(at for at in heard if at is not None) + timedelta(seconds=policy.welfare_after_s)
    if now < due_at:
        return duty, None, due_at
    look_at = now + timedelta(seconds=policy.welfare_answer_s)
    return replace(duty, welfare_asked_at=now), Concern.WELFARE, look_at


def _asked_and_silent_since(duty: Duty) -> datetime | None:
    """When the question was put that is neither answered nor already known to go unanswered."""
    asked_at = duty.welfare_asked_at
    given_up = duty.welfare_silent_at is not None and asked_at is not None and duty.welfare_silent_at >= asked_at
    return asked_at if awaits_answer(asked_at, duty.welfare_answered_at) and not given_up else None


_RULES: tuple[Callable[[Duty, datetime, Policy], Found], ...] = (_see_unconfirmed, _see_stalled, _see_welfare)
