"""How a person ends an incident, or writes something down about it: cancel, close, note, legal hold.

Not for bringing it back: `dispatching.reopen_incident`.
"""

from dataclasses import dataclass
from uuid import UUID

from service.domain.disposition import Disposition
from service.domain.errors import Code, DomainError, illegal_move, not_found
from service.domain.escalation import decide
from service.domain.events import Ended
from service.domain.incident import Incident, IncidentState
from service.operations.accounts import SignedInUser
from service.operations.decisions import carry_out
from service.operations.dispatching import tell
from service.operations.drill_answers import refuse_in_drill
from service.operations.paging import nudge_workers
from service.ports import Ports
from service.store import alerts, incidents, pages
from service.store.database import Database, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """With what an incident is closed; the note is a line in its timeline."""

    disposition: Disposition
    note: str | None = None


def cancel_incident(database: Database, ports: Ports, *, user: SignedInUser, incident_id: UUID, reason: str) -> None:
    """Nobody need go: phones are recalled with the reason. A second cancellation changes nothing.

    Raises DomainError: not_found, illegal_move when it was closed.
    """
    now = ports.clock.now()
    with database.transaction(user.agency_id, origin=user.origin) as tx:
        incident = _lock(tx, incident_id)
        if incident.state is IncidentState.CANCELLED:
            return
        _must_live(incident, IncidentState.CANCELLED)
        tell(tx, user, incident_id, "cancellation_ordered", now=now, reason=reason)
        event = _ended(tx, incident, IncidentState.CANCELLED, f"Cancelled by dispatch: {reason}")
        decision = decide(incident, alerts.of_incident(tx, incident_id), event=event, now=now)
        queued = carry_out(tx, incident, decision, now=now, actor=user.actor)
    if queued:
        nudge_workers(ports, user.agency_id, incident_id)


def close_incident(
    database: Database,
    ports: Ports,
    *,
    user: SignedInUser,
    incident_id: UUID,
    finding: Closing,
) -> None:
    """It is over, and this is what was found. Closing a closed one again corrects what was found, if it differs.

    Raises DomainError: not_found, illegal_move when it was cancelled, or merged into another: that one is to be closed.
    """
    now = ports.clock.now()
    disposition = finding.disposition
    with database.transaction(user.agency_id, origin=user.origin) as tx:
        incident = _lock(tx, incident_id)
        if incident.merged_into is not None and disposition is not incident.disposition:
            raise DomainError(Code.ILLEGAL_MOVE, "This incident was merged into another; close that one instead.")
        details = {"disposition": disposition, "note": finding.note}
        if incident.state is IncidentState.CLOSED:
            if incident.disposition is not disposition:
                incidents.note(tx, incident_id, disposition=disposition)
                tell(tx, user, incident_id, "disposition_corrected", now=now, was=incident.disposition, **details)
            return
        _must_live(incident, IncidentState.CLOSED)
        incidents.note(tx, incident_id, disposition=disposition)
        tell(tx, user, incident_id, "closure_ordered", now=now, **details)
        event = _ended(tx, incident, IncidentState.CLOSED, f"Closed: {disposition.replace('_', ' ')}")
        decision = decide(incident, alerts.of_incident(tx, incident_id), event=event, now=now)
        queued = carry_out(tx, incident, decision, now=now, actor=user.actor)
    if queued:
        nudge_workers(ports, user.agency_id, incident_id)


def add_note(database: Database, ports: Ports, *, user: SignedInUser, incident_id: UUID, text: str) -> None:
    """A line in the timeline; also of an incident that is over, since reports are written afterwards."""
    now = ports.clock.now()
    with database.transaction(user.agency_id, origin=user.origin) as tx:
        _lock(tx, incident_id)
        tell(tx, user, incident_id, "note_added", now=now, text=text)


def place_legal_hold(database: Database, ports: Ports, *, user: SignedInUser, incident_id: UUID, reason: str) -> None:
    """Nothing of the incident is purged until the hold is lifted. Another reason takes the earlier one's place."""
    now = ports.clock.now()
    with database.transaction(user.agency_id, origin=user.origin) as tx:
        if _lock(tx, incident_id).legal_hold != reason:
            incidents.note(tx, incident_id, legal_hold=reason)
            tell(tx, user, incident_id, "legal_hold_placed", now=now, reason=reason)


def lift_legal_hold(database: Database, ports: Ports, *, user: SignedInUser, incident_id: UUID) -> None:
    """From now on the agency's retention counts again. A second call changes nothing."""
    now = ports.clock.now()
    with database.transaction(user.agency_id, origin=user.origin) as tx:
        reason = _lock(tx, incident_id).legal_hold
        if reason is not None:
            incidents.note(tx, incident_id, legal_hold=None)
            tell(tx, user, incident_id, "legal_hold_lifted", now=now, was=reason)


def _lock(tx: Transaction, incident_id: UUID) -> Incident:
    incident = incidents.lock(tx, incident_id)
    if incident is None:
        raise not_found("incident")
    return incident


def _must_live(incident: Incident, wanted: IncidentState) -> None:
    refuse_in_drill(incident)
    if not incident.lives:
        raise illegal_move("incident", current=incident.state, wanted=wanted)


def _ended(tx: Transaction, incident: Incident, to: IncidentState, reason: str) -> Ended:
    return Ended(to=to, reason=reason, warned=pages.warned_units(tx, incident.incident_id))
