"""Plays an incident like a game of chess: `book >> event << what follows, line by line`, without a database.

The book keeps the position on the board: each decision is applied to the incident and its alerts, so that the next
event meets what the last one left. Every line must be foretold: a decision with one line too many or too few fails.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from builders import NOW, an_incident, id_of

from service.domain.alert import Alert, AlertState, Role
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
from service.domain.escalation import decide
from service.domain.events import (
    Acknowledged,
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
)
from service.domain.incident import Incident, IncidentState
from service.domain.selection import Asked, Selection

Move = Event | str
ASKABLE = {None, AlertState.RECALLED}


@dataclass(slots=True)
class Playbook:
    """`cars` in order of distance; `bosses` are supervisors. Moves: an event, or "after 30 s"."""

    cars: Sequence[str]
    bosses: Sequence[str] = ()
    warned: Sequence[str] = ()
    incident: Incident = field(default_factory=lambda: an_incident(state=IncidentState.OPEN))
    alerts: dict[str, Alert] = field(default_factory=dict)
    now: datetime = NOW
    foretold: list[str] = field(default_factory=list)

    def __rshift__(self, move: str) -> Self:
        """An event happens. Whatever the last one led to must have been foretold."""
        self.must_be_over()
        decision = decide(self.incident, list(self.alerts.values()), event=self._event(move), now=self.now)
        self.foretold = self._told(decision)
        for change in decision.changes:
            self._apply(change)
        return self

    def __lshift__(self, line: str) -> Self:
        """The next thing that follows."""
        assert self.foretold, f"nothing follows any more, but {line!r} was expected"
        assert line == self.foretold.pop(0)
        return self

    def must_be_over(self) -> None:
        assert [] == self.foretold, "not foretold"

    # -- moves --------------------------------------------------------------------------------------------------

    def _event(self, move: str) -> Event:
        match move.split():
            case ["shots"]:
                return Opened(candidates=self._candidates())
            case ["after", count, "s"]:
                self.now += timedelta(seconds=float(count))
                return DeadlinePassed(candidates=self._candidates())
            case [car, "accepts"]:
                return Acknowledged(alert_id=id_of(car))
            case [car, "declines"]:
                return Declined(alert_id=id_of(car), candidates=self._candidates())
            case [car, "is", "unreachable"]:
                return PhonesDead(alert_id=id_of(car), candidates=self._candidates(want=1))
            case ["dispatch", *does]:
                return self._by_hand(does)
            case [("upgraded" | "updated") as how]:
                return Changed(upgrade=how == "upgraded")
            case ["dismissed"]:
                warned = tuple(id_of(car) for car in self.warned)
                return Ended(to=IncidentState.CANCELLED, reason="Dismissed", warned=warned)
        raise AssertionError(f"no such move: {move}")

    def _by_hand(self, does: Sequence[str]) -> Event:
        match does:
            case ["confirms", car]:
                return Confirmed(alert_id=id_of(car))
            case ["refuses", car]:
                return Refused(alert_id=id_of(car), candidates=self._candidates())
            case ["sends", *cars]:
                return Dispatched(units=tuple(self._asked(car, rank) for rank, car in enumerate(cars, start=1)))
            case ["escalates"]:
                return Hastened(candidates=self._candidates())
        raise AssertionError(f"no such act: {does}")

    def _candidates(self, want: int | None = None) -> Candidates:
        return Candidates(
            units=self._selection(self.cars, want or self.incident.policy.units_per_level, self.warned),
            supervisors=self._selection(self.bosses, len(self.bosses)),
        )

    def _selection(self, cars: Sequence[str], want: int, warned: Sequence[str] = ()) -> Selection:
        free = [car for car in cars if self._state(car) in ASKABLE or (car in self.bosses and self._is_over(car))]
        asked = [self._asked(car, rank) for rank, car in enumerate(free[:want], start=1)]
        return Selection(asked=tuple(asked), warned=tuple(id_of(car) for car in warned))

    def _asked(self, car: str, rank: int) -> Asked:
        return Asked(unit_id=id_of(car), call_sign=car, rank=rank, distance_m=100, fix_age_s=1, reason="near")

    def _state(self, car: str) -> AlertState | None:
        return self.alerts[car].state if car in self.alerts else None

    def _is_over(self, car: str) -> bool:
        return car not in self.alerts or self.alerts[car].deadline_at <= self.now

    # -- the board ----------------------------------------------------------------------------------------------

    def _apply(self, change: Change) -> None:
        match change:
            case AskUnit():
                car = change.asked.call_sign
                self.alerts[car] = Alert(
                    alert_id=id_of(car),
                    unit_id=id_of(car),
                    call_sign=car,
                    state=AlertState.QUEUED,
                    level=change.level,
                    deadline_at=change.deadline_at,
                )
            case MoveAlert():
                car = self._car(change.alert_id)
                at = self.now if change.to is AlertState.ACKNOWLEDGED else self.alerts[car].acknowledged_at
                self.alerts[car] = replace(self.alerts[car], state=change.to, role=change.role, acknowledged_at=at)
            case Promote():
                car = self._car(change.alert_id)
                self.alerts[car] = replace(self.alerts[car], role=Role.PRIMARY)
            case MoveIncident():
                self.incident = replace(self.incident, state=change.to)
            case Schedule():
                self.incident = replace(self.incident, level=change.level, deadline_at=change.deadline_at)
            case BusyUnit() | FreeUnit():
                pass

    def _car(self, unit_id: object) -> str:
        return next(car for car in [*self.cars, *self.bosses] if id_of(car) == unit_id)

    # -- words --------------------------------------------------------------------------------------------------

    def _told(self, decision: Decision) -> list[str]:
        lines = [self._told_change(change) for change in decision.changes]
        return [line for line in [*lines, *(self._told_page(page) for page in decision.pages)] if line]

    def _told_change(self, change: Change) -> str:
        match change:
            case AskUnit():
                return f"{change.asked.call_sign}: asked at level {change.level}"
            case MoveAlert():
                as_role = f" as {change.role}" if change.role else ""
                return f"{self._car(change.alert_id)}: {change.to}{as_role}"
            case Promote():
                return f"{self._car(change.alert_id)}: now primary"
            case MoveIncident():
                return f"incident: {change.to}"
            case Schedule():
                wait = change.next_action_at
                return f"clock: in {(wait - self.now).total_seconds():.0f} s" if wait else "clock: never"
            case BusyUnit():
                return f"{self._car(change.unit_id)}: en route"
            case FreeUnit():
                return f"{self._car(change.unit_id)}: free"

    def _told_page(self, page: Page) -> str:
        loud = "loud " if page.loud else ""
        because = f" ({page.reason})" if page.reason else ""
        return f"{self._car(page.unit_id)}: {loud}{page.kind}{because}"
