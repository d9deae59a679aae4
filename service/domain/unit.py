"""Patrol units, their phones, and their fixes: which AVL report is believed and which is refused, with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from service.domain.geo import Distance, Point

FUTURE_TOLERANCE_S = 30
CLOCK_TOLERANCE_S = 2.0
"""A phone's clock that is ahead by less than this is left alone; and so far may two corrections of it differ."""
SLOW_NETWORK_S = 30.0
"""A request that seems to have travelled for less than this may really have: its clock is left alone."""
TOP_SPEED_MPS = 85.0
"""Faster than any patrol car; a jump like this is a bad fix until a second one agrees with it."""
FULL_CIRCLE_DEG = 360.0
NOWHERE = Point(lat=0.0, lon=0.0)
"""What receivers say before they know where they are: a place in the Gulf of Guinea, and no beat."""


class UnitKind(StrEnum):
    PATROL = "patrol"
    SUPERVISOR = "supervisor"


class Status(StrEnum):
    """CAD terms of APCO ANS 1.116."""

    AVAILABLE = "available"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    UNAVAILABLE = "unavailable"
    OFF_DUTY = "off_duty"


class Platform(StrEnum):
    ANDROID = "android"
    IOS = "ios"
    WEB = "web"


class PushKind(StrEnum):
    """How a device can be made to ring. `canary`: the push service checks the message and delivers it to nobody."""

    FCM_FID = "fcm_fid"
    FCM_TOKEN = "fcm_token"  # noqa: S105  the name of a kind of target, not a secret
    WEB_PUSH = "web_push"
    NONE = "none"
    CANARY = "canary"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushTarget:
    """Where a device can be made to ring; `value` is empty for kind `none`."""

    kind: PushKind
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One AVL report. `at` is when the unit was there; accuracy in metres (1 σ), heading in degrees from north."""

    point: Point
    at: datetime
    accuracy_m: float | None = None
    heading_deg: float | None = None
    speed_mps: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What is remembered of one unit: the last believed fix, and a jump that waits for a second one to agree."""

    last: Fix | None = None
    suspect: Fix | None = None


class Reported(Protocol):
    """A fix as a device tells it: any finite numbers, and a time by the device's own clock."""

    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...
    @property
    def at(self) -> datetime: ...
    @property
    def accuracy_m(self) -> float | None: ...
    @property
    def heading_deg(self) -> float | None: ...
    @property
    def speed_mps(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Rejection:
    """`index` counts from 0 in the order of the request."""

    index: int
    reason: str


class FixRefused(Exception):
    """`str(error)` is the reason, as a phone may show it."""


def clock_offset(sent_at: datetime | None, *, now: datetime) -> timedelta:
    """How much to add to a phone's times: measured, not trusted. Zero when unknown or too small to matter.

    A request cannot arrive before it was sent, so a clock ahead shows itself; one behind looks like a slow network,
    and is corrected only where no network is that slow: too old a fix does less harm than one that looks too fresh.
    """
    if sent_at is None:
        return timedelta(0)
    travelled = now - sent_at
    is_off = not -CLOCK_TOLERANCE_S <= travelled.total_seconds() <= SLOW_NETWORK_S
    return travelled if is_off else timedelta(0)


def believable_until(now: datetime) -> datetime:
    """A stored fix later than this is wrong, whoever stored it (a server's clock was), and gives way to any other."""
    return now + timedelta(seconds=FUTURE_TOLERANCE_S)


def as_fix(reported: Reported, *, offset: timedelta) -> Fix:
    """The reported fix by our clock, in UTC. Raises FixRefused when it is no place or no time.

    iOS says -1 for a speed or heading that it does not know; neither costs us the place. Its negative accuracy says
    that the place is void. Source: CLLocation.
    """
    try:
        point = Point(lat=reported.lat, lon=reported.lon)
    except ValueError:
        raise FixRefused("outside the world") from None
    try:
        at = (reported.at + offset).astimezone(UTC)
    except OverflowError:
        raise FixRefused("at a time outside the calendar") from None
    if reported.accuracy_m is not None and reported.accuracy_m < 0:
        raise FixRefused("of negative accuracy: the device does not know where it is")
    return Fix(
        point=point,
        at=at,
        accuracy_m=reported.accuracy_m,
        heading_deg=_within(reported.heading_deg, FULL_CIRCLE_DEG),
        speed_mps=_within(reported.speed_mps, TOP_SPEED_MPS),
    )


def judge_all(
    reported: Sequence[Reported], track: Track, *, offset: timedelta, now: datetime
) -> tuple[Track, list[Rejection]]:
    """The track after one request, and what was refused of it: judged in time order, whatever order it came in."""
    rejections: list[Rejection] = []
    for index in sorted(range(len(reported)), key=lambda index: reported[index].at):
        try:
            track, reason = judge(as_fix(reported[index], offset=offset), track, now=now)
        except FixRefused as refusal:
            reason = str(refusal)
        if reason is not None:
            rejections.append(Rejection(index, reason))
    return track, sorted(rejections, key=lambda rejection: rejection.index)


def judge(fix: Fix, track: Track, *, now: datetime) -> tuple[Track, str | None]:
    """The track after this fix, and the reason when it is refused (None: believed).

    The same fix again is believed and changes nothing. Rules and limits: DESIGN §5, "fixes refused".
    """
    if reason := _impossible(fix, now=now):
        return track, reason
    track = _without_the_future(track, now=now)
    if track.last is None:
        return Track(last=fix), None
    if fix.at <= track.last.at:
        return track, _fault_of_the_past(fix, track.last)
    if _reachable(track.last, fix):
        return Track(last=fix), None
    return _judge_jump(fix, track)


def _judge_jump(fix: Fix, track: Track) -> tuple[Track, str | None]:
    """Two fixes that agree with each other outvote the stored one: it may have been the bad one."""
    suspect = track.suspect
    if suspect is None:
        track = replace(track, suspect=fix)
    elif not _repeats(fix, suspect):
        if _reachable(suspect, fix):
            return Track(last=max(suspect, fix, key=lambda agreed: agreed.at)), None
        track = replace(track, suspect=fix)
    return track, f"faster than {TOP_SPEED_MPS:.0f} m/s; believed once a second fix agrees"


def _impossible(fix: Fix, *, now: datetime) -> str | None:
    if fix.point == NOWHERE:
        return "at (0, 0)"
    if fix.at > believable_until(now):
        return f"more than {FUTURE_TOLERANCE_S} s in the future"
    return None


def _without_the_future(track: Track, *, now: datetime) -> Track:
    latest = believable_until(now)
    if all(fix is None or fix.at <= latest for fix in (track.last, track.suspect)):
        return track
    return Track(
        last=track.last if track.last and track.last.at <= latest else None,
        suspect=track.suspect if track.suspect and track.suspect.at <= latest else None,
    )


def _fault_of_the_past(fix: Fix, last: Fix) -> str | None:
    if _repeats(fix, last):
        return None
    return "another place at the same time" if fix.at == last.at else "older than the stored fix"


def _repeats(fix: Fix, known: Fix) -> bool:
    """The same report once more; after a retry the correction of a wrong clock may differ a little."""
    return fix.point == known.point and abs((fix.at - known.at).total_seconds()) <= CLOCK_TOLERANCE_S


def _reachable(one: Fix, other: Fix) -> bool:
    seconds = abs((other.at - one.at).total_seconds())
    return Distance(one.point, other.point).is_within(TOP_SPEED_MPS * seconds)


def _within(number: float | None, most: float) -> float | None:
    return number if number is not None and 0 <= number <= most else None
