"""What may a phone do? Enrol, say where to ring and how the unit is, catch up, and answer. Positions: `positions`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from service.api.answers import AlertAnswer, AlertsAnswer
from service.api.bookmarks import Since, read_bookmark, write_bookmark
from service.api.deps import BackendDep, DeviceDep, origin_of
from service.api.errors import documented
from service.api.schemas_units import (
    AcknowledgmentBody,
    DispositionBody,
    EnrolledUnit,
    EnrolmentAnswer,
    EnrolmentBody,
    ProgressBody,
    PushBody,
    ReceiptBody,
    StatusBody,
)
from service.api.strict_route import StrictRoute
from service.domain.errors import Code
from service.operations import acknowledgments, registry
from service.operations.acknowledgments import Declining, Finding
from service.operations.catching_up import alerts_since
from service.store.devices import NewDevice

router = APIRouter(prefix="/v1", tags=["phones"], route_class=StrictRoute)
ALERTS_LIMIT = 100
_ON_AN_ALERT = documented(Code.UNAUTHENTICATED, Code.NOT_FOUND, Code.INCIDENT_OVER, Code.ILLEGAL_MOVE, Code.INVALID)


@router.post("/enrolments", status_code=201, responses=documented(Code.CODE_NOT_USABLE, Code.INVALID, Code.THROTTLED))
def enrol_device(body: EnrolmentBody, backend: BackendDep, request: Request) -> EnrolmentAnswer:
    """Trade a one-time code for a device token. A code works once, for the unit it was issued for."""
    enrolled = registry.enrol(
        backend.database,
        backend.ports,
        code=body.code,
        about=NewDevice(platform=body.device.platform, model=body.device.model, app_version=body.device.app_version),
        target=body.push.to_target(),
        origin=origin_of(request),
    )
    return EnrolmentAnswer(
        device_id=enrolled.device_id,
        device_token=enrolled.device_token,
        unit=EnrolledUnit(id=enrolled.unit_id, call_sign=enrolled.call_sign),
    )


@router.put("/me/push", status_code=204, responses=documented(Code.UNAUTHENTICATED, Code.INVALID))
def set_push_target(body: PushBody, device: DeviceDep, backend: BackendDep) -> None:
    """Where this device rings from now on; a phone has one live target."""
    registry.set_push_target(backend.database, backend.ports, device=device, target=body.to_target())


@router.put("/me/status", status_code=204, responses=documented(Code.UNAUTHENTICATED, Code.INVALID))
def set_status(body: StatusBody, device: DeviceDep, backend: BackendDep) -> None:
    """What the unit says of itself. Off duty is never rung."""
    registry.set_status(backend.database, backend.ports, device=device, status=body.status)


@router.get("/me/alerts", responses=documented(Code.UNAUTHENTICATED, Code.INVALID))
def list_alerts(device: DeviceDep, backend: BackendDep, since: Annotated[Since | None, Query()] = None) -> AlertsAnswer:
    """The unit's alerts that changed since the answer whose `next` this is: nothing rests on a push having arrived.

    Newest change first; without `since` the newest alerts.
    """
    bookmark = read_bookmark(since) if since is not None else None
    views, following = alerts_since(backend.database, device=device, bookmark=bookmark, limit=ALERTS_LIMIT)
    return AlertsAnswer(
        items=[AlertAnswer.of(view) for view in views], next=write_bookmark(following) if following else None
    )


@router.post("/me/alerts/{alert_id}/receipt", status_code=204, responses=_ON_AN_ALERT)
def record_receipt(alert_id: UUID, body: ReceiptBody, device: DeviceDep, backend: BackendDep) -> None:
    """The device received or displayed a page. A second receipt changes nothing."""
    acknowledgments.record_receipt(
        backend.database, backend.ports, device=device, alert_id=alert_id, kind=body.kind, at=body.at
    )


@router.post("/me/alerts/{alert_id}/acknowledgment", responses=_ON_AN_ALERT)
def answer_alert(alert_id: UUID, body: AcknowledgmentBody, device: DeviceDep, backend: BackendDep) -> AlertAnswer:
    """The unit is going, or cannot. The first to accept is primary; declining after accepting withdraws.

    Late is welcome while the incident lives. The same answer again changes nothing.
    """
    if body.response == "accepted":
        view = acknowledgments.acknowledge(
            backend.database, backend.ports, device=device, alert_id=alert_id, at=body.at
        )
    else:
        view = acknowledgments.decline(
            backend.database, backend.ports, device=device, alert_id=alert_id, why=Declining(body.reason, body.at)
        )
    return AlertAnswer.of(view)


@router.post("/me/alerts/{alert_id}/progress", responses=_ON_AN_ALERT)
def report_progress(alert_id: UUID, body: ProgressBody, device: DeviceDep, backend: BackendDep) -> AlertAnswer:
    """A unit that acknowledged is on its way, on the scene, or clear; clear makes it available again."""
    view = acknowledgments.report_progress(
        backend.database, backend.ports, device=device, alert_id=alert_id, word=body.status, at=body.at
    )
    return AlertAnswer.of(view)


@router.post("/me/alerts/{alert_id}/disposition", responses=_ON_AN_ALERT)
def report_disposition(alert_id: UUID, body: DispositionBody, device: DeviceDep, backend: BackendDep) -> AlertAnswer:
    """What was found at the scene, told by who was there. It does not close the incident."""
    view = acknowledgments.report_disposition(
        backend.database,
        backend.ports,
        device=device,
        alert_id=alert_id,
        found=Finding(disposition=body.disposition, casings=body.casings, note=body.note),
    )
    return AlertAnswer.of(view)
