"""What does a person at a desk see? Incidents, the whole of one, and where the units are.

Nothing happens here but looking, and the journal says who looked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.domain.alert import PageState
from service.domain.errors import Code, DomainError, not_found
from service.domain.incident import Incident, IncidentState
from service.domain.stage_clock import Stage, stage_clock
from service.domain.unit import Fix
from service.operations.accounts import SignedInUser
from service.operations.record import looked
from service.ports import Ports
from service.store import alerts, detections, fixes, incidents, journal, names, pages, receipts, selections, units
from service.store.alerts import StoredAlert
from service.store.database import Database, Transaction
from service.store.detections import StoredDetection
from service.store.journal import Entry
from service.store.pages import StoredPage
from service.store.receipts import Receipt
from service.store.selections import StoredSelection
from service.store.units import StoredUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRecord:
    """An incident and all that belongs to it, each part oldest first.

    `stages` is the time of every stage, None for one that has not come; `names` are those of the timeline's actors.
    """

    incident: Incident
    detections: Sequence[StoredDetection]
    selections: Sequence[StoredSelection]
    alerts: Sequence[StoredAlert]
    receipts: Sequence[Receipt]
    pages: Sequence[StoredPage]
    timeline: Sequence[Entry]
    stages: Mapping[Stage, datetime | None]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOnBoard:
    """A unit and its last believed fix, a few seconds old at most when it has just reported; None without any."""

    unit: StoredUnit
    fix: Fix | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which incidents: of these states, of all when there are none; `before` is the last one of the page before.

    `drills`: these instead, which are none.
    """

    states: tuple[IncidentState, ...] = ()
    before: UUID | None = None
    limit: int = 50
    drills: bool = False


def list_incidents(database: Database, ports: Ports, *, user: SignedInUser, wanted: Wanted) -> list[Incident]:
    """Newest first. Raises DomainError(invalid) when `before` is no incident of this agency."""
    with database.transaction(user.agency_id, origin=user.origin) as tx:
        if wanted.before is not None and incidents.find(tx, wanted.before) is None:
            raise DomainError(Code.INVALID, "cursor must be the `next` of an earlier answer.")
        found = incidents.page_of_newest(
            tx, states=wanted.states, before=wanted.before, limit=wanted.limit, drills=wanted.drills
        )
        details = {
            "states": list(wanted.states),
            "before": str(wanted.before) if wanted.before else None,
            "incident_ids": [str(incident.incident_id) for incident in found],
        }
        looked(tx, ports, user, "incidents_listed", details=details)
        return found


def record_watching(database: Database, ports: Ports, *, user: SignedInUser, after: UUID | None) -> None:
    """Whoever watches from now on sees whatever happens, and what happened after that event."""
    with database.transaction(user.agency_id, origin=user.origin) as tx:
        looked(tx, ports, user, "incidents_watched", details={"after": str(after) if after else None})


def show_incident(database: Database, ports: Ports, *, user: SignedInUser, incident_id: UUID) -> IncidentRecord:
    """Also what each act answers with. Raises DomainError(not_found), also for another agency's incident."""
    with database.transaction(user.agency_id, origin=user.origin) as tx:
        record = _record(tx, incident_id)
        looked(tx, ports, user, "incident_read", incident_id=incident_id)
        return record


def list_units(database: Database, *, agency_id: UUID) -> list[UnitOnBoard]:
    """The agency's units by call sign, and where each was last."""
    with database.transaction(agency_id) as tx:
        tracks = fixes.all_tracks(tx)
        known = units.first(tx)
    return [UnitOnBoard(unit=unit, fix=tracks[unit.unit_id].last if unit.unit_id in tracks else None) for unit in known]


def _record(tx: Transaction, incident_id: UUID) -> IncidentRecord:
    """Read part by part while things happen: a page may already be there whose alert still looks as it did before."""
    incident = incidents.find(tx, incident_id)
    if incident is None:
        raise not_found("incident")
    heard = detections.of_incidents(tx, [incident_id])[incident_id]
    chosen = selections.of_incident(tx, incident_id)
    asked = alerts.stages_of_incident(tx, incident_id)
    paged = pages.of_incident(tx, incident_id)
    timeline = journal.of_incident(tx, incident_id)
    actors = {entry.actor for entry in timeline} | {alert.confirmed_by for alert in asked if alert.confirmed_by}
    return IncidentRecord(
        incident=incident,
        detections=heard,
        selections=chosen,
        alerts=asked,
        receipts=receipts.of_incident(tx, incident_id),
        pages=paged,
        timeline=timeline,
        stages=_stages(incident, heard, chosen, asked, paged),
        names=names.of_actors(tx, actors),
    )


def _stages(
    incident: Incident,
    heard: Sequence[StoredDetection],
    chosen: Sequence[StoredSelection],
    asked: Sequence[StoredAlert],
    sent: Sequence[StoredPage],
) -> dict[Stage, datetime | None]:
    return stage_clock(
        {
            Stage.SHOT: [incident.sound.occurred_at],
            Stage.RECEIVED: [one.received_at for one in heard] or [incident.opened_at],
            Stage.SELECTED: [one.selected_at for one in chosen],
            # Nobody sent a call for help to our door: it is committed as soon as it is known whom it asks.
            Stage.COMMITTED: [one.stored_at for one in heard] or [one.selected_at for one in chosen],
            # Not the alerts' time: a receipt that overtakes the settling of its page leaves none there.
            Stage.HANDED_TO_PUSH: [page.settled_at for page in sent if page.state is PageState.SENT],
            Stage.RECEIVED_BY_PHONE: [alert.received_at for alert in asked],
            Stage.DISPLAYED: [alert.displayed_at for alert in asked],
            Stage.ANSWERED: [at for alert in asked for at in (alert.alert.acknowledged_at, alert.declined_at)],
            Stage.CONFIRMED: [alert.confirmed_at for alert in asked],
            Stage.ON_SCENE: [alert.on_scene_at for alert in asked],
            Stage.CLOSED: [incident.ended_at],
        }
    )
