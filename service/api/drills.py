"""How is a unit drilled from a desk? Its phones are rung as in earnest, and the answer says in words what is wrong.

For several units at once, and from the server itself: `beatline drill`.
"""

from uuid import UUID

from fastapi import APIRouter

from service.api.deps import Backend, BackendDep, UserDep
from service.api.errors import documented
from service.api.schemas_drills import DrillBody, DrillShown
from service.api.strict_route import StrictRoute
from service.domain.errors import Code
from service.operations import drills

router = APIRouter(prefix="/v1/units/{unit_id}/drills", tags=["dispatchers"], route_class=StrictRoute)
_REFUSALS = documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID)


@router.post("", status_code=201, responses=_REFUSALS)
def start_drill(unit_id: UUID, user: UserDep, backend: BackendDep, body: DrillBody | None = None) -> DrillShown:
    """Ring all phones of the unit for a drill. It is no incident: the unit stays as it is, and nobody else hears of it.

    A unit that is off duty, busy, calling for help or drilled already is left alone, and the answer says so.
    """
    wait_s = (body or DrillBody()).wait_s
    drill_id = drills.start_drill(backend.database, backend.ports, by=user, unit_ids=[unit_id], wait_s=wait_s)
    return _shown(backend, user.agency_id, unit_id, drill_id)


@router.get("/{drill_id}", responses=_REFUSALS)
def show_drill(unit_id: UUID, drill_id: UUID, user: UserDep, backend: BackendDep) -> DrillShown:
    """How far each phone has come by now, and what is wrong. Ask again until it is settled, or `until` has passed."""
    return _shown(backend, user.agency_id, unit_id, drill_id)


def _shown(backend: Backend, agency_id: UUID, unit_id: UUID, drill_id: UUID) -> DrillShown:
    drill, report, unit = drills.show_drill_of_unit(
        backend.database, backend.ports, agency_id=agency_id, unit_id=unit_id, drill_id=drill_id
    )
    return DrillShown.of(drill, report, unit)
