"""What an officer's thumb does: receipts, acknowledgments, declining, progress, disposition.

Everything may come twice, late and from several phones of one unit; asked for what already is, the answer is the same.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.domain.alert import ALERT_MOVES, AlertState
from service.domain.disposition import Disposition
from service.domain.errors import Code, DomainError, illegal_move, not_found
from service.domain.escalation import decide
from service.domain.events import Acknowledged, Declined
from service.domain.incident import Incident, IncidentState
from service.domain.unit import Status
from service.operations.decisions import carry_out, free_unit
from service.operations.drill_answers import note_declined, note_received, refuse_in_drill
from service.operations.paging import nudge_workers
from service.operations.registry import SignedInDevice
from service.operations.surroundings import Surroundings, asked_anew, candidates, looking_around
from service.ports import Ports
from service.store import alerts, incidents, journal, receipts, units
from service.store.alerts import StoredAlert
from service.store.database import Database, Transaction
from service.store.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """An alert as its unit's phones see it (DESIGN §7), with the incident that it is about."""

    stored: StoredAlert
    incident: Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One step of an acknowledged unit: its status word, the unit status it means, and the column of its time."""

    word: str
    status: Status
    column: str


@dataclass(frozen=True, slots=True)
class Declining:
    """Why a unit cannot respond, in its own words, and when it said so by the phone's clock."""

    reason: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`casings` is how many shell casings were found, None when nobody counted."""

    disposition: Disposition
    casings: int | None = None
    note: str | None = None


PROGRESS = {
    step.word: step
    for step in (
        Progress(word="en_route", status=Status.EN_ROUTE, column="en_route_at"),
        Progress(word="on_scene", status=Status.ON_SCENE, column="on_scene_at"),
        Progress(word="clear", status=Status.AVAILABLE, column="cleared_at"),
    )
}


def acknowledge(
    database: Database, ports: Ports, *, device: SignedInDevice, alert_id: UUID, at: datetime | None = None
) -> AlertView:
    """The unit says it is going; the first is primary, later ones assist. Late is welcome while the incident lives.

    In a drill it says that it has seen it.

    `at` is when the thumb was there by the phone's clock: recorded, and nothing is decided by it.

    Raises DomainError: not_found for another unit's alert, incident_over after the incident's end.
    """
    now = ports.clock.now()
    with database.transaction(device.agency_id, origin=device.origin) as tx:
        incident = lock_incident_of(tx, device, alert_id)
        alert = own_alert(tx, device, alert_id)
        queued = False
        if incident.is_drill:
            note_received(tx, alert, now=now, actor=device.actor)
        elif alert.alert.state is not AlertState.ACKNOWLEDGED:
            _must_live(incident)
            decision = decide(
                incident,
                alerts.of_incident(tx, incident.incident_id),
                event=Acknowledged(alert_id=alert_id),
                now=now,
            )
            queued = carry_out(tx, incident, decision, now=now, actor=device.actor)
            _journal_phone_time(tx, device, alert, at, now=now)
        view = _view(tx, device, alert_id)
    if queued:
        nudge_workers(ports, device.agency_id, incident.incident_id)
    return view


def decline(database: Database, ports: Ports, *, device: SignedInDevice, alert_id: UUID, why: Declining) -> AlertView:
    """The unit cannot respond, or withdraws: the next nearest are asked at once when the rest cannot cover it.

    Raises DomainError: not_found, incident_over, illegal_move when the alert was recalled or has expired meanwhile.
    """
    with database.transaction(device.agency_id) as tx:
        place = _incident_of(tx, device, alert_id).sound.place

    def act(around: Surroundings) -> tuple[AlertView, bool]:
        now = ports.clock.now()
        with database.transaction(device.agency_id, origin=device.origin) as tx:
            incident = lock_incident_of(tx, device, alert_id)
            alert = own_alert(tx, device, alert_id)
            queued = False
            if incident.is_drill:
                note_declined(tx, alert, reason=why.reason, now=now, actor=device.actor)
            elif alert.alert.state is not AlertState.DECLINED:
                _must_live(incident)
                _must_be_legal(alert, AlertState.DECLINED)
                queued = _decide_declined(tx, incident, alert_id, around, now=now, actor=device.actor)
                alerts.note(tx, alert_id, reason=why.reason)
                _journal_phone_time(tx, device, alert, why.at, now=now)
            return _view(tx, device, alert_id), queued

    view, queued = looking_around(database, ports, act, agency_id=device.agency_id, place=place)
    if queued:
        nudge_workers(ports, device.agency_id, view.incident.incident_id)
    return view


def record_receipt(
    database: Database, ports: Ports, *, device: SignedInDevice, alert_id: UUID, kind: str, at: datetime
) -> None:
    """The device received or displayed a page; a second one of a kind changes nothing.

    Raises DomainError(not_found).
    """
    now = ports.clock.now()
    with database.transaction(device.agency_id, origin=device.origin) as tx:
        alert = own_alert(tx, device, alert_id)
        is_first = receipts.add(tx, alert_id, device.device_id, kind=kind, at=at, now=now)
        # A unit that is asked again receives it again: the stage's time was taken back, the device's receipt was not.
        is_new_stage = (alert.displayed_at if kind == "displayed" else alert.received_at) is None
        if is_new_stage:
            stage = f"{kind}_at"
            if not alerts.move(tx, alert_id, to=AlertState.RECEIVED, now=now, stage=stage):
                alerts.note(tx, alert_id, **{stage: now})
        if is_first or is_new_stage:
            _journal(tx, device, alert.incident_id, f"page_{kind}", now=now, alert_id=str(alert_id))


def report_progress(
    database: Database,
    ports: Ports,
    *,
    device: SignedInDevice,
    alert_id: UUID,
    word: str,
    at: datetime | None = None,
) -> AlertView:
    """An acknowledged unit is en_route, on_scene or clear; clear makes it available again.

    Raises DomainError: not_found, illegal_move when the unit is not on this incident.
    """
    now = ports.clock.now()
    step = PROGRESS[word]
    with database.transaction(device.agency_id, origin=device.origin) as tx:
        incident = lock_incident_of(tx, device, alert_id)
        alert = own_alert(tx, device, alert_id)
        refuse_in_drill(incident)
        if alert.alert.state is not AlertState.ACKNOWLEDGED:
            raise illegal_move("alert", current=alert.alert.state, wanted=word)
        # What comes after "clear" was said before it, and has travelled longer.
        if alert.cleared_at is None and getattr(alert, step.column) is None:
            _step(tx, device, incident.incident_id, alert, step, now=now)
            _journal_phone_time(tx, device, alert, at, now=now)
        return _view(tx, device, alert_id)


def report_disposition(
    database: Database,
    ports: Ports,
    *,
    device: SignedInDevice,
    alert_id: UUID,
    found: Finding,
) -> AlertView:
    """What was really found at the scene, in the words of who was there. It does not end the incident: a person does.

    Raises DomainError: not_found, illegal_move when the unit has not acknowledged.
    """
    now = ports.clock.now()
    with database.transaction(device.agency_id, origin=device.origin) as tx:
        incident = lock_incident_of(tx, device, alert_id)
        alert = own_alert(tx, device, alert_id)
        refuse_in_drill(incident)
        if alert.alert.acknowledged_at is None:
            raise illegal_move("alert", current=alert.alert.state, wanted="disposed")
        if incident.lives or incident.disposition is None:
            # What a dispatcher closed it with is not changed by a word that comes late: the journal has both.
            incidents.note(tx, incident.incident_id, disposition=found.disposition)
        details = {"disposition": found.disposition, "casings": found.casings, "note": found.note}
        _journal(tx, device, incident.incident_id, "disposition_reported", now=now, **details)
        return _view(tx, device, alert_id)


# -- what they share --------------------------------------------------------------------------------------------


def _decide_declined(
    tx: Transaction, incident: Incident, alert_id: UUID, around: Surroundings, *, now: datetime, actor: str
) -> bool:
    known = alerts.of_incident(tx, incident.incident_id)
    # Withdrawing may uncover the incident: then its levels are counted anew.
    eligible = asked_anew(known) if incident.state is IncidentState.COVERED else known
    found = candidates(tx, incident, eligible, around, want=incident.policy.units_per_level, now=now)
    decision = decide(incident, known, event=Declined(alert_id=alert_id, candidates=found), now=now)
    return carry_out(tx, incident, decision, now=now, actor=actor, found=found)


def _step(
    tx: Transaction, device: SignedInDevice, incident_id: UUID, alert: StoredAlert, step: Progress, *, now: datetime
) -> None:
    is_clear = step.status is Status.AVAILABLE
    # On its way or on scene the clock looks after it; nobody is asked how they are once they are clear.
    cared_for = {"next_look_at": None if is_clear else now}
    alerts.note(tx, alert.alert.alert_id, changed_at=now, **{step.column: now}, **cared_for)
    if is_clear:
        free_unit(tx, device.unit_id, incident_id, now=now)
    else:
        units.make_busy(tx, device.unit_id, incident_id, status=step.status, now=now)
    _journal(tx, device, incident_id, f"unit_{step.word}", now=now, alert_id=str(alert.alert.alert_id))


def own_alert(tx: Transaction, device: SignedInDevice, alert_id: UUID) -> StoredAlert:
    """Raises DomainError(not_found), also for another unit's alert."""
    alert = alerts.find_of_unit(tx, alert_id, device.unit_id)
    if alert is None:
        raise not_found("alert")
    return alert


