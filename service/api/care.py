"""How does a phone look after its officer? It says that all is well, calls for help, and sees that help is coming."""

from uuid import UUID

from fastapi import APIRouter

from service.api.answers import AlertAnswer
from service.api.deps import BackendDep, DeviceDep
from service.api.errors import documented
from service.api.schemas_care import EmergencyAnswer, EmergencyBody, MeAnswer, WelfareBody
from service.api.strict_route import StrictRoute
from service.domain.errors import Code
from service.operations import care, emergencies, myself

router = APIRouter(prefix="/v1", tags=["phones"], route_class=StrictRoute)


@router.get("/me", responses=documented(Code.UNAUTHENTICATED))
def show_me(device: DeviceDep, backend: BackendDep) -> MeAnswer:
    """Which unit this phone belongs to, how that is, and who is coming when its officer has called for help."""
    return MeAnswer.of(device, myself.look_at_myself(backend.database, device=device))


@router.post(
    "/me/alerts/{alert_id}/welfare",
    responses=documented(
        Code.UNAUTHENTICATED, Code.NOT_FOUND, Code.INCIDENT_OVER, Code.ILLEGAL_MOVE, Code.INVALID, Code.UNAVAILABLE
    ),
)
def answer_welfare(alert_id: UUID, body: WelfareBody, device: DeviceDep, backend: BackendDep) -> AlertAnswer:
    """An officer on scene is all right, or needs help. `help` is never too late, whatever has become of the alert.

    The same answer again changes nothing.
    """
    view = care.answer_welfare(
        backend.database,
        backend.ports,
        device=device,
        alert_id=alert_id,
        all_right=body.answer == "all_right",
        call=body.to_call(),
    )
    return AlertAnswer.of(view)


@router.post("/me/emergency", responses=documented(Code.UNAUTHENTICATED, Code.INVALID, Code.UNAVAILABLE))
def call_for_help(body: EmergencyBody, device: DeviceDep, backend: BackendDep) -> EmergencyAnswer:
    """The officer calls for help: consoles, the nearest units, whoever else is close by and the supervisors, at once.

    This phone stays silent. While the emergency lives, the same incident is answered, wherever the unit is by then.
    """
    incident_id = emergencies.call_for_help(backend.database, backend.ports, device=device, call=body.to_call())
    return EmergencyAnswer(incident_id=incident_id)
