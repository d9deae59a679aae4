"""What can be wrong with Beatline itself, in words for whoever is woken by it? One closed vocabulary of alarms.

Not for how each is found (`vigilance`) and not for what is wrong in an incident: those are concerns. What to do about
each stands in RUNBOOK.md under its name.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Alarm(StrEnum):
    NO_API = "no_api"
    NO_WORKERS = "no_workers"
    NO_CLOCK = "no_clock"
    NO_AUDITOR = "no_auditor"
    PUSH_DOWN = "push_down"
    PUSH_REFUSED = "push_refused"
    PAGES_REFUSED = "pages_refused"
    REDIS_AWAY = "redis_away"
    DEADLINE_MISSING = "deadline_missing"
    DEADLINE_OVERDUE = "deadline_overdue"
    PAGE_OVERDUE = "page_overdue"
    ESCALATION_LATE = "escalation_late"
    CANARY_SILENT = "canary_silent"
    JOURNAL_UNSEALED = "journal_unsealed"


class Severity(StrEnum):
    """`urgent`: an alert may be lost or late, so somebody is woken. `warning`: it is carried, and mended by day."""

    URGENT = "urgent"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class About:
    """`title` goes before "since 03:12" in a dispatcher's banner, `meaning` after it."""

    title: str
    meaning: str
    severity: Severity = Severity.URGENT


ABOUT = {
    Alarm.NO_API: About("No API is alive", "detections are not taken, and phones cannot answer. Watch the radio."),
    # While a clock lives: when none does, that is an urgent alarm of its own.
    Alarm.NO_WORKERS: About(
        "No worker is alive",
        "the clock sends every page itself, about a second later than a worker would.",
        Severity.WARNING,
    ),
    Alarm.NO_CLOCK: About(
        "No clock is alive", "unanswered alerts do not go on to the next units by themselves: escalate by hand."
    ),
    Alarm.NO_AUDITOR: About("Nobody checks on Beatline", "what else is wrong would not be noticed."),
    Alarm.PUSH_DOWN: About("Push is down", "phones ring only while the app is open. Call units by radio."),
    Alarm.PUSH_REFUSED: About(
        "Pushes are refused", "the push service will not take what Beatline sends. Call units by radio."
    ),
    Alarm.PAGES_REFUSED: About(
        "A page is refused", "the push service will not take it; it may be one phone, or one agency.", Severity.WARNING
    ),
    Alarm.REDIS_AWAY: About(
        "Redis is away", "alerts ring from the database, up to two seconds later.", Severity.WARNING
    ),
    Alarm.DEADLINE_MISSING: About(
        "Alerts had no deadline", "they were put before the clock again; look at the oldest open incidents."
    ),
    Alarm.DEADLINE_OVERDUE: About(
        "Deadlines are passed over", "incidents are due and no clock looks at them: escalate by hand."
    ),
    Alarm.PAGE_OVERDUE: About("Pages are not sent", "phones are due to ring and do not. Call units by radio."),
    Alarm.ESCALATION_LATE: About("Escalations are late", "the next units are asked later than they should be."),
    Alarm.CANARY_SILENT: About(
        "The canary is silent", "Beatline's own test alert does not arrive: others may not either. Watch the radio."
    ),
    Alarm.JOURNAL_UNSEALED: About(
        "The journal is not sealed", "everything is written, and not yet protected.", Severity.WARNING
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An alarm that stands now, `since` now when that is None. `detail` names no agency: people of all read it."""

    alarm: Alarm
    since: datetime | None = None
    detail: str = ""

    @property
    def about(self) -> About:
        return ABOUT[self.alarm]

    @property
    def is_urgent(self) -> bool:
        return self.about.severity is Severity.URGENT
