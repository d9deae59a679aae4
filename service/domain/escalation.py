"""What follows when something happens to an incident: the one place that decides who is asked, recalled or waited for.

Pure: `decide(incident, alerts, event=…, now=…)` returns changes and pages and does nothing. Not for who is nearest
(`selection`) nor for how rows change (`operations`).

The rule in one sentence: while an incident is open, as soon as those who acknowledged and those who still ring can no
longer cover it, or its level's deadline passes, the next level asks the nearest units not yet asked; after the last
level, or when nobody is left, it is unanswered, and supervisors ring until somebody takes it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.alert import Alert, AlertState, PageKind, Role
from service.domain.effects import (
    AskUnit,
    BusyUnit,
    Change,
    Decision,
    FreeUnit,
    MoveAlert,
    MoveIncident,
    Page,
    Promote,
    Schedule,
)
from service.domain.incident import Incident, IncidentState
from service.domain.selection import Candidate, Selection


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


Event = Opened | Acknowledged | Declined | DeadlinePassed | PhonesDead | Changed | Ended


def decide(incident: Incident, alerts: Sequence[Alert], *, event: Event, now: datetime) -> Decision:
    """What follows from `event`, by the policy that the incident carries.

    `alerts` are all of the incident's alerts as they were before the event. A second, identical event decides nothing.
    """
    case = _Case(incident, alerts, now=now)
    match event:
        case Opened():
            case.open(event.candidates)
        case Acknowledged():
            case.acknowledge(event.alert_id)
        case Declined():
            case.decline(event.alert_id, event.candidates)
        case DeadlinePassed():
            case.pass_deadline(event.candidates)
        case PhonesDead():
            case.replace_dead(event.alert_id, event.candidates)
        case Changed():
            case.change(upgrade=event.upgrade)
        case Ended():
            case.end(event)
    return case.decision()


class _Case:
    """One decision being made: what is true after each change so far, and the changes themselves, in order."""

    def __init__(self, incident: Incident, alerts: Sequence[Alert], *, now: datetime) -> None:
        self.now = now
        self.policy = incident.policy
        self.state = incident.state
        self.level = incident.level
        self.deadline_at = incident.deadline_at
        self.alerts = {alert.alert_id: alert for alert in alerts}
        self.asked_deadlines: list[datetime] = []
        self.changes: list[Change] = []
        self.pages: list[Page] = []

    def decision(self) -> Decision:
        return Decision(changes=tuple(self.changes), pages=tuple(self.pages))

    # -- the events ---------------------------------------------------------------------------------------------

    def open(self, candidates: Candidates) -> None:
        if self.state is not IncidentState.OPEN:
            self._move_incident(IncidentState.OPEN)
        self.level = 0
        self._escalate(candidates)
        self._warn(candidates.units.warned)
        self._schedule()

    def acknowledge(self, alert_id: UUID) -> None:
        alert = self.alerts[alert_id]
        if alert.state is AlertState.ACKNOWLEDGED:
            return
        first = not any(other.role is Role.PRIMARY for other in self._acknowledged())
        self._move_alert(alert, AlertState.ACKNOWLEDGED, role=Role.PRIMARY if first else Role.ASSISTING)
        self.changes.append(BusyUnit(unit_id=alert.unit_id))
        if self.state is not IncidentState.COVERED and self._is_covered():
            self._cover()
        self._schedule()

    def decline(self, alert_id: UUID, candidates: Candidates) -> None:
        alert = self.alerts[alert_id]
        if alert.state is AlertState.DECLINED:
            return
        withdraws = alert.state is AlertState.ACKNOWLEDGED
        self._move_alert(alert, AlertState.DECLINED)
        if withdraws:
            self.changes.append(FreeUnit(unit_id=alert.unit_id))
            if alert.role is Role.PRIMARY:
                self._promote_next()
        if self.state is IncidentState.COVERED and not self._is_covered():
            # A new need gets a new count of levels: the old ones were answered.
            self._move_incident(IncidentState.OPEN)
            self.level = 0
        self._escalate_if_hopeless(candidates)
        self._schedule()

    def pass_deadline(self, candidates: Candidates) -> None:
        waited_for_a_dispatcher = self.state is IncidentState.OPEN and self.level == 0
        if self.state is IncidentState.HELD or waited_for_a_dispatcher:
            self.open(candidates)
            return
        for alert in list(self._ringing()):
            if alert.deadline_at <= self.now:
                self._move_alert(alert, AlertState.EXPIRED)
        if self.state is IncidentState.OPEN and self._level_is_over():
            self._escalate(candidates)
        elif self.state is IncidentState.UNANSWERED and self._level_is_over():
            self._look_again(candidates)
        else:
            self._escalate_if_hopeless(candidates)
        self._schedule()

    def replace_dead(self, alert_id: UUID, candidates: Candidates) -> None:
        alert = self.alerts[alert_id]
        if not alert.rings:
            return
        self._move_alert(alert, AlertState.FAILED)
        waits = self.state in {IncidentState.OPEN, IncidentState.UNANSWERED}
        next_nearest = candidates.units.asked[:1] if waits and alert.level <= self.policy.levels else ()
        for asked in next_nearest:
            # The replacement inherits level and deadline: the incident has not gained any time.
            self._ask(AskUnit(asked=asked, level=alert.level, deadline_at=alert.deadline_at))
        if not next_nearest:
            self._escalate_if_hopeless(candidates)
        self._schedule()

    def change(self, *, upgrade: bool) -> None:
        kept = [*self._ringing(), *self._acknowledged()]
        self.pages += [Page(unit_id=alert.unit_id, kind=PageKind.UPDATE, loud=upgrade) for alert in kept]

    def end(self, event: Ended) -> None:
        for alert in list(self._ringing()):
            self._move_alert(alert, AlertState.RECALLED)
        for alert in list(self._acknowledged()):
            self._move_alert(alert, AlertState.RECALLED)
            self.changes.append(FreeUnit(unit_id=alert.unit_id))
        self._recall([*self._told_of_the_end(), *event.warned], event.reason)
        self._move_incident(event.to)
        self._schedule()

    # -- what they share ----------------------------------------------------------------------------------------

    def _escalate_if_hopeless(self, candidates: Candidates) -> None:
        possible = len(self._acknowledged()) + len(self._ringing()) + len(self.asked_deadlines)
        if self.state is IncidentState.OPEN and possible < self.policy.acknowledgments_needed:
            self._escalate(candidates)

    def _escalate(self, candidates: Candidates) -> None:
        """The next level, or `unanswered` when there is none or nobody for it."""
        units = candidates.units.asked[: self.policy.units_per_level]
        self.deadline_at = self.now + timedelta(seconds=self.policy.acknowledgment_deadline_s)
        if self.level >= self.policy.levels or not units:
            self._move_incident(IncidentState.UNANSWERED)
            self._ask_supervisors(candidates.supervisors)
            return
        self.level += 1
        for asked in units:
            self._ask(AskUnit(asked=asked, level=self.level, deadline_at=self.deadline_at))

    def _look_again(self, candidates: Candidates) -> None:
        """Unanswered: whoever came on duty meanwhile, while levels are left, and the supervisors once more."""
        self.deadline_at = self.now + timedelta(seconds=self.policy.acknowledgment_deadline_s)
        if self.level < self.policy.levels and candidates.units.asked:
            self.level += 1
            for asked in candidates.units.asked[: self.policy.units_per_level]:
                self._ask(AskUnit(asked=asked, level=self.level, deadline_at=self.deadline_at))
        self._ask_supervisors(candidates.supervisors)

    def _ask_supervisors(self, supervisors: Selection) -> None:
        assert self.deadline_at is not None  # noqa: S101  both callers have just set it
        for asked in supervisors.asked:
            self._ask(AskUnit(asked=asked, level=self.policy.levels + 1, deadline_at=self.deadline_at))

    def _ask(self, ask: AskUnit) -> None:
        self.changes.append(ask)
        self.asked_deadlines.append(ask.deadline_at)
        self.pages.append(Page(unit_id=ask.asked.unit_id, kind=PageKind.ALERT, loud=True))

    def _cover(self) -> None:
        self._move_incident(IncidentState.COVERED)
        for alert in list(self._ringing()):
            self._move_alert(alert, AlertState.RECALLED)
        going = sorted(self._acknowledged(), key=lambda alert: alert.role is not Role.PRIMARY)
        reason = f"Covered by {' and '.join(alert.call_sign for alert in going)}"
        self._recall(self._told_of_the_end(), reason)

    def _promote_next(self) -> None:
        waiting = sorted(self._acknowledged(), key=lambda alert: alert.acknowledged_at or self.now)
        for alert in waiting[:1]:
            self.alerts[alert.alert_id] = replace(alert, role=Role.PRIMARY)
            self.changes.append(Promote(alert_id=alert.alert_id))
            self.pages.append(Page(unit_id=alert.unit_id, kind=PageKind.UPDATE))

    def _told_of_the_end(self) -> list[UUID]:
        """Whose phones may still show buttons: an expired alert has stopped ringing, but it is still on the screen."""
        told = {AlertState.RECALLED, AlertState.EXPIRED}
        return [alert.unit_id for alert in self.alerts.values() if alert.state in told]

    def _recall(self, unit_ids: Iterable[UUID], reason: str) -> None:
        units = dict.fromkeys(unit_ids)
        self.pages += [Page(unit_id=unit, kind=PageKind.RECALL, reason=reason) for unit in units]

    def _warn(self, unit_ids: Iterable[UUID]) -> None:
        asked = {page.unit_id for page in self.pages}
        self.pages += [Page(unit_id=unit, kind=PageKind.WARNING, loud=True) for unit in unit_ids if unit not in asked]

    def _schedule(self) -> None:
        waits = self.state in {IncidentState.OPEN, IncidentState.UNANSWERED}
        if not waits:
            self.deadline_at = None
        deadlines = [*self._ringing_deadlines(), *([self.deadline_at] if self.deadline_at else [])]
        self.changes.append(
            Schedule(
                level=self.level,
                deadline_at=self.deadline_at,
                next_action_at=min(deadlines) if waits and deadlines else None,
            )
        )

    def _ringing_deadlines(self) -> Iterator[datetime]:
        yield from (alert.deadline_at for alert in self._ringing())
        yield from self.asked_deadlines

    def _level_is_over(self) -> bool:
        return self.deadline_at is not None and self.deadline_at <= self.now

    def _is_covered(self) -> bool:
        return len(self._acknowledged()) >= self.policy.acknowledgments_needed

    def _acknowledged(self) -> list[Alert]:
        return [alert for alert in self.alerts.values() if alert.state is AlertState.ACKNOWLEDGED]

    def _ringing(self) -> list[Alert]:
        return [alert for alert in self.alerts.values() if alert.rings]

    def _move_alert(self, alert: Alert, to: AlertState, *, role: Role | None = None) -> None:
        at = self.now if to is AlertState.ACKNOWLEDGED else alert.acknowledged_at
        self.alerts[alert.alert_id] = replace(alert, state=to, role=role, acknowledged_at=at)
        self.changes.append(MoveAlert(alert_id=alert.alert_id, to=to, role=role))

    def _move_incident(self, to: IncidentState) -> None:
        self.state = to
        self.changes.append(MoveIncident(to=to))
