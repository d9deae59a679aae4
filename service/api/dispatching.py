"""What may a dispatcher do to an incident? Each act answers with the incident as it is afterwards.

Two dispatchers may do the same at once: the second gets the same answer. Not for looking at incidents: `console`.
"""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from service.api.deps import Backend, BackendDep, UserDep
from service.api.errors import documented
from service.api.fields import Line, Prose
from service.api.schemas_incident import IncidentShown
from service.api.strict_route import StrictRoute
from service.domain.disposition import Disposition
from service.domain.errors import Code
from service.operations import board, dispatching, ending, regrouping
from service.operations.accounts import SignedInUser

router = APIRouter(prefix="/v1/incidents/{incident_id}", tags=["dispatchers"], route_class=StrictRoute)
_REFUSALS = documented(
    Code.UNAUTHENTICATED,
    Code.FORBIDDEN,
    Code.NOT_FOUND,
    Code.INCIDENT_OVER,
    Code.ILLEGAL_MOVE,
    Code.TOO_LARGE,
    Code.INVALID,
)


class DispatchBody(BaseModel):
    unit_ids: list[UUID] = Field(min_length=1, max_length=50)


class EscalationBody(BaseModel):
    """`level` is the level that was seen when the button was pressed: once it has passed, nothing more is done."""

    level: int | None = None


class ReasonBody(BaseModel):
    reason: Line = Field(min_length=1)


class MergeBody(BaseModel):
    into: UUID


class SplitBody(BaseModel):
    """The sources' own names of the detections, as the incident shows them."""

    detection_ids: list[str] = Field(min_length=1, max_length=200)


class NoteBody(BaseModel):
    text: Prose = Field(min_length=1)


class ClosureBody(BaseModel):
    disposition: Disposition
    note: Prose | None = None


@router.post("/acknowledgments/{alert_id}/confirmation", responses=_REFUSALS)
def confirm_acknowledgment(incident_id: UUID, alert_id: UUID, user: UserDep, backend: BackendDep) -> IncidentShown:
    """The unit is assigned; its phone shows it. Changes no state."""
    dispatching.confirm_acknowledgment(
        backend.database, backend.ports, user=user, incident_id=incident_id, alert_id=alert_id
    )
    return _afterwards(backend, user, incident_id)


@router.delete("/acknowledgments/{alert_id}/confirmation", responses=_REFUSALS)
def refuse_acknowledgment(incident_id: UUID, alert_id: UUID, user: UserDep, backend: BackendDep) -> IncidentShown:
    """Stand the unit down: it is free again, its phone says so, and the next is asked when it is needed."""
    dispatching.refuse_acknowledgment(
        backend.database, backend.ports, user=user, incident_id=incident_id, alert_id=alert_id
    )
    return _afterwards(backend, user, incident_id)


@router.post("/dispatches", responses=_REFUSALS)
def dispatch_units(incident_id: UUID, body: DispatchBody, user: UserDep, backend: BackendDep) -> IncidentShown:
    """Ask these units, however far and however busy. Those that ring or go already are left as they are."""
    dispatching.dispatch_units(
        backend.database, backend.ports, user=user, incident_id=incident_id, unit_ids=body.unit_ids
    )
    return _afterwards(backend, user, incident_id)


@router.post("/release", responses=_REFUSALS)
def release_incident(incident_id: UUID, user: UserDep, backend: BackendDep) -> IncidentShown:
    """Ring now for an incident that is held, or only shown."""
    dispatching.release_incident(backend.database, backend.ports, user=user, incident_id=incident_id)
    return _afterwards(backend, user, incident_id)


@router.post("/escalation", responses=_REFUSALS)
def escalate_incident(
    incident_id: UUID, user: UserDep, backend: BackendDep, body: EscalationBody | None = None
) -> IncidentShown:
    """Ask the next level now, without waiting for the deadline."""
    from_level = body.level if body else None
    dispatching.escalate_incident(
        backend.database, backend.ports, user=user, incident_id=incident_id, from_level=from_level
    )
    return _afterwards(backend, user, incident_id)


@router.post("/cancellation", responses=_REFUSALS)
def cancel_incident(incident_id: UUID, body: ReasonBody, user: UserDep, backend: BackendDep) -> IncidentShown:
    """Nobody need go; also how a held incident is dismissed. Phones are recalled and show the reason."""
    ending.cancel_incident(backend.database, backend.ports, user=user, incident_id=incident_id, reason=body.reason)
    return _afterwards(backend, user, incident_id)


@router.post("/reopening", responses=_REFUSALS)
def reopen_incident(incident_id: UUID, user: UserDep, backend: BackendDep) -> IncidentShown:
    """It was no end: ring anew."""
    dispatching.reopen_incident(backend.database, backend.ports, user=user, incident_id=incident_id)
    return _afterwards(backend, user, incident_id)


@router.post("/merge", responses=_REFUSALS)
def merge_incidents(incident_id: UUID, body: MergeBody, user: UserDep, backend: BackendDep) -> IncidentShown:
    """It is the other one: its detections, alerts and acknowledgments go there, and it is closed."""
    regrouping.merge_incidents(backend.database, backend.ports, user=user, incident_id=incident_id, into=body.into)
    return _afterwards(backend, user, incident_id)


@router.post("/split", responses=_REFUSALS)
def split_incident(incident_id: UUID, body: SplitBody, user: UserDep, backend: BackendDep) -> IncidentShown:
    """These detections were something else: they become an incident of their own, named in the timeline."""
    regrouping.split_incident(
        backend.database, backend.ports, user=user, incident_id=incident_id, detection_ids=body.detection_ids
    )
    return _afterwards(backend, user, incident_id)


@router.post("/notes", responses=_REFUSALS)
def add_note(incident_id: UUID, body: NoteBody, user: UserDep, backend: BackendDep) -> IncidentShown:
    """A line in the timeline; also of an incident that is over."""
    ending.add_note(backend.database, backend.ports, user=user, incident_id=incident_id, text=body.text)
    return _afterwards(backend, user, incident_id)


@router.post("/closure", responses=_REFUSALS)
def close_incident(incident_id: UUID, body: ClosureBody, user: UserDep, backend: BackendDep) -> IncidentShown:
    """It is over, and this is what was found. Closing it again with something else corrects that."""
    finding = ending.Closing(disposition=body.disposition, note=body.note)
    ending.close_incident(backend.database, backend.ports, user=user, incident_id=incident_id, finding=finding)
    return _afterwards(backend, user, incident_id)


@router.post("/legal-hold", responses=_REFUSALS)
def place_legal_hold(incident_id: UUID, body: ReasonBody, user: UserDep, backend: BackendDep) -> IncidentShown:
    """Nothing of this incident is purged until the hold is lifted."""
    ending.place_legal_hold(backend.database, backend.ports, user=user, incident_id=incident_id, reason=body.reason)
    return _afterwards(backend, user, incident_id)


@router.delete("/legal-hold", responses=_REFUSALS)
def lift_legal_hold(incident_id: UUID, user: UserDep, backend: BackendDep) -> IncidentShown:
    """The agency's retention counts again."""
    ending.lift_legal_hold(backend.database, backend.ports, user=user, incident_id=incident_id)
    return _afterwards(backend, user, incident_id)


def _afterwards(backend: Backend, user: SignedInUser, incident_id: UUID) -> IncidentShown:
    return IncidentShown.of_record(
        board.show_incident(backend.database, backend.ports, user=user, incident_id=incident_id)
    )
