"""Whom would an incident have asked under another policy? The same rules played on what was known that night.

There is no second implementation: `choose` chooses, `decide` decides, as they did. It is played as if nobody answered,
everybody stayed where they were, and their phones went on telling so; which detections belong together stays as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.alert import Alert, AlertState, PageKind
from service.domain.candidacy import by_their_alerts, suffices, supervisors_are_next
from service.domain.detection import is_from_the_future, is_held, is_stale, rings
from service.domain.effects import AskUnit, Change, Decision, MoveAlert, MoveIncident, Schedule
from service.domain.escalation import decide
from service.domain.events import Candidates, DeadlinePassed, Opened
from service.domain.incident import Incident, IncidentState
from service.domain.policy import Policy
from service.domain.selection import Asked, Candidate, NotAsked, Selection, choose, choose_supervisors


@dataclass(frozen=True, slots=True, kw_only=True)
class ThatNight:
    """What the incident's first selection was made from, at that moment; no unit has been asked yet.

    `everybody`: there were no units but these that could have been asked.
    """

    at: datetime
    units: Sequence[Candidate]
    supervisors: Sequence[Candidate]
    everybody: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Who is asked and who is warned at one moment; `after_s` counts from when the incident opened."""

    level: int
    after_s: float
    asked: tuple[Asked, ...]
    warned: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would have happened. `why_silent`: no phone would have rung at all, for this reason.

    `unanswered` is the step at which supervisors ring. None when it was not come to: the incident is silent, or a level
    would have asked units farther than those whose positions were kept (`cut_short`). `not_asked` is of level 1.
    """

    why_silent: str | None = None
    held: bool = False
    levels: tuple[Step, ...] = ()
    unanswered: Step | None = None
    cut_short: bool = False
    not_asked: tuple[NotAsked, ...] = ()


def preview(incident: Incident, night: ThatNight, *, policy: Policy) -> Preview:
    """The incident as it is known now, under `policy` from its beginning, until supervisors are asked."""
    if reason := _why_silent(incident, policy):
        return Preview(why_silent=reason)
    return _Play(incident, night, policy=policy).to_the_end()


def _why_silent(incident: Incident, policy: Policy) -> str | None:
    sound = incident.sound
    if not rings(sound):
        return f"{sound.classification.replace('_', ' ')}: shown, not rung"
    if is_from_the_future(sound.occurred_at, now=incident.opened_at, policy=policy):
        return f"more than {policy.future_after_s} s in the future: refused"
    if is_stale(sound.occurred_at, now=incident.opened_at, policy=policy):
        return f"older than {policy.stale_after_s} s when it was told: shown, not rung"
    return None


class _Play:
    """The incident being played: where it stands after each decision, and the steps so far."""

    def __init__(self, incident: Incident, night: ThatNight, *, policy: Policy) -> None:
        self.night = night
        self.held = is_held(incident.sound)
        state = IncidentState.HELD if self.held else IncidentState.OPEN
        self.incident = replace(incident, state=state, policy=policy, level=0, sequence=0, deadline_at=None)
        self.now = night.at + timedelta(seconds=policy.hold_low_confidence_s if self.held else 0)
        self.alerts: dict[UUID, Alert] = {}
        self.levels: list[Step] = []
        self.unanswered: Step | None = None
        self.cut_short = False
        self.not_asked: tuple[NotAsked, ...] = ()

    def to_the_end(self) -> Preview:
        while self.unanswered is None and not self.cut_short:
            self._next()
        return Preview(
            held=self.held,
            levels=tuple(self.levels),
            unanswered=self.unanswered,
            cut_short=self.cut_short,
            not_asked=self.not_asked,
        )

    def _next(self) -> None:
        is_first = self.incident.deadline_at is None
        self.now = self.incident.deadline_at or self.now
        found = self._candidates()
        if self._must_look_farther(found):
            self.cut_short = True
            return
        if is_first:
            self.not_asked = found.units.not_asked
        opens = is_first and not self.held
        event = Opened(candidates=found) if opens else DeadlinePassed(candidates=found)
        decision = decide(self.incident, list(self.alerts.values()), event=event, now=self.now)
        for change in decision.changes:
            self._apply(change)
        self._note(decision)

    def _must_look_farther(self, found: Candidates) -> bool:
        """After the last level it does not matter who else there was."""
        policy = self.incident.policy
        asks = self.incident.level < policy.levels
        return asks and not self.night.everybody and not suffices(found.units, want=self._want, policy=policy)

    @property
    def _want(self) -> int:
        return self.incident.policy.units_per_level

    def _candidates(self) -> Candidates:
        place, at = self.incident.sound.place, self.night.at
        alerts = list(self.alerts.values())
        units = by_their_alerts(self.night.units, alerts, now=self.now)
        selection = choose(place, units, policy=self.incident.policy, now=at, want=self._want)
        supervisors = Selection()
        if supervisors_are_next(self.incident, selection):
            asked_before = by_their_alerts(self.night.supervisors, alerts, now=self.now)
            supervisors = choose_supervisors(place, asked_before, now=at)
        return Candidates(units=selection, supervisors=supervisors)

    def _note(self, decision: Decision) -> None:
        asks = [change for change in decision.changes if isinstance(change, AskUnit)]
        step = Step(
            level=asks[0].level if asks else self.incident.level + 1,
            after_s=(self.now - self.night.at).total_seconds(),
            asked=tuple(ask.asked for ask in asks),
            warned=tuple(page.unit_id for page in decision.pages if page.kind is PageKind.WARNING),
        )
        if self.incident.state is IncidentState.UNANSWERED:
            self.unanswered = step
        else:
            self.levels.append(step)

    def _apply(self, change: Change) -> None:
        match change:
            case AskUnit():
                self.alerts[change.asked.unit_id] = _alert(change)
            case MoveAlert():
                moved = next(alert for alert in self.alerts.values() if alert.alert_id == change.alert_id)
                self.alerts[moved.unit_id] = replace(moved, state=change.to)
            case MoveIncident():
                self.incident = replace(self.incident, state=change.to)
            case Schedule():
                self.incident = replace(self.incident, level=change.level, deadline_at=change.deadline_at)


def _alert(ask: AskUnit) -> Alert:
    """Nobody looks an alert of a preview up, so it bears its unit's id."""
    return Alert(
        alert_id=ask.asked.unit_id,
        unit_id=ask.asked.unit_id,
        call_sign=ask.asked.call_sign,
        state=AlertState.QUEUED,
        level=ask.level,
        deadline_at=ask.deadline_at,
    )
