"""What may an administrator do about the agency? See it, and say what it is called and which time it keeps.

New ones are made at the server (`beatline admin agency create`): who administers one must not be able to make others.
"""

from uuid import UUID

from fastapi import APIRouter

from service.api.deps import BackendDep, UserDep
from service.api.errors import documented
from service.api.schemas_admin import AgenciesAnswer, AgencyChange, AgencyShown
from service.api.strict_route import StrictRoute
from service.domain.errors import Code, not_found
from service.operations import agencies
from service.operations.accounts import SignedInUser
from service.store.agencies import Agency

router = APIRouter(prefix="/v1/admin/agencies", tags=["administrators"], route_class=StrictRoute)
_REFUSALS = documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID)


@router.get("", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN))
def list_agencies(user: UserDep, backend: BackendDep) -> AgenciesAnswer:
    """The caller's own agency. New ones are made by whoever is at the server, never through this API."""
    return AgenciesAnswer(items=[_shown(agencies.show_agency(backend.database, agency_id=user.agency_id))])


@router.get("/{agency_id}", responses=_REFUSALS)
def show_agency(agency_id: UUID, user: UserDep, backend: BackendDep) -> AgencyShown:
    """The caller's own agency; any other is not there."""
    _must_be_own(agency_id, user)
    return _shown(agencies.show_agency(backend.database, agency_id=agency_id))


@router.patch("/{agency_id}", responses=_REFUSALS)
def change_agency(agency_id: UUID, body: AgencyChange, user: UserDep, backend: BackendDep) -> AgencyShown:
    """What it is called, and the time its officers read in their alerts."""
    _must_be_own(agency_id, user)
    changed = agencies.change_agency(backend.database, backend.ports, by=user, name=body.name, timezone=body.timezone)
    return _shown(changed)


def _must_be_own(agency_id: UUID, user: SignedInUser) -> None:
    if agency_id != user.agency_id:
        raise not_found("agency")


def _shown(agency: Agency) -> AgencyShown:
    return AgencyShown(agency_id=agency.agency_id, name=agency.name, timezone=agency.timezone)
