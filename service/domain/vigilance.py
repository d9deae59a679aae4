"""Which alarms stand, given what an auditor has seen? Pure. Not for looking, nor for what is done about it: `auditing`.

A process that is started again within `DEAD_AFTER_S` raises nothing, and neither does what an auditor sees before it
has been there for as long: whoever starts everything at once starts some of it first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from service.domain.alarms import Alarm, Standing

DEAD_AFTER_S = 15
"""Three heartbeats."""
GRACE_S = 10
"""A row so long overdue is passed over; a busy clock is late by less."""
LATE_AFTER_S = 5
"""Promised are 2 s (R3); above that some escalation waited twice as long as it ever should."""
CANARY_SILENT_AFTER_S = 180
UNSEALED_AFTER_S = 60
REFUSED_AGENCIES = 2
REFUSED_PAGES = 3
"""From so many on, not one phone or one agency's text is to blame, and somebody is woken."""
NO_AUDITOR_AFTER_S = 30
"""After a start or an outage of the database, the first audit may take so long to come."""


class ProcessKind(StrEnum):
    API = "api"
    CLOCK = "clock"
    WORKER = "worker"
    AUDITOR = "auditor"


class Finding(StrEnum):
    """What a row suffers from: `lost`, nobody would ever have looked at it; `overdue`, nobody has looked in time."""

    INCIDENT_LOST = "incident_lost"
    INCIDENT_OVERDUE = "incident_overdue"
    UNIT_LOST = "unit_lost"
    UNIT_OVERDUE = "unit_overdue"
    PAGE_LOST = "page_lost"
    PAGE_OVERDUE = "page_overdue"

    @property
    def is_lost(self) -> bool:
        return self in LOST


