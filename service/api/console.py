"""What may a person at a desk see and do? Sign in, and look at incidents and units."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from service.api.answers import IncidentSummary
from service.api.deps import SESSION_COOKIE, BackendDep, SessionTokenDep, UserDep, refuse_foreign_origin
from service.api.errors import documented
from service.api.schemas_console import IncidentsAnswer, IncidentShown, SessionBody, UnitAnswer, UnitsAnswer
from service.api.strict_route import StrictRoute
from service.auth.tokens import token_hash
from service.domain.errors import Code
from service.domain.incident import IncidentState
from service.operations import board, registry

router = APIRouter(prefix="/v1", tags=["console"], route_class=StrictRoute)


@router.post(
    "/session",
    status_code=204,
    dependencies=[Depends(refuse_foreign_origin)],
    responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.INVALID),
)
def sign_in(body: SessionBody, request: Request, response: Response, backend: BackendDep) -> None:
    """Start a session of one shift; the answer sets its cookie."""
    token, _ = registry.sign_in(backend.database, backend.ports, email=body.email, password=body.password)
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(registry.SESSION_LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


@router.delete("/session", status_code=204)
def sign_out(response: Response, backend: BackendDep, token: SessionTokenDep) -> None:
    """End the session. A second call does nothing."""
    user = registry.session_of(backend.database, backend.ports, token_hash(token)) if token else None
    if user is not None and token is not None:
        registry.sign_out(backend.database, backend.ports, user=user, token_hash=token_hash(token))
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")


class IncidentsQuery(BaseModel):
    """`state` may be repeated, and stands for all states when it is absent; `cursor` is `next` of the page before."""

    state: list[IncidentState] = []
    cursor: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@router.get("/incidents", responses=documented(Code.UNAUTHENTICATED, Code.INVALID))
def list_incidents(
    user: UserDep, backend: BackendDep, query: Annotated[IncidentsQuery, Query()], request: Request, response: Response
) -> IncidentsAnswer:
    """Incidents, newest first, a page at a time; the Link header leads to the next page."""
    found = board.list_incidents(
        backend.database, agency_id=user.agency_id, states=query.state, before=query.cursor, limit=query.limit + 1
    )
    shown = found[: query.limit]
    following = shown[-1].incident_id if len(found) > query.limit else None
    if following is not None:
        asked = urlencode({"state": query.state, "limit": query.limit, "cursor": following}, doseq=True)
        response.headers["Link"] = f'<{request.url.path}?{asked}>; rel="next"'
    return IncidentsAnswer(items=[IncidentSummary.of_incident(incident) for incident in shown], next=following)


@router.get("/incidents/{incident_id}", responses=documented(Code.UNAUTHENTICATED, Code.NOT_FOUND))
def show_incident(incident_id: UUID, user: UserDep, backend: BackendDep) -> IncidentShown:
    """The whole of one incident: who was asked and why, what rang, who answers, and the time of every stage."""
    record = board.show_incident(backend.database, agency_id=user.agency_id, incident_id=incident_id)
    return IncidentShown.of_record(record)


@router.get("/units", responses=documented(Code.UNAUTHENTICATED))
def list_units(user: UserDep, backend: BackendDep) -> UnitsAnswer:
    """The agency's units by call sign, with what they say of themselves."""
    found = registry.list_units(backend.database, agency_id=user.agency_id)
    return UnitsAnswer(items=[UnitAnswer.model_validate(unit, from_attributes=True) for unit in found])
