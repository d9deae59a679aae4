"""What a dispatcher's hand does to an incident that lives: confirm, refuse, send, release, escalate.

Two dispatchers may do the same at once: the second finds it done, and that is no mistake. Not for how an incident ends
(`ending`) nor for which detections belong to it (`regrouping`).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from service.domain.alert import RINGING, AlertState
from service.domain.errors import Code, DomainError, illegal_move, not_found
from service.domain.escalation import decide
from service.domain.events import Confirmed, Dispatched, Event, Hastened, Opened, Refused
from service.domain.geo import Distance
from service.domain.incident import Incident, IncidentState
from service.domain.selection import Asked, Selection
from service.domain.unit import Status
from service.operations.accounts import SignedInUser
from service.operations.decisions import carry_out
from service.operations.drill_answers import refuse_in_drill
from service.operations.paging import nudge_workers
from service.operations.surroundings import Surroundings, asked_anew, candidates, looking_around
from service.ports import Ports
from service.store import alerts, emergencies, fixes, incidents, journal, selections, units
from service.store.alerts import StoredAlert
from service.store.database import Database, Transaction
from service.store.journal import Entry
from service.store.units import StoredUnit

KNOWS = RINGING | {AlertState.ACKNOWLEDGED}
"""States of an alert whose unit need not be sent again."""


def confirm_acknowledgment(
    database: Database, ports: Ports, *, user: SignedInUser, incident_id: UUID, alert_id: UUID
) -> None:
    """The unit is assigned, and its phone shows it. No state changes.

    Raises DomainError: not_found, incident_over, illegal_move when the unit has not acknowledged.
    """
    now = ports.clock.now()
    with database.transaction(user.agency_id, origin=user.origin) as tx:
        incident = lock_living(tx, incident_id)
        alert = _alert_of(tx, incident, alert_id)
        if alert.alert.state is not AlertState.ACKNOWLEDGED:
            raise illegal_move("alert", current=alert.alert.state, wanted="confirmed")
        if alert.confirmed_at is not None:
            return
        alerts.note(tx, alert_id, confirmed_at=now, confirmed_by=user.actor, changed_at=now)
        tell(tx, user, incident_id, "acknowledgment_confirmed", now=now, **_named(alert))
        queued = follow(tx, incident, Confirmed(alert_id=alert_id), user=user, now=now)
    if queued:
        nudge_workers(ports, user.agency_id, incident_id)


def refuse_acknowledgment(
    database: Database, ports: Ports, *, user: SignedInUser, incident_id: UUID, alert_id: UUID
) -> None:
    """Stand the unit down: it is free, its phone says so, and the next is asked when it is needed.

    Raises DomainError: not_found, incident_over, illegal_move when the unit has not acknowledged.
    """

    def act(tx: Transaction, incident: Incident, around: Surroundings, now: datetime) -> bool:
        alert = _alert_of(tx, incident, alert_id)
        if alert.refused_at is not None and alert.alert.state is AlertState.RECALLED:
            return False
        if alert.alert.state is not AlertState.ACKNOWLEDGED:
            raise illegal_move("alert", current=alert.alert.state, wanted="refused")
        tell(tx, user, incident_id, "acknowledgment_refused", now=now, **_named(alert))
        # Noted first: whoever is asked next, it is not this unit, and that is the reason shown.
        alerts.note(tx, alert_id, refused_at=now)
        known = alerts.of_incident(tx, incident_id)
        without = [replace(each, state=AlertState.RECALLED) if each.refused else each for each in known]
        eligible = asked_anew(without) if incident.state is IncidentState.COVERED else without
        found = candidates(tx, incident, eligible, around, want=incident.policy.units_per_level, now=now)
        decision = decide(incident, known, event=Refused(alert_id=alert_id, candidates=found), now=now)
        return carry_out(tx, incident, decision, now=now, actor=user.actor, found=found)

    _with_who_is_around(database, ports, act, user=user, incident_id=incident_id)


def dispatch_units(
    database: Database, ports: Ports, *, user: SignedInUser, incident_id: UUID, unit_ids: Sequence[UUID]
) -> None:
    """Ask these units, however far and however busy; those that ring or go already are left as they are.

    Raises DomainError: not_found for a unit of nobody's, incident_over, illegal_move for one that is off duty, has no
    phone that can ring, has called for help itself, has declined (it can still accept), or is clear (stood down
    first, it can be sent again).
    """
    now = ports.clock.now()
    with database.transaction(user.agency_id, origin=user.origin) as tx:
        incident = lock_living(tx, incident_id)
        known = units.by_id(tx, unit_ids)
        if set(known) != set(unit_ids):
            raise not_found("unit")
        its_alerts = alerts.stages_of_incident(tx, incident_id)
        _must_not_be_clear(its_alerts, unit_ids)
        states = {each.alert.unit_id: each.alert.state for each in its_alerts}
        # Those that ring or go already are left as they are.
        wanted = [known[unit_id] for unit_id in dict.fromkeys(unit_ids) if states.get(unit_id) not in KNOWS]
        if not wanted:
            return
        calling = emergencies.calling(tx, [unit.unit_id for unit in wanted])
        for unit in wanted:
            _must_be_sendable(unit, states.get(unit.unit_id), calls_for_help=unit.unit_id in calling)
        asked = _sent(tx, incident, wanted, now=now)
        details = {"units": [{"unit_id": str(one.unit_id), "call_sign": one.call_sign} for one in asked]}
        tell(tx, user, incident_id, "units_dispatched", now=now, **details)
        queued = follow(tx, incident, Dispatched(units=asked), user=user, now=now)
        level = max(incident.level, 1)
        selections.add(tx, incident_id, Selection(asked=asked), level=level, facts=(), at=now)
    if queued:
        nudge_workers(ports, user.agency_id, incident_id)


def release_incident(database: Database, ports: Ports, *, user: SignedInUser, incident_id: UUID) -> None:
    """Ring for a held incident now; one that rings already stays as it is.

    Raises DomainError: not_found, incident_over.
    """

    def act(tx: Transaction, incident: Incident, around: Surroundings, now: datetime) -> bool:
        if not incident.is_silent:
            return False
        tell(tx, user, incident_id, "incident_released", now=now)
        return _open(tx, incident, around, user=user, now=now)

    _with_who_is_around(database, ports, act, user=user, incident_id=incident_id)


def escalate_incident(
    database: Database, ports: Ports, *, user: SignedInUser, incident_id: UUID, from_level: int | None = None
) -> None:
    """Ask the next level now. `from_level` is the level that the dispatcher saw: when it has passed, nothing is done.

    Raises DomainError: not_found, incident_over.
    """

    def act(tx: Transaction, incident: Incident, around: Surroundings, now: datetime) -> bool:
        if from_level is not None and incident.level != from_level:
            return False
        tell(tx, user, incident_id, "incident_escalated", now=now, from_level=incident.level)
        known = alerts.of_incident(tx, incident_id)
        found = candidates(tx, incident, known, around, want=incident.policy.units_per_level, now=now)
        decision = decide(incident, known, event=Hastened(candidates=found), now=now)
        return carry_out(tx, incident, decision, now=now, actor=user.actor, found=found)

    _with_who_is_around(database, ports, act, user=user, incident_id=incident_id)


def reopen_incident(database: Database, ports: Ports, *, user: SignedInUser, incident_id: UUID) -> None:
    """It was no end: ring anew. A living one stays as it is.

    Raises DomainError: not_found, illegal_move when its detections are another incident's now.
    """

    def act(tx: Transaction, incident: Incident, around: Surroundings, now: datetime) -> bool:
        if incident.lives:
            return False
        refuse_in_drill(incident)
        if incident.merged_into is not None:
            raise DomainError(Code.ILLEGAL_MOVE, "This incident was merged into another; split that one instead.")
        tell(tx, user, incident_id, "incident_reopened", now=now, was=incident.state)
        incidents.note(tx, incident_id, disposition=None)
        return _open(tx, incident, around, user=user, now=now)

    _with_who_is_around(database, ports, act, user=user, incident_id=incident_id, ended_too=True)


# -- what dispatchers' acts share ---------------------------------------------------------------------------------


def lock_living(tx: Transaction, incident_id: UUID) -> Incident:
    """The incident, nobody else's until the transaction ends. Raises DomainError: not_found, incident_over."""
    incident = incidents.lock(tx, incident_id)
    if incident is None:
        raise not_found("incident")
    refuse_in_drill(incident)
    if not incident.lives:
        raise DomainError(Code.INCIDENT_OVER, f"This incident is {incident.state}.")
    return incident


