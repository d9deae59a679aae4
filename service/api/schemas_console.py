"""What do a dispatcher's console and an administrator send, and what are they shown (DESIGN §7)?"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from service.api.answers import IncidentSummary, SoundAnswer
from service.api.fields import Line, Secret
from service.domain.alert import AlertState, PageKind, PageState, Role
from service.domain.detection import DetectionKind, Outcome
from service.domain.unit import Platform, PushKind, Status, UnitKind
from service.operations.board import IncidentRecord
from service.store.alerts import StoredAlert
from service.store.detections import StoredDetection
from service.store.devices import StoredDevice
from service.store.selections import StoredSelection


class SessionBody(BaseModel):
    email: Line
    password: Secret


class EnrolmentCodeBody(BaseModel):
    unit_id: UUID


class EnrolmentCodeAnswer(BaseModel):
    """`code` is shown this once; it enrols one phone."""

    code: str
    unit_id: UUID
    expires_at: datetime


class DeviceAnswer(BaseModel):
    """Its push target is told by kind alone: the value would let whoever reads it ring the phone."""

    device_id: UUID
    unit_id: UUID
    platform: Platform
    model: str
    app_version: str
    push_kind: PushKind
    enrolled_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, device: StoredDevice) -> Self:
        return cls(
            device_id=device.device_id,
            unit_id=device.unit_id,
            platform=device.about.platform,
            model=device.about.model,
            app_version=device.about.app_version,
            push_kind=device.target.kind,
            enrolled_at=device.enrolled_at,
            revoked_at=device.revoked_at,
        )


class DevicesAnswer(BaseModel):
    items: list[DeviceAnswer]


class UnitAnswer(BaseModel):
    """`incident_id` is what a busy unit is busy with; `has_device`: a phone of it can ring."""

    unit_id: UUID
    call_sign: str
    kind: UnitKind
    status: Status
    status_at: datetime
    incident_id: UUID | None
    has_device: bool


class UnitsAnswer(BaseModel):
    """By call sign."""

    items: list[UnitAnswer]


class IncidentsAnswer(BaseModel):
    """Newest first. `next` is the cursor of the following page, also told by the Link header; null on the last."""

    items: list[IncidentSummary]
    next: UUID | None


class DetectionShown(BaseModel):
    """One message of a source; `sound` is null for a dismissal that did not repeat it."""

    source_id: UUID
    detection_id: str
    revision: int
    kind: DetectionKind
    outcome: Outcome
    occurred_at: datetime
    received_at: datetime
    sound: SoundAnswer | None

    @classmethod
    def of(cls, stored: StoredDetection) -> Self:
        said = stored.detection
        return cls(
            source_id=said.source_id,
            detection_id=said.detection_id,
            revision=said.revision,
            kind=said.kind,
            outcome=stored.outcome,
            occurred_at=said.occurred_at,
            received_at=stored.received_at,
            sound=SoundAnswer.of(said.sound) if said.sound else None,
        )


class AskedShown(BaseModel):
    unit_id: UUID
    call_sign: str
    rank: int
    level: int
    distance_m: float | None
    fix_age_s: float | None
    reason: str


class NotAskedShown(BaseModel):
    unit_id: UUID
    call_sign: str
    reason: str


class SelectionShown(BaseModel):
    """Everybody who was asked, level after level; who was not, as it was when units were last looked for."""

    asked: list[AskedShown]
    not_asked: list[NotAskedShown]
    not_asked_more: dict[str, int]

    @classmethod
    def of(cls, selections: Iterable[StoredSelection]) -> Self:
        known = list(selections)
        asked = [AskedShown.model_validate(dict(one)) for each in known for one in each.asked]
        if not known:
            return cls(asked=asked, not_asked=[], not_asked_more={})
        last = known[-1]
        not_asked = [NotAskedShown.model_validate(dict(one)) for one in last.not_asked]
        return cls(asked=asked, not_asked=not_asked, not_asked_more=dict(last.not_asked_more))


class AlertShown(BaseModel):
    """An alert with the time of every stage; null for a stage that has not come."""

    alert_id: UUID
    unit_id: UUID
    call_sign: str
    state: AlertState
    role: Role | None
    level: int
    distance_m: float | None
    deadline_at: datetime
    reason: str | None
    queued_at: datetime
    sent_at: datetime | None
    received_at: datetime | None
    displayed_at: datetime | None
    acknowledged_at: datetime | None
    declined_at: datetime | None
    en_route_at: datetime | None
    on_scene_at: datetime | None
    cleared_at: datetime | None

    @classmethod
    def of(cls, stored: StoredAlert) -> Self:
        return cls.model_validate(_attributes(stored) | _attributes(stored.alert))


class PageShown(BaseModel):
    """One attempt to make one device ring. `failure` says in words why the last attempt did not arrive."""

    page_id: UUID
    alert_id: UUID | None
    unit_id: UUID
    device_id: UUID
    kind: PageKind
    sequence: int
    loud: bool
    reason: str
    state: PageState
    attempt: int
    created_at: datetime
    claimed_at: datetime | None
    settled_at: datetime | None
    expires_at: datetime
    failure: str | None


class EntryShown(BaseModel):
    """`actor` is who did it: `source:…`, `device:…`, `user:…`, `clock` or `worker`."""

    at: datetime
    actor: str
    action: str
    details: dict[str, Any]


class IncidentShown(IncidentSummary):
    """The whole of an incident. `acknowledgments` are those alerts whose units said that they go, first come first."""

    detections: list[DetectionShown]
    selection: SelectionShown
    alerts: list[AlertShown]
    pages: list[PageShown]
    acknowledgments: list[AlertShown]
    timeline: list[EntryShown]

    @classmethod
    def of_record(cls, record: IncidentRecord) -> Self:
        alerts = [AlertShown.of(stored) for stored in record.alerts]
        going = [alert for alert in alerts if alert.state is AlertState.ACKNOWLEDGED]
        return cls(
            **IncidentSummary.of_incident(record.incident).model_dump(),
            detections=[DetectionShown.of(stored) for stored in record.detections],
            selection=SelectionShown.of(record.selections),
            alerts=alerts,
            pages=[PageShown.model_validate(page, from_attributes=True) for page in record.pages],
            acknowledgments=sorted(going, key=lambda alert: alert.acknowledged_at or alert.queued_at),
            timeline=[EntryShown.model_validate(entry, from_attributes=True) for entry in record.timeline],
        )


def _attributes(view: Any) -> dict[str, Any]:
    return {name: getattr(view, name) for name in view.__slots__}
