"""What does a dispatcher see? Reads only: nothing happens here, so nothing is written to the journal either."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from service.domain.errors import not_found
from service.domain.incident import Incident, IncidentState
from service.store import alerts, detections, incidents, journal, pages, selections
from service.store.alerts import StoredAlert
from service.store.database import Database
from service.store.detections import StoredDetection
from service.store.journal import Entry
from service.store.pages import StoredPage
from service.store.selections import StoredSelection


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRecord:
    """An incident and all that belongs to it, each part oldest first."""

    incident: Incident
    detections: Sequence[StoredDetection]
    selections: Sequence[StoredSelection]
    alerts: Sequence[StoredAlert]
    pages: Sequence[StoredPage]
    timeline: Sequence[Entry]


def list_incidents(
    database: Database, *, agency_id: UUID, states: Iterable[IncidentState], before: UUID | None, limit: int
) -> list[Incident]:
    """Newest first, of these states (all when there are none); `before` is the last one of the page before."""
    with database.transaction(agency_id) as tx:
        return incidents.page_of_newest(tx, states=states, before=before, limit=limit)


def show_incident(database: Database, *, agency_id: UUID, incident_id: UUID) -> IncidentRecord:
    """Raises DomainError(not_found), also for another agency's incident.

    Read part by part while things happen: a page may already be there whose alert still looks as it did before.
    """
    with database.transaction(agency_id) as tx:
        incident = incidents.find(tx, incident_id)
        if incident is None:
            raise not_found("incident")
        return IncidentRecord(
            incident=incident,
            detections=detections.of_incidents(tx, [incident_id])[incident_id],
            selections=selections.of_incident(tx, incident_id),
            alerts=alerts.stages_of_incident(tx, incident_id),
            pages=pages.of_incident(tx, incident_id),
            timeline=journal.of_incident(tx, incident_id),
        )
