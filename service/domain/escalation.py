"""What follows when something happens to an incident: the one place that decides who is asked, recalled or waited for.

Pure: `decide(incident, alerts, event=…, now=…)` returns changes and pages and does nothing. Not for who is nearest
(`selection`) nor for how rows change (`operations`).

The rule in one sentence: while an incident is open, as soon as those who acknowledged and those who still ring can no
longer cover it, or its level's deadline passes, the next level asks the nearest units not yet asked; after the last
level, or when nobody is left, it is unanswered, and supervisors ring until somebody takes it. When an officer calls for
help, they ring with every level.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
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
from service.domain.events import (
    Acknowledged,
    ByHand,
    ByItself,
    Candidates,
    Changed,
    Confirmed,
    DeadlinePassed,
    Declined,
    Dispatched,
    Ended,
    Event,
    Hastened,
    Opened,
    PhonesDead,
    Refused,
    TookOver,
)
from service.domain.incident import Incident, IncidentState
from service.domain.selection import Asked, Selection


def decide(incident: Incident, alerts: Sequence[Alert], *, event: Event, now: datetime) -> Decision:
    """What follows from `event`, by the policy that the incident carries.

    `alerts` are all of the incident's alerts as they were before the event. A second, identical event decides nothing.
    """
    case = _Case(incident, alerts, now=now)
    if isinstance(event, ByHand):
        _follow_hand(case, event)
    else:
        _follow(case, event)
    return case.decision()


def _follow(case: "_Case", event: ByItself) -> None:
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


def _follow_hand(case: "_Case", event: ByHand) -> None:
    match event:
        case Confirmed():
            case.confirm(event.alert_id)
        case Refused():
            case.refuse(event.alert_id, event.candidates)
        case Dispatched():
            case.dispatch(event.units)
        case Hastened():
            case.hasten(event.candidates)
        case TookOver():
            case.take_over(event)


class _Case:
    """One decision being made: what is true after each change so far, and the changes themselves, in order."""

    def __init__(self, incident: Incident, alerts: Sequence[Alert], *, now: datetime) -> None:
        self.now = now
        self.policy = incident.policy
        self.state = incident.state
        self.level = incident.level
        self.deadline_at = incident.deadline_at
        self.caller_id = incident.emergency_unit_id
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
        self._move_alert(alert, AlertState.DECLINED)
        if alert.state is AlertState.ACKNOWLEDGED:
            self._do_without(alert)
        self._escalate_if_hopeless(candidates)
        self._schedule()

    def pass_deadline(self, candidates: Candidates) -> None:
        if self._is_held():
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
        if self.caller_id is not None:
            self.changes.append(FreeUnit(unit_id=self.caller_id))
        self._recall([*self._told_of_the_end(), *event.warned], event.reason)
        self._move_incident(event.to)
        self._schedule()

    # -- a dispatcher's hand ------------------------------------------------------------------------------------

    def confirm(self, alert_id: UUID) -> None:
        unit_id = self.alerts[alert_id].unit_id
        self.pages.append(Page(unit_id=unit_id, kind=PageKind.UPDATE, reason="Confirmed by dispatch"))

    def refuse(self, alert_id: UUID, candidates: Candidates) -> None:
        alert = self.alerts[alert_id]
        if alert.state is not AlertState.ACKNOWLEDGED:
            return
        self._move_alert(alert, AlertState.RECALLED)
        self._do_without(alert)
        self._recall([alert.unit_id], "Stood down by dispatch")
        self._escalate_if_hopeless(candidates)
        self._schedule()

    def dispatch(self, units: Sequence[Asked]) -> None:
        engaged = {alert.unit_id for alert in [*self._ringing(), *self._acknowledged()]}
        sent = [asked for asked in units if asked.unit_id not in engaged]
        if not sent:
            return
        if self.state is IncidentState.HELD:
            self._move_incident(IncidentState.OPEN)
        until = self.now + timedelta(seconds=self.policy.acknowledgment_deadline_s)
        self.level = max(self.level, 1)
        self.deadline_at = self.deadline_at or until
        for asked in sent:
            self._ask(AskUnit(asked=asked, level=self.level, deadline_at=until))
        self._schedule()

    def hasten(self, candidates: Candidates) -> None:
        if self._is_held():
            self.open(candidates)
            return
        if self.state is IncidentState.COVERED:
            # A level more: who saw the one before has pressed for what is being done already.
            self.level += 1 if candidates.units.asked else 0
            self.dispatch(candidates.units.asked[: self.policy.units_per_level])
            return
        if self.state is IncidentState.OPEN:
            self._escalate(candidates)
        else:
            self._look_again(candidates)
        self._schedule()

    def take_over(self, event: TookOver) -> None:
        if self.state is IncidentState.HELD and event.level:
            self._move_incident(IncidentState.OPEN)
        if self.level == 0 and event.level:
            # It waits from now on, also when the other one waited for nothing: somebody must look at it again.
            until = self.now + timedelta(seconds=self.policy.acknowledgment_deadline_s)
            self.level, self.deadline_at = event.level, event.deadline_at or until
        self._promote_next()
        # First, so that whoever is not needed is told that, and nothing else.
        self._cover_with(event)
        taken = [self.alerts[alert_id] for alert_id in event.taken]
        for alert in taken:
            kind = PageKind.ALERT if alert.rings else PageKind.UPDATE
            if alert.rings or alert.state is AlertState.ACKNOWLEDGED:
                self.pages.append(Page(unit_id=alert.unit_id, kind=kind, loud=alert.rings))
        if event.sounds_different:
            others = [alert for alert in [*self._ringing(), *self._acknowledged()] if alert not in taken]
            self.pages += [Page(unit_id=alert.unit_id, kind=PageKind.UPDATE) for alert in others]
        if not self._is_held():
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
        if self.caller_id is not None:
            self._ask_supervisors(candidates.supervisors)

    def _look_again(self, candidates: Candidates) -> None:
        """Unanswered: whoever came on duty meanwhile, while levels are left, and the supervisors once more."""
        self.deadline_at = self.now + timedelta(seconds=self.policy.acknowledgment_deadline_s)
        if self.level < self.policy.levels and candidates.units.asked:
            self.level += 1
            for asked in candidates.units.asked[: self.policy.units_per_level]:
                self._ask(AskUnit(asked=asked, level=self.level, deadline_at=self.deadline_at))
        self._ask_supervisors(candidates.supervisors)

    def _ask_supervisors(self, supervisors: Selection) -> None:
        assert self.deadline_at is not None  # noqa: S101  all callers have just set it
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
        self._recall(self._told_of_the_end(), self._covered_by())

    def _cover_with(self, event: TookOver) -> None:
        """Taken over: both together may suffice. Whom a covered one had sent besides goes on ringing."""
        if self.state in {IncidentState.OPEN, IncidentState.UNANSWERED} and self._is_covered():
            self._cover()
        elif self.state is IncidentState.COVERED and event.deadline_at is not None:
            unneeded = [alert for alert in self._ringing() if alert.alert_id in event.taken]
            for alert in unneeded:
                self._move_alert(alert, AlertState.RECALLED)
            self._recall([alert.unit_id for alert in unneeded], self._covered_by())

    def _covered_by(self) -> str:
        going = sorted(self._acknowledged(), key=lambda alert: alert.role is not Role.PRIMARY)
        return f"Covered by {' and '.join(alert.call_sign for alert in going)}"

    def _do_without(self, alert: Alert) -> None:
        """A unit that was going is not going any more."""
        self.changes.append(FreeUnit(unit_id=alert.unit_id))
        self._promote_next()
        if self.state is IncidentState.COVERED and not self._is_covered():
            # A new need gets a new count of levels: the old ones were answered. Whoever was sent besides is its first.
            self._move_incident(IncidentState.OPEN)
            self.level = 1 if self._ringing() else 0

    def _promote_next(self) -> None:
        """Somebody who goes is primary: the one who said so first, when the primary is gone."""
        if any(alert.role is Role.PRIMARY for alert in self._acknowledged()):
            return
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
        # Also of a covered incident: who was sent besides rings until its own deadline, and no longer.
        deadlines = [*self._ringing_deadlines(), *([self.deadline_at] if self.deadline_at else [])]
        self.changes.append(
            Schedule(
                level=self.level,
                deadline_at=self.deadline_at,
                next_action_at=min(deadlines, default=None),
            )
        )

    def _ringing_deadlines(self) -> Iterator[datetime]:
        yield from (alert.deadline_at for alert in self._ringing())
        yield from self.asked_deadlines

    def _is_held(self) -> bool:
        """It waits for a dispatcher: held, or doubtful and shown only (which DESIGN §4 lets nothing become again)."""
        return self.state is IncidentState.HELD or (self.state is IncidentState.OPEN and self.level == 0)

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
