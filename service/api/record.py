"""What may be looked up afterwards? The journal, the head of its chain, and where units were on an incident."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from service.api.deps import BackendDep, UserDep
from service.api.errors import documented
from service.api.fields import Name
from service.api.geojson import GeoJsonDep, as_geojson, collection
from service.api.schemas_record import HeadAnswer, JournalAnswer, JournalEntryShown, TrailsAnswer, TrailShown
from service.api.strict_route import StrictRoute
from service.domain.errors import Code
from service.operations import record, verifying
from service.store.journal import Search

router = APIRouter(prefix="/v1", tags=["record"], route_class=StrictRoute)


class JournalQuery(BaseModel):
    """Each is left out for all. `actor` as it stands in an entry; a `user:…` stands for that person's programs too."""

    incident_id: UUID | None = None
    actor: Name | None = None
    action: Name | None = None
    cursor: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    def following(self, cursor: UUID) -> str:
        """The query of the page that begins after `cursor`."""
        asked = self.model_dump(mode="json", exclude_none=True) | {"cursor": str(cursor)}
        return urlencode(asked)


@router.get("/journal", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.INVALID))
def list_journal(
    user: UserDep, backend: BackendDep, query: Annotated[JournalQuery, Query()], request: Request, response: Response
) -> JournalAnswer:
    """What happened and who looked, newest first, a page at a time; the Link header leads to the next page."""
    search = Search(incident_id=query.incident_id, actor=query.actor, action=query.action, before=query.cursor)
    page = record.list_journal(backend.database, backend.ports, user=user, search=search, limit=query.limit + 1)
    shown = page.entries[: query.limit]
    following = shown[-1].entry_id if len(page.entries) > query.limit else None
    if following is not None:
        response.headers["Link"] = f'<{request.url.path}?{query.following(following)}>; rel="next"'
    return JournalAnswer(items=[JournalEntryShown.of(stored, page.names) for stored in shown], next=following)


@router.get("/journal/head", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN))
def show_journal_head(user: UserDep, backend: BackendDep) -> HeadAnswer:
    """The end of the journal's chain, to be kept elsewhere."""
    return HeadAnswer.of(verifying.journal_head(backend.database, agency_id=user.agency_id))


@router.get(
    "/incidents/{incident_id}/trails",
    response_model=TrailsAnswer,
    responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND) | as_geojson(),
)
def show_trails(incident_id: UUID, user: UserDep, backend: BackendDep, geojson: GeoJsonDep) -> Response:
    """Where units were while they were on the incident. Also as GeoJSON."""
    found = record.show_trails(backend.database, backend.ports, user=user, incident_id=incident_id)
    items = [TrailShown.of(trail) for trail in found]
    if geojson:
        return collection(feature for item in items for feature in item.features())
    return Response(TrailsAnswer(items=items).model_dump_json(), media_type="application/json")
