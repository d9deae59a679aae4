"""What may a person at a desk see and do? Look at incidents and units. Signing in: `sessions`."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from service.api.deps import BackendDep, UserDep
from service.api.errors import documented
from service.api.geojson import GeoJsonDep, as_geojson, collection, feature
from service.api.schemas_console import UnitAnswer, UnitsAnswer
from service.api.schemas_incident import IncidentListed, IncidentsAnswer, IncidentShown
from service.api.strict_route import StrictRoute
from service.domain.errors import Code
from service.domain.incident import IncidentState
from service.operations import board
from service.operations.board import Wanted
from service.operations.concerns import concerns_of_incidents

router = APIRouter(prefix="/v1", tags=["console"], route_class=StrictRoute)


class IncidentsQuery(BaseModel):
    """`state` may be repeated, and stands for all states when it is absent; `cursor` is `next` of the page before.

    With `drills`, these instead: they are no incidents, and are never among them.
    """

    state: list[IncidentState] = []
    drills: bool = False
    cursor: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@router.get(
    "/incidents",
    response_model=IncidentsAnswer,
    responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.INVALID) | as_geojson(),
)
def list_incidents(
    user: UserDep, backend: BackendDep, query: Annotated[IncidentsQuery, Query()], request: Request, geojson: GeoJsonDep
) -> Response:
    """Incidents, newest first, a page at a time; the Link header leads to the next page. Also as GeoJSON."""
    wanted = Wanted(states=tuple(query.state), before=query.cursor, limit=query.limit + 1, drills=query.drills)
    found = board.list_incidents(backend.database, backend.ports, user=user, wanted=wanted)
    concerns = concerns_of_incidents(backend.database, found[: query.limit], agency_id=user.agency_id)
    items = [IncidentListed.listed(each, concerns[each.incident_id]) for each in found[: query.limit]]
    following = items[-1].incident_id if len(found) > query.limit else None
    headers = {}
    if following is not None:
        more = {"state": query.state, "limit": query.limit, "cursor": following}
        more |= {"drills": "true"} if query.drills else {}
        asked = urlencode(more | ({"format": "geojson"} if geojson else {}), doseq=True)
        headers["Link"] = f'<{request.url.path}?{asked}>; rel="next"'
    if geojson:
        return collection((feature(item, key="incident_id", place="location") for item in items), headers=headers)
    answer = IncidentsAnswer(items=items, next=following)
    return Response(answer.model_dump_json(), headers=headers, media_type="application/json")


@router.get("/incidents/{incident_id}", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND))
def show_incident(incident_id: UUID, user: UserDep, backend: BackendDep) -> IncidentShown:
    """The whole of one incident: who was asked and why, what rang, who answers, and the time of every stage."""
    record = board.show_incident(backend.database, backend.ports, user=user, incident_id=incident_id)
    return IncidentShown.of_record(record)


@router.get(
    "/units", response_model=UnitsAnswer, responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN) | as_geojson()
)
def list_units(user: UserDep, backend: BackendDep, geojson: GeoJsonDep) -> Response:
    """The agency's units by call sign, what they say of themselves, and where they are. Also as GeoJSON."""
    items = [UnitAnswer.of(unit) for unit in board.list_units(backend.database, agency_id=user.agency_id)]
    if geojson:
        return collection(feature(item, key="unit_id", place="position") for item in items)
    return Response(UnitsAnswer(items=items).model_dump_json(), media_type="application/json")
