"""What can happen to an incident that something follows from. Values only; what follows: `escalation`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.domain.incident import IncidentState
from service.domain.selection import Asked, Candidate, Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Who could be asked next: units for a level, and the supervisors behind them.

    `facts` is what they were chosen from, at `selected_at`: for the record, nothing is decided by it.
    """

    units: Selection
    supervisors: Selection
    facts: tuple[Candidate, ...] = ()
    selected_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The incident is to ring for the first time: new, released from being held, upgraded, or reopened."""

    candidates: Candidates


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    alert_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """Cannot respond; from an acknowledged alert it is a withdrawal."""

    alert_id: UUID
    candidates: Candidates


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlinePassed:
    candidates: Candidates


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonesDead:
    """No phone of the asked unit can be made to ring any more."""

    alert_id: UUID
    candidates: Candidates


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The picture of a living incident changed. `upgrade`: to something more dangerous than what phones rang for."""

    upgrade: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """It is over. `to` is closed or cancelled; `reason` is what the phones show, `warned` who else is told."""

    to: IncidentState
    reason: str
    warned: tuple[UUID, ...] = ()


# -- a dispatcher's hand ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The dispatcher confirms an acknowledgment: this unit is assigned. It changes no state."""

    alert_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The dispatcher stands an acknowledged unit down."""

    alert_id: UUID
    candidates: Candidates


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """The dispatcher sends these units, whatever level is running; those that already know of it are left alone."""

    units: tuple[Asked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hastened:
    """The dispatcher does not wait for the deadline. Of a covered incident: more units than it needs."""

    candidates: Candidates


@dataclass(frozen=True, slots=True, kw_only=True)
class TookOver:
    """Another incident's alerts are now this one's; `level` and `deadline_at` are where that one stood.

    `taken` are among the incident's alerts already, those acknowledged as assisting. `sounds_different`: what phones
    show of this incident is no longer true.
    """

    taken: tuple[UUID, ...]
    level: int
    deadline_at: datetime | None
    sounds_different: bool


ByItself = Opened | Acknowledged | Declined | DeadlinePassed | PhonesDead | Changed | Ended
ByHand = Confirmed | Refused | Dispatched | Hastened | TookOver
Event = ByItself | ByHand
