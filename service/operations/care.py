"""Who looks after a unit once it has acknowledged? The clock, until the unit is clear or the incident ends.

It tells the console (by the journal) who is forgotten and who does not come closer, and asks an officer who has been on
scene for a while whether all is well. What to worry about: `domain.care`. Calling for help: `emergencies`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from service.domain.alert import AlertState, PageKind
from service.domain.care import Care, Concern, Duty, Seen, look_after
from service.domain.effects import Decision, Page
from service.domain.errors import Code, DomainError, illegal_move
from service.domain.geo import distance_m
from service.domain.incident import Incident
from service.domain.unit import Fix, Status
from service.operations.acknowledgments import AlertView, lock_incident_of, own_alert
from service.operations.decisions import carry_out
from service.operations.emergencies import Call, call_for_help
from service.operations.one_by_one import passed_over
from service.operations.paging import nudge_workers
from service.operations.registry import SignedInDevice
from service.ports import Ports
from service.store import alerts, emergencies, fixes, incidents, journal, units
from service.store.alerts import StoredAlert
from service.store.database import Database, Transaction
from service.store.incidents import Due
from service.store.journal import Entry

log = structlog.get_logger()

AT_MOST = 200
"""Incidents a tick; the rest is the next tick's, and other clocks'."""
ACTIONS = {
    Concern.UNCONFIRMED: "unit_forgotten",
    Concern.STALLED: "unit_not_coming_closer",
    Concern.WELFARE: "welfare_asked",
    Concern.SILENT: "welfare_silent",
}
"""What the journal calls each concern, and with it the stream."""
RUNG = frozenset({Concern.WELFARE, Concern.SILENT})
"""The officer's phone rings with the question, and once more when the console is told that nobody answered."""
LEFT = frozenset({Status.AVAILABLE, Status.OFF_DUTY})
"""What a unit says of itself that is on no scene any more, though it has not said that it is clear."""
_GIVEN = ("confirmed_at", "on_scene_at", "welfare_answered_at")
_NOTED = (
    "closest_m",
    "closest_at",
    "unconfirmed_nudged_at",
    "stalled_nudged_at",
    "welfare_asked_at",
    "welfare_silent_at",
)
"""Columns of an alert as the domain names them: what others say of a duty, and what is noted by looking after it."""


# -- the clock ----------------------------------------------------------------------------------------------------


def look_after_due(database: Database, ports: Ports) -> int:
    """Look after every unit whose time has come; of how many incidents there were any."""
    due = incidents.with_units_to_look_after(database, now=ports.clock.now(), at_most=AT_MOST)
    for row in due:
        with passed_over("units_not_looked_after", incident_id=row.incident_id):
            _look_after_units_of(database, ports, row)
    return len(due)


def _look_after_units_of(database: Database, ports: Ports, row: Due) -> None:
    now = ports.clock.now()
    with database.transaction(row.agency_id) as tx:
        incident = incidents.lock_if_free(tx, row.incident_id)
        if incident is None:
            return
        due = [each for each in alerts.stages_of_incident(tx, incident.incident_id) if _is_due(each, now)]
        over = [each for each in due if not (incident.lives and each.is_on_duty)]
        for each in over:
            alerts.note(tx, each.alert.alert_id, next_look_at=None)
        queued = _Rounds(tx, incident, now).go([each for each in due if each not in over])
    if queued:
        nudge_workers(ports, row.agency_id, row.incident_id)


def _is_due(alert: StoredAlert, now: datetime) -> bool:
    return alert.next_look_at is not None and alert.next_look_at <= now


