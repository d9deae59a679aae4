"""What does a thumb do to a drill? It is written down, and nothing else: no unit is busy, nobody is asked instead."""

from datetime import datetime
from uuid import UUID

from service.domain.alert import AlertState
from service.domain.errors import Code, DomainError
from service.domain.incident import Incident
from service.store import alerts, journal
from service.store.alerts import StoredAlert
from service.store.database import Transaction
from service.store.journal import Entry


def note_received(tx: Transaction, alert: StoredAlert, *, now: datetime, actor: str) -> None:
    """Somebody has seen it. Acknowledged and clear in one: a phone must not show that its unit goes anywhere."""
    alert_id = alert.alert.alert_id
    if alerts.move(tx, alert_id, to=AlertState.ACKNOWLEDGED, now=now):
        alerts.note(tx, alert_id, cleared_at=now, next_look_at=None)
        _journal(tx, alert.incident_id, alert_id, "received", now=now, actor=actor)


def note_declined(tx: Transaction, alert: StoredAlert, *, reason: str | None, now: datetime, actor: str) -> None:
    """Somebody has seen it, and means that it was not the moment. After its end it is not said any more."""
    alert_id = alert.alert.alert_id
    if alerts.move(tx, alert_id, to=AlertState.DECLINED, now=now):
        alerts.note(tx, alert_id, reason=reason)
        _journal(tx, alert.incident_id, alert_id, "declined", now=now, actor=actor)


def refuse_in_drill(incident: Incident) -> None:
    """Raises DomainError(illegal_move) for what would be said of a real incident.

    Not while it lives: a process of the release before, which does not know drills, has reopened it, so it rings in
    earnest, and a person must be able to end it.
    """
    if incident.is_drill and not incident.lives:
        raise DomainError(Code.ILLEGAL_MOVE, "This is a drill and no incident: nobody goes, and nothing is found.")


def _journal(tx: Transaction, drill_id: UUID, alert_id: UUID, answer: str, *, now: datetime, actor: str) -> None:
    details = {"alert_id": str(alert_id), "answer": answer}
    journal.write(tx, [Entry(at=now, actor=actor, action="drill_answered", incident_id=drill_id, details=details)])
