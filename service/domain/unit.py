"""Patrol units, their phones, and their fixes: which AVL report is believed and which is refused, with the reason."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from service.domain.geo import Point, distance_m

FUTURE_TOLERANCE_S = 30
CLOCK_TOLERANCE_S = 2.0
"""A phone's clock that differs by less than this is left alone: it may as well be the network."""
TOP_SPEED_MPS = 85.0
"""Faster than any patrol car; a jump like this is a bad fix until a second one agrees with it."""


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
    FCM_FID = "fcm_fid"
    FCM_TOKEN = "fcm_token"  # noqa: S105  the name of a kind of target, not a secret
    WEB_PUSH = "web_push"
    NONE = "none"


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


def clock_offset(sent_at: datetime | None, *, now: datetime) -> timedelta:
    """How much to add to a phone's times: measured, not trusted. Zero when unknown or too small to matter."""
    if sent_at is None:
        return timedelta(0)
    offset = now - sent_at
    return offset if abs(offset.total_seconds()) > CLOCK_TOLERANCE_S else timedelta(0)


def judge(fix: Fix, track: Track, *, now: datetime) -> tuple[Track, str | None]:
    """The track after this fix, and the reason when it is refused (None: believed).

    The same fix again is believed and changes nothing. Rules and limits: DESIGN §5, "fixes refused".
    """
    if reason := _impossible(fix, now=now):
        return track, reason
    last = track.last
    if last is None:
        return Track(last=fix), None
    if fix.at == last.at:
        same = fix.point == last.point
        return track, None if same else "another place at the same time"
    if fix.at < last.at:
        return track, "older than the stored fix"
    if _reachable(last, fix) or (track.suspect is not None and _agrees(track.suspect, fix)):
        return Track(last=fix), None
    return replace(track, suspect=fix), f"faster than {TOP_SPEED_MPS:.0f} m/s; believed once a second fix agrees"


def _impossible(fix: Fix, *, now: datetime) -> str | None:
    if fix.point == Point(lat=0.0, lon=0.0):
        return "at (0, 0)"
    if fix.at - now > timedelta(seconds=FUTURE_TOLERANCE_S):
        return f"more than {FUTURE_TOLERANCE_S} s in the future"
    return None


def _agrees(suspect: Fix, fix: Fix) -> bool:
    return fix.at > suspect.at and _reachable(suspect, fix)


def _reachable(start: Fix, end: Fix) -> bool:
    seconds = (end.at - start.at).total_seconds()
    return distance_m(start.point, end.point) <= TOP_SPEED_MPS * seconds
