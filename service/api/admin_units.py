"""What may an administrator do about units? See them with their phones and their last fix, make one, rename one."""

from uuid import UUID

from fastapi import APIRouter

from service.api.deps import Backend, BackendDep, UserDep
from service.api.errors import documented
from service.api.schemas_admin import RosterAnswer, UnitBody, UnitChange, UnitShown
from service.api.strict_route import StrictRoute
from service.domain.errors import Code
from service.operations import roster
from service.operations.accounts import SignedInUser

router = APIRouter(prefix="/v1/admin/units", tags=["administrators"], route_class=StrictRoute)
_REFUSALS = documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.ALREADY_EXISTS, Code.INVALID)


@router.get("", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN))
def list_roster(user: UserDep, backend: BackendDep) -> RosterAnswer:
    """Every unit by call sign."""
    found = roster.list_units(backend.database, backend.ports, agency_id=user.agency_id)
    return RosterAnswer(items=[UnitShown.of(unit) for unit in found])


@router.post("", status_code=201, responses=_REFUSALS)
def create_unit(body: UnitBody, user: UserDep, backend: BackendDep) -> UnitShown:
    """A new unit, off duty until its phone says otherwise; 409 when the call sign is taken."""
    unit_id = roster.create_unit(backend.database, backend.ports, by=user, call_sign=body.call_sign, kind=body.kind)
    return _shown(backend, user, unit_id)


@router.patch("/{unit_id}", responses=_REFUSALS | documented(Code.NOT_FOUND))
def change_unit(unit_id: UUID, body: UnitChange, user: UserDep, backend: BackendDep) -> UnitShown:
    """Another call sign, or another kind. What is on record under the old call sign keeps it."""
    roster.change_unit(
        backend.database, backend.ports, by=user, unit_id=unit_id, call_sign=body.call_sign, kind=body.kind
    )
    return _shown(backend, user, unit_id)


def _shown(backend: Backend, user: SignedInUser, unit_id: UUID) -> UnitShown:
    return UnitShown.of(roster.show_unit(backend.database, backend.ports, agency_id=user.agency_id, unit_id=unit_id))