def tell(
    tx: Transaction, user: SignedInUser, incident_id: UUID, action: str, *, now: datetime, **details: object
) -> None:
    """What a person did, for the journal: it is the incident's timeline, and what everybody who watches is told."""
    journal.write(tx, [Entry(at=now, actor=user.actor, action=action, incident_id=incident_id, details=details)])


def follow(tx: Transaction, incident: Incident, event: Event, *, user: SignedInUser, now: datetime) -> bool:
    """Decide and carry out what needs to know of nobody around; True when pages were queued."""
    decision = decide(incident, alerts.of_incident(tx, incident.incident_id), event=event, now=now)
    return carry_out(tx, incident, decision, now=now, actor=user.actor)


def _with_who_is_around(
    database: Database,
    ports: Ports,
    act: Callable[[Transaction, Incident, Surroundings, datetime], bool],
    *,
    user: SignedInUser,
    incident_id: UUID,
    ended_too: bool = False,
) -> None:
    """Call `act` with the locked incident and who is around its place; nudge the workers when it queued pages."""
    with database.transaction(user.agency_id) as tx:
        incident = incidents.find(tx, incident_id)
    if incident is None:
        raise not_found("incident")

    def decide_with(around: Surroundings) -> bool:
        with database.transaction(user.agency_id, origin=user.origin) as tx:
            locked = incidents.lock(tx, incident_id) if ended_too else lock_living(tx, incident_id)
            return locked is not None and act(tx, locked, around, ports.clock.now())

    if looking_around(database, ports, decide_with, agency_id=user.agency_id, place=incident.sound.place):
        nudge_workers(ports, user.agency_id, incident_id)


