"""What has a drill found out about each phone and unit? Facts in, a report out. In words: `drill_words`.

A drill rings a unit's phones by the whole real path, and nothing else happens: it is no incident.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from service.domain.alert import PageState
from service.domain.policy import Policy
from service.domain.unit import Fix, Platform, PushKind, Status

CLOCK_TAKES_OVER_S = 0.75
"""The head start that workers have: a page that was claimed later, the clock has sent (`operations.overdue`)."""
CLOCK_SEALS_WITHIN_S = 5.0
"""Each second a clock seals the journal; a drill's first entry that is not sealed by then says that there is none."""


class LeftAlone(StrEnum):
    """Why a unit's phones are not rung for a drill, though somebody asked for it."""

    OFF_DUTY = "off_duty"
    BUSY = "busy"
    CALLS_FOR_HELP = "calls_for_help"
    RINGS = "rings"
    DRILLED_ALREADY = "drilled_already"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it should be, in words, and what to do. `is_fault`: a phone did not ring, and has to."""

    code: str
    is_fault: bool
    what: str
    advice: str

    @classmethod
    def fault(cls, code: str, what: str, advice: str) -> Self:
        return cls(code=code, is_fault=True, what=what, advice=advice)

    @classmethod
    def warning(cls, code: str, what: str, advice: str) -> Self:
        return cls(code=code, is_fault=False, what=what, advice=advice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """How far the page of one phone has come; seconds are since it was queued, None for what has not happened."""

    state: PageState
    attempt: int
    claimed_s: float | None
    handed_over_s: float | None
    failure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneFacts:
    """`push_lost_at` as the device has it; `is_replaced`: another phone has its target, so it is the old entry of one.

    `received_s` and `displayed_s` are since the drill began. `clock_off` is how far the phone's clock is behind ours.
    """

    device_id: UUID
    platform: Platform
    model: str
    app_version: str
    newest_version: str
    push_kind: PushKind
    enrolled_at: datetime
    last_seen_at: datetime | None
    push_lost_at: datetime | None
    revoked_at: datetime | None
    is_replaced: bool
    path: Path | None
    received_s: float | None
    displayed_s: float | None
    clock_off: timedelta

    @property
    def has_rung(self) -> bool:
        return self.received_s is not None or self.displayed_s is not None

    @property
    def counts(self) -> bool:
        """Is it a phone of the unit, that has to ring?"""
        return self.revoked_at is None and not self.is_replaced

    @property
    def is_settled(self) -> bool:
        """Is there nothing left to wait for?"""
        if self.displayed_s is not None:
            return True
        has_failed = self.path is not None and self.path.state in {PageState.FAILED, PageState.DEAD}
        cannot_ring = self.push_lost_at is not None and not self.has_rung
        return has_failed or cannot_ring


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFacts:
    """`phones` are all that ever belonged to it; `answer` is what its officer pressed."""

    unit_id: UUID
    call_sign: str
    status: Status
    left_alone: LeftAlone | None
    phones: Sequence[PhoneFacts]
    fix: Fix | None
    answer: str | None
    policy: Policy

    @property
    def in_service(self) -> Sequence[PhoneFacts]:
        return [phone for phone in self.phones if phone.counts]

    @property
    def is_settled(self) -> bool:
        return self.left_alone is not None or all(phone.is_settled for phone in self.in_service)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a drill is looked at. `is_over`: nobody is waited for any more. Days are told in the agency's time zone."""

    now: datetime
    started_at: datetime
    until: datetime
    is_over: bool
    timezone: str

    @property
    def waited_s(self) -> float:
        return (min(self.now, self.until) - self.started_at).total_seconds()

    def age_s(self, at: datetime) -> float:
        """How long ago that is; 0 for what another host's clock puts into the future."""
        return max(0.0, (self.now - at).total_seconds())

    def day(self, at: datetime) -> str:
        """By the agency's own calendar; UTC's when this machine does not know its time zone."""
        try:
            return f"{at.astimezone(ZoneInfo(self.timezone)):%Y-%m-%d}"
        except (KeyError, ValueError, OSError):
            return f"{at.astimezone(UTC):%Y-%m-%d}"


def span(seconds: float) -> str:
    """In the unit in which one would say it: "94 s", "14 min", "3 h", "2 days"."""
    for limit_s, unit_s, name in ((120, 1, "s"), (7_200, 60, "min"), (172_800, 3_600, "h")):
        if seconds < limit_s:
            return f"{seconds / unit_s:.0f} {name}"
    return f"{seconds / 86_400:.0f} days"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneReport:
    """The time of every stage in seconds since the drill began, None for one that has not come."""

    device_id: str
    model: str
    platform: str
    app_version: str
    is_queued: bool
    handed_to_push_s: float | None
    received_s: float | None
    displayed_s: float | None
    findings: Sequence[Finding]

    @property
    def has_rung(self) -> bool:
        return self.received_s is not None or self.displayed_s is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitReport:
    """`is_ready`: it has phones, and each of them has received or displayed the drill. `answer`: what was pressed."""

    unit_id: str
    call_sign: str
    is_ready: bool
    answer: str | None
    phones: Sequence[PhoneReport]
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`findings` are about the installation. `is_settled`: nothing more is to be waited for."""

    is_settled: bool
    units: Sequence[UnitReport]
    findings: Sequence[Finding]

    @property
    def is_ready(self) -> bool:
        return bool(self.units) and all(unit.is_ready for unit in self.units)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; `from_dict` is its inverse."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(
            is_settled=values["is_settled"],
            units=[_unit_of(unit) for unit in values["units"]],
            findings=_findings_of(values["findings"]),
        )


def _unit_of(values: Mapping[str, Any]) -> UnitReport:
    phones = [PhoneReport(**{**phone, "findings": _findings_of(phone["findings"])}) for phone in values["phones"]]
    return UnitReport(**{**values, "phones": phones, "findings": _findings_of(values["findings"])})


def _findings_of(values: Sequence[Mapping[str, Any]]) -> Sequence[Finding]:
    return [Finding(**value) for value in values]