@dataclass(frozen=True, slots=True)
class _Rounds:
    """One look at units of an incident, in a transaction that holds its row."""

    tx: Transaction
    incident: Incident
    now: datetime

    def go(self, due: Sequence[StoredAlert]) -> bool:
        """True when pages were queued."""
        if not due:
            return False
        unit_ids = [each.alert.unit_id for each in due]
        tracks = fixes.tracks_of(self.tx, unit_ids)
        askable = self._askable(unit_ids)
        rung: list[Page] = []
        told: list[Entry] = []
        for each in due:
            unit_id = each.alert.unit_id
            fix = tracks[unit_id].last if unit_id in tracks else None
            duty = duty_of(each, may_be_asked=unit_id in askable)
            care = look_after(duty, seen=self._seen(fix), now=self.now, policy=self.incident.policy)
            self._keep(each, care)
            told += self._told(each, care, fix)
            rung += [Page(unit_id=unit_id, kind=PageKind.WELFARE, loud=True) for _ in RUNG.intersection(care.concerns)]
        if told:
            journal.write(self.tx, told)
        return carry_out(self.tx, self.incident, Decision(pages=tuple(rung)), now=self.now, actor="clock")

    def _askable(self, unit_ids: Iterable[UUID]) -> set[UUID]:
        known = units.by_id(self.tx, unit_ids)
        there = {unit.unit_id for unit in known.values() if unit.status not in LEFT}
        return there - emergencies.calling(self.tx, there)

    def _seen(self, fix: Fix | None) -> Seen | None:
        if fix is None:
            return None
        away_m = distance_m(fix.point, self.incident.sound.place)
        return Seen(distance_m=round(away_m, 1), accuracy_m=fix.accuracy_m or 0.0)

    def _keep(self, alert: StoredAlert, care: Care) -> None:
        columns = {name: getattr(care.duty, name) for name in _NOTED}
        alerts.note(self.tx, alert.alert.alert_id, next_look_at=care.next_look_at, **columns)

    def _told(self, alert: StoredAlert, care: Care, fix: Fix | None) -> list[Entry]:
        return [
            Entry(
                at=self.now,
                actor="clock",
                action=ACTIONS[concern],
                incident_id=self.incident.incident_id,
                details=_named(alert) | self._about(concern, care.duty, fix),
            )
            for concern in care.concerns
        ]

    def _about(self, concern: Concern, duty: Duty, fix: Fix | None) -> dict[str, Any]:
        """Since when, and for a unit on its way how far off it is and how old its fix is: null when it has none."""
        seen = self._seen(fix)
        age_s = max(0.0, (self.now - fix.at).total_seconds()) if fix else None
        where = {
            "distance_m": seen.distance_m if seen else None,
            "fix_age_s": None if age_s is None else round(age_s),
        }
        match concern:
            case Concern.UNCONFIRMED:
                return {"since": duty.acknowledged_at.isoformat()} | where
            case Concern.STALLED:
                return {"since": duty.not_closer_since.isoformat()} | where
            case Concern.WELFARE:
                return {"answer_within_s": self.incident.policy.welfare_answer_s}
            case Concern.SILENT:
                return {"since": duty.welfare_asked_at.isoformat() if duty.welfare_asked_at else None}


def duty_of(stored: StoredAlert, *, may_be_asked: bool = True) -> Duty:
    """What the domain needs to know of an acknowledged alert."""
    acknowledged_at = stored.alert.acknowledged_at
    assert acknowledged_at is not None  # noqa: S101  an acknowledged alert has the time of it
    known = {name: getattr(stored, name) for name in (*_GIVEN, *_NOTED)}
    return Duty(acknowledged_at=acknowledged_at, may_be_asked=may_be_asked, **known)


# -- the officer --------------------------------------------------------------------------------------------------


def answer_welfare(
    database: Database, ports: Ports, *, device: SignedInDevice, alert_id: UUID, all_right: bool, call: Call
) -> AlertView:
    """All right starts the timer anew. Otherwise help is called for, first and whatever has become of the alert.

    The same answer again changes nothing. Raises DomainError: not_found; to "all right" also incident_over, and
    illegal_move when the unit is not on the incident.
    """
    if not all_right:
        with database.transaction(device.agency_id) as tx:
            own_alert(tx, device, alert_id)
        call_for_help(database, ports, device=device, call=call)
    now = ports.clock.now()
    with database.transaction(device.agency_id, origin=device.origin) as tx:
        incident = lock_incident_of(tx, device, alert_id)
        alert = own_alert(tx, device, alert_id)
        if alert.awaits_welfare and incident.lives:
            alerts.note(tx, alert_id, welfare_answered_at=now, next_look_at=now, changed_at=now)
            _tell_answer(tx, device, alert, "all_right" if all_right else "help", now=now, at=call.at)
        elif all_right and alert.welfare_answered_at is None:
            _must_be_there(alert, incident)
        return AlertView(stored=own_alert(tx, device, alert_id), incident=incident)


def _must_be_there(alert: StoredAlert, incident: Incident) -> None:
    if not incident.lives:
        raise DomainError(Code.INCIDENT_OVER, f"This incident is {incident.state}.")
    if alert.alert.state is not AlertState.ACKNOWLEDGED:
        raise illegal_move("alert", current=alert.alert.state, wanted="answered from the scene")


def _tell_answer(
    tx: Transaction, device: SignedInDevice, alert: StoredAlert, answer: str, *, now: datetime, at: datetime | None
) -> None:
    details = _named(alert) | {"answer": answer} | ({"at": at.isoformat()} if at else {})
    entry = Entry(at=now, actor=device.actor, action="welfare_answered", incident_id=alert.incident_id, details=details)
    journal.write(tx, [entry])


def _named(alert: StoredAlert) -> dict[str, str]:
    told = alert.alert
    return {"alert_id": str(told.alert_id), "unit_id": str(told.unit_id), "call_sign": told.call_sign}