def _open(tx: Transaction, incident: Incident, around: Surroundings, *, user: SignedInUser, now: datetime) -> bool:
    known = alerts.of_incident(tx, incident.incident_id)
    found = candidates(tx, incident, asked_anew(known), around, want=incident.policy.units_per_level, now=now)
    decision = decide(incident, known, event=Opened(candidates=found), now=now)
    return carry_out(tx, incident, decision, now=now, actor=user.actor, found=found)


def _alert_of(tx: Transaction, incident: Incident, alert_id: UUID) -> StoredAlert:
    for stored in alerts.stages_of_incident(tx, incident.incident_id):
        if stored.alert.alert_id == alert_id:
            return stored
    raise not_found("alert")


def _named(alert: StoredAlert) -> dict[str, str]:
    return {"alert_id": str(alert.alert.alert_id), "call_sign": alert.alert.call_sign}


def _must_be_sendable(unit: StoredUnit, state: AlertState | None, *, calls_for_help: bool) -> None:
    refusals = {
        f"{unit.call_sign} has called for help itself.": calls_for_help,
        f"{unit.call_sign} is off duty.": unit.status is Status.OFF_DUTY,
        f"{unit.call_sign} has no phone that can ring; tell it by radio.": not unit.has_device,
        f"{unit.call_sign} has declined; it can still accept by itself.": state is AlertState.DECLINED,
    }
    for message, refused in refusals.items():
        if refused:
            raise DomainError(Code.ILLEGAL_MOVE, message)


def _must_not_be_clear(its_alerts: Sequence[StoredAlert], unit_ids: Sequence[UUID]) -> None:
    """It looks like one that goes, and would not ring: nobody may believe that it has been sent."""
    for each in its_alerts:
        if each.alert.unit_id in unit_ids and each.alert.state is AlertState.ACKNOWLEDGED and each.cleared_at:
            message = f"{each.alert.call_sign} is clear of this incident; stand it down first to send it again."
            raise DomainError(Code.ILLEGAL_MOVE, message)


def _sent(tx: Transaction, incident: Incident, sent: Sequence[StoredUnit], *, now: datetime) -> tuple[Asked, ...]:
    tracks = fixes.all_tracks(tx)
    asked = []
    for rank, unit in enumerate(sent, start=1):
        fix = tracks[unit.unit_id].last if unit.unit_id in tracks else None
        asked.append(
            Asked(
                unit_id=unit.unit_id,
                call_sign=unit.call_sign,
                rank=rank,
                distance_m=Distance(fix.point, incident.sound.place).exact_m if fix else None,
                fix_age_s=max(0.0, (now - fix.at).total_seconds()) if fix else None,
                reason="sent by dispatch",
            )
        )
    return tuple(asked)
