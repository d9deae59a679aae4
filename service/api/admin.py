"""What may an administrator do about phones? Hand out enrolment codes and take them back; end a lost phone's service.

The rest of `/v1/admin` is told by subject: `admin_agencies`, `admin_users`, `admin_units`, `admin_sources`, ….
"""

from uuid import UUID

from anyio import from_thread
from fastapi import APIRouter, Request

from service.api.deps import BackendDep, UserDep
from service.api.errors import documented
from service.api.positions import Reception
from service.api.schemas_devices import (
    DeviceAnswer,
    DevicesAnswer,
    EnrolmentCodeAnswer,
    EnrolmentCodeBody,
    EnrolmentCodesAnswer,
    EnrolmentCodesBody,
    OpenCode,
    OpenCodesAnswer,
)
from service.api.strict_route import StrictRoute
from service.domain.errors import Code
from service.operations import enrolment_codes, registry

router = APIRouter(prefix="/v1/admin", tags=["administrators"], route_class=StrictRoute)
_REFUSALS = documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.INVALID)


@router.post("/enrolment-codes", status_code=201, responses=_REFUSALS)
def issue_enrolment_code(body: EnrolmentCodeBody, user: UserDep, backend: BackendDep) -> EnrolmentCodeAnswer:
    """A one-time code for one phone of a unit, good for a day."""
    [issued] = enrolment_codes.issue_codes(backend.database, backend.ports, by=user, unit_ids=[body.unit_id])
    return EnrolmentCodeAnswer.model_validate(issued, from_attributes=True)


@router.post("/enrolment-codes/batch", status_code=201, responses=_REFUSALS)
def issue_enrolment_codes(body: EnrolmentCodesBody, user: UserDep, backend: BackendDep) -> EnrolmentCodesAnswer:
    """One-time codes for many units, as at the beginning of a shift; all of them or none."""
    issued = enrolment_codes.issue_codes(backend.database, backend.ports, by=user, unit_ids=body.unit_ids)
    return EnrolmentCodesAnswer(items=[EnrolmentCodeAnswer.model_validate(one, from_attributes=True) for one in issued])


@router.get("/enrolment-codes", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN))
def list_enrolment_codes(user: UserDep, backend: BackendDep) -> OpenCodesAnswer:
    """Those that a phone could still use. The codes themselves are never shown again."""
    found = enrolment_codes.list_open_codes(backend.database, backend.ports, agency_id=user.agency_id)
    return OpenCodesAnswer(items=[OpenCode.model_validate(code, from_attributes=True) for code in found])


@router.delete("/enrolment-codes/{code_id}", status_code=204, responses=_REFUSALS | documented(Code.ILLEGAL_MOVE))
def revoke_enrolment_code(code_id: UUID, user: UserDep, backend: BackendDep) -> None:
    """It enrols nobody from now on; 409 when a phone has used it. A second call does nothing."""
    enrolment_codes.revoke_code(backend.database, backend.ports, by=user, code_id=code_id)


@router.get("/devices", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN))
def list_devices(user: UserDep, backend: BackendDep) -> DevicesAnswer:
    """Every phone that was ever enrolled: when it was last heard of, and whether a push can reach it."""
    found = registry.list_devices(backend.database, agency_id=user.agency_id)
    return DevicesAnswer(items=[DeviceAnswer.of(device) for device in found])


@router.delete("/devices/{device_id}", status_code=204, responses=_REFUSALS)
def revoke_device(device_id: UUID, user: UserDep, backend: BackendDep, request: Request) -> None:
    """A lost phone: its token is good for nothing from now on, and it rings no more. A second call does nothing."""
    registry.revoke_device(backend.database, backend.ports, user=user, device_id=device_id)
    reception: Reception = request.app.state.reception
    # The event loop's own, so asked of the loop: nothing there expects a thread.
    from_thread.run_sync(reception.devices.forget, lambda device: device.device_id == device_id)
