"""What may an administrator do? Hand out enrolment codes, and take a lost phone out of service."""

from uuid import UUID

from anyio import from_thread
from fastapi import APIRouter, Request

from service.api.deps import AdministratorDep, BackendDep
from service.api.errors import documented
from service.api.positions import Reception
from service.api.schemas_console import DeviceAnswer, DevicesAnswer, EnrolmentCodeAnswer, EnrolmentCodeBody
from service.api.strict_route import StrictRoute
from service.domain.errors import Code
from service.operations import registry

router = APIRouter(prefix="/v1/admin", tags=["administrators"], route_class=StrictRoute)
_REFUSALS = documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID)


@router.post("/enrolment-codes", status_code=201, responses=_REFUSALS)
def issue_enrolment_code(body: EnrolmentCodeBody, user: AdministratorDep, backend: BackendDep) -> EnrolmentCodeAnswer:
    """A one-time code for one phone of a unit."""
    code, expires_at = registry.issue_enrolment_code(
        backend.database, backend.ports, agency_id=user.agency_id, unit_id=body.unit_id, actor=user.actor
    )
    return EnrolmentCodeAnswer(code=code, unit_id=body.unit_id, expires_at=expires_at)


@router.get("/devices", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN))
def list_devices(user: AdministratorDep, backend: BackendDep) -> DevicesAnswer:
    """Every phone that was ever enrolled, newest first."""
    found = registry.list_devices(backend.database, agency_id=user.agency_id)
    return DevicesAnswer(items=[DeviceAnswer.of(device) for device in found])


@router.delete("/devices/{device_id}", status_code=204, responses=_REFUSALS)
def revoke_device(device_id: UUID, user: AdministratorDep, backend: BackendDep, request: Request) -> None:
    """A lost phone: its token is good for nothing from now on, and it rings no more. A second call does nothing."""
    registry.revoke_device(backend.database, backend.ports, user=user, device_id=device_id)
    reception: Reception = request.app.state.reception
    # The event loop's own, so asked of the loop: nothing there expects a thread.
    from_thread.run_sync(reception.devices.forget, lambda device: device.device_id == device_id)