_MISSED = {
    ProcessKind.API: Alarm.NO_API,
    ProcessKind.WORKER: Alarm.NO_WORKERS,
    ProcessKind.CLOCK: Alarm.NO_CLOCK,
}
LOST = frozenset({Finding.INCIDENT_LOST, Finding.UNIT_LOST, Finding.PAGE_LOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What one process finds of the world from where it stands; None is what is well."""

    push_down_since: datetime | None = None
    push_reason: str = ""
    redis_away_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One that has told that it is alive, at `seen_at` for the last time."""

    kind: ProcessKind
    host: str
    started_at: datetime
    seen_at: datetime
    condition: Condition = Condition()


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """`arrived_at` is None until the first has come; `hatched_at` is when there was one for the first time."""

    hatched_at: datetime
    arrived_at: datetime | None = None
    took_s: float | None = None

    @property
    def silent_since(self) -> datetime:
        return self.arrived_at or self.hatched_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything one audit has looked at. `canary` is None where it is switched off or has not hatched yet.

    `second` is how far the clock moves in a real one: processes and pushes do not live faster in a replay. `watched_s`:
    for so many real seconds the auditor has looked without a gap. Of what happened lately: `pages_refused` for a reason
    that is ours, those of how many agencies, and the worst `escalation_late_s`.
    `unsealed_since` is the time of the oldest entry without a seal.
    """

    now: datetime
    watched_s: float
    second: timedelta = timedelta(seconds=1)
    processes: Sequence[Process] = ()
    neglected: Mapping[Finding, int] = field(default_factory=dict)
    pages_refused: int = 0
    agencies_refused: int = 0
    escalation_late_s: float = 0.0
    unsealed_since: datetime | None = None
    canary: Canary | None = None


def standing_alarms(seen: Seen) -> tuple[Standing, ...]:
    """In the order of the vocabulary, each at most once."""
    found = {standing.alarm: standing for rule in _RULES for standing in rule(seen)}
    return tuple(found[alarm] for alarm in Alarm if alarm in found)


def living(processes: Iterable[Process], *, now: datetime, second: timedelta) -> list[Process]:
    """Those that were heard of within three heartbeats. `second`: as in `Seen`."""
    patience = DEAD_AFTER_S * second
    # Whoever was heard of in the future was so before the clock was put back, and not since.
    return [process for process in processes if now - patience <= process.seen_at <= now + patience]


def last_seen(processes: Iterable[Process], kind: ProcessKind) -> datetime | None:
    return max((process.seen_at for process in processes if process.kind is kind), default=None)


def _alive(seen: Seen) -> list[Process]:
    return living(seen.processes, now=seen.now, second=seen.second)


def _of_the_missing(seen: Seen) -> Iterator[Standing]:
    alive = {process.kind for process in _alive(seen)}
    if seen.watched_s < DEAD_AFTER_S:
        return
    for kind, alarm in _MISSED.items():
        since = last_seen(seen.processes, kind)
        # Some installations have no worker on purpose, and workers of the release before tell nobody that they live.
        if kind not in alive and (since or kind is not ProcessKind.WORKER):
            yield Standing(alarm=alarm, since=since)


def _of_the_world(seen: Seen) -> Iterator[Standing]:
    conditions = [process.condition for process in _alive(seen)]
    without_push = [each for each in conditions if each.push_down_since]
    if without_push:
        first = min(without_push, key=lambda each: each.push_down_since or seen.now)
        yield Standing(alarm=Alarm.PUSH_DOWN, since=first.push_down_since, detail=first.push_reason)
    away = [each.redis_away_since for each in conditions if each.redis_away_since]
    if away:
        detail = f"{_count(len(away), 'process', 'processes')} of {len(conditions)} cannot reach it"
        yield Standing(alarm=Alarm.REDIS_AWAY, since=min(away), detail=detail)


def _of_the_neglected(seen: Seen) -> Iterator[Standing]:
    lost = sum(count for finding, count in seen.neglected.items() if finding.is_lost)
    overdue = sum(seen.neglected.get(finding, 0) for finding in (Finding.INCIDENT_OVERDUE, Finding.UNIT_OVERDUE))
    pages = seen.neglected.get(Finding.PAGE_OVERDUE, 0)
    if lost:
        yield Standing(alarm=Alarm.DEADLINE_MISSING, detail=_count(lost, "row", "rows"))
    if overdue:
        yield Standing(alarm=Alarm.DEADLINE_OVERDUE, detail=_count(overdue, "row", "rows"))
    if pages:
        yield Standing(alarm=Alarm.PAGE_OVERDUE, detail=_count(pages, "page", "pages"))


def _of_what_happened(seen: Seen) -> Iterator[Standing]:
    if seen.pages_refused:
        # One that cannot be sent is that phone's matter or that agency's; several are everybody's.
        concerns_all = seen.agencies_refused >= REFUSED_AGENCIES or seen.pages_refused >= REFUSED_PAGES
        alarm = Alarm.PUSH_REFUSED if concerns_all else Alarm.PAGES_REFUSED
        yield Standing(alarm=alarm, detail=_count(seen.pages_refused, "page", "pages"))
    if timedelta(seconds=seen.escalation_late_s) > LATE_AFTER_S * seen.second:
        yield Standing(alarm=Alarm.ESCALATION_LATE, detail=f"by up to {seen.escalation_late_s:.0f} s")
    if seen.unsealed_since and seen.now - seen.unsealed_since > UNSEALED_AFTER_S * seen.second:
        yield Standing(alarm=Alarm.JOURNAL_UNSEALED, since=seen.unsealed_since)


def _of_the_canary(seen: Seen) -> Iterator[Standing]:
    if seen.canary is None:
        return
    since = seen.canary.silent_since
    # Also where everything stood still: it has its time again since somebody listens.
    if seen.watched_s > CANARY_SILENT_AFTER_S and seen.now - since > CANARY_SILENT_AFTER_S * seen.second:
        yield Standing(alarm=Alarm.CANARY_SILENT, since=since)


_RULES = (_of_the_missing, _of_the_world, _of_the_neglected, _of_what_happened, _of_the_canary)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
