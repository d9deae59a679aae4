"""What `decide` asks for: changes to rows, and pages to send. Values only; operations carry them out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.domain.alert import AlertState, PageKind, Role
from service.domain.incident import IncidentState
from service.domain.selection import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class AskUnit:
    """A new alert for a unit, or its old one queued again."""

    asked: Asked
    level: int
    deadline_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAlert:
    """An alert moves (DESIGN §4). `role` is what it holds afterwards; only an acknowledged one holds any."""

    alert_id: UUID
    to: AlertState
    role: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promote:
    """An assisting unit becomes primary, because the primary withdrew."""

    alert_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveIncident:
    to: IncidentState


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The running level and its end, and when the clock must look again (None: nothing is due by itself)."""

    level: int
    deadline_at: datetime | None
    next_action_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyUnit:
    """An acknowledging unit is en route: no candidate for anything else."""

    unit_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeUnit:
    """A unit is available again, unless it has meanwhile said otherwise."""

    unit_id: UUID


Change = AskUnit | MoveAlert | Promote | MoveIncident | Schedule | BusyUnit | FreeUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Make the phones of a unit show something. `loud`: ring even those that already know of the incident.

    All pages of one decision share the incident's next sequence.
    """

    unit_id: UUID
    kind: PageKind
    loud: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Everything that follows from one event, in order. Empty when the event comes too late to matter."""

    changes: tuple[Change, ...] = ()
    pages: tuple[Page, ...] = ()