def _incident_of(tx: Transaction, device: SignedInDevice, alert_id: UUID) -> Incident:
    incident = incidents.find(tx, own_alert(tx, device, alert_id).incident_id)
    if incident is None:
        raise not_found("incident")
    return incident


def lock_incident_of(tx: Transaction, device: SignedInDevice, alert_id: UUID) -> Incident:
    """Whoever answers waits for its turn here, so that what is decided is decided on what is true.

    A merge that was committed meanwhile has given the alert to another incident: then it is that one's turn.
    """
    alert = own_alert(tx, device, alert_id)
    while True:
        incident = incidents.lock(tx, alert.incident_id)
        if incident is None:
            raise not_found("incident")
        alert = own_alert(tx, device, alert_id)
        if alert.incident_id == incident.incident_id:
            return incident


def _must_live(incident: Incident) -> None:
    if not incident.lives:
        raise DomainError(Code.INCIDENT_OVER, f"This incident is {incident.state}.")


def _must_be_legal(alert: StoredAlert, to: AlertState) -> None:
    if to not in ALERT_MOVES[alert.alert.state]:
        raise illegal_move("alert", current=alert.alert.state, wanted=to)


def _view(tx: Transaction, device: SignedInDevice, alert_id: UUID) -> AlertView:
    return AlertView(stored=own_alert(tx, device, alert_id), incident=_incident_of(tx, device, alert_id))


def _journal_phone_time(
    tx: Transaction, device: SignedInDevice, alert: StoredAlert, at: datetime | None, *, now: datetime
) -> None:
    if at is not None:
        details = {"alert_id": str(alert.alert.alert_id), "at": at.isoformat()}
        _journal(tx, device, alert.incident_id, "phone_told_its_time", now=now, **details)


def _journal(
    tx: Transaction,
    device: SignedInDevice,
    incident_id: UUID,
    action: str,
    *,
    now: datetime,
    **details: str | int | None,
) -> None:
    entry = Entry(at=now, actor=device.actor, action=action, incident_id=incident_id, details=details)
    journal.write(tx, [entry])
