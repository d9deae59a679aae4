"""What are dispatchers and auditors shown of an incident (DESIGN §7)? Lists and the whole. Units: `schemas_console`."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from service.api.answers import IncidentSummary, SoundAnswer
from service.api.schemas_concerns import ConcernShown
from service.domain.alert import AlertState, PageKind, PageState, Role
from service.domain.detection import DetectionKind, Outcome
from service.domain.disposition import Disposition
from service.domain.incident import Incident
from service.domain.stage_clock import Stage
from service.operations.board import IncidentRecord
from service.operations.concerns import Standing, concerns_of
from service.store.alerts import StoredAlert
from service.store.detections import StoredDetection
from service.store.journal import Entry
from service.store.selections import StoredSelection


class IncidentListed(IncidentSummary):
    """An incident in a console's list. `merged_into` and `split_from` are other incidents.

    `concerns` are units that somebody must look after now.
    """

    ended_at: datetime | None
    disposition: Disposition | None
    merged_into: UUID | None
    split_from: UUID | None
    legal_hold: str | None
    concerns: list[ConcernShown]

    @classmethod
    def listed(cls, incident: Incident, concerns: Iterable[Standing]) -> Self:
        return cls(
            **IncidentSummary.of_incident(incident).model_dump(),
            ended_at=incident.ended_at,
            disposition=incident.disposition,
            merged_into=incident.merged_into,
            split_from=incident.split_from,
            legal_hold=incident.legal_hold,
            concerns=[ConcernShown.of(standing) for standing in concerns],
        )


class IncidentsAnswer(BaseModel):
    """Newest first. `next` is the cursor of the following page, also told by the Link header; null on the last."""

    items: list[IncidentListed]
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
        # A unit that a dispatcher sent was chosen by nobody's looking around, and explains nobody else.
        last = next((each for each in reversed(known) if each.not_asked or each.not_asked_more), known[-1])
        not_asked = [NotAskedShown.model_validate(dict(one)) for one in last.not_asked]
        return cls(asked=asked, not_asked=not_asked, not_asked_more=dict(last.not_asked_more))


class AlertShown(BaseModel):
    """An alert with the time of every stage; null for a stage that has not come.

    `confirmed_by` is the dispatcher's name. `unconfirmed_nudged_at`, `stalled_nudged_at` and `welfare_silent_at` are
    when the console was told that nobody confirmed it, that it does not come closer, that its officer does not answer.
    """

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
    confirmed_at: datetime | None
    confirmed_by: str | None
    refused_at: datetime | None
    closest_m: float | None
    unconfirmed_nudged_at: datetime | None
    stalled_nudged_at: datetime | None
    welfare_asked_at: datetime | None
    welfare_answered_at: datetime | None
    welfare_silent_at: datetime | None

    @classmethod
    def of(cls, stored: StoredAlert, names: Mapping[str, str]) -> Self:
        confirmed_by = names.get(stored.confirmed_by) if stored.confirmed_by else None
        return cls.model_validate(_attributes(stored) | _attributes(stored.alert) | {"confirmed_by": confirmed_by})


class PageShown(BaseModel):
    """One attempt to make one device ring. `failure` says in words why the last attempt did not arrive.

    `rang_at`: it was sent to sound; `hushed_at`: it was shown without a sound, because its unit had just heard another.
    """

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
    rang_at: datetime | None
    hushed_at: datetime | None


class EntryShown(BaseModel):
    """`actor` is who did it: `source:…`, `device:…`, `user:…`, `clock` or `worker`; `name` is how people call them."""

    entry_id: UUID | None
    at: datetime
    actor: str
    name: str | None
    action: str
    details: dict[str, Any]

    @classmethod
    def of(cls, entry: Entry, names: Mapping[str, str]) -> Self:
        name = names.get(entry.actor)
        return cls(
            entry_id=entry.entry_id,
            at=entry.at,
            actor=entry.actor,
            name=name,
            action=entry.action,
            details=entry.details,
        )


class StageShown(BaseModel):
    """When a stage came, and how many seconds after the shot."""

    at: datetime
    after_shot_s: float


class ReceiptShown(BaseModel):
    """`at` is by the phone's clock, `recorded_at` by ours."""

    alert_id: UUID
    device_id: UUID
    kind: str
    at: datetime
    recorded_at: datetime


class IncidentShown(IncidentListed):
    """The whole of an incident. `acknowledgments` are those alerts whose units said that they go, first come first.

    `stages` has every stage in order, null for one that has not come. `snapshots` is empty while no camera is
    registered.
    """

    stages: dict[Stage, StageShown | None]

    detections: list[DetectionShown]
    selection: SelectionShown
    alerts: list[AlertShown]
    receipts: list[ReceiptShown]
    pages: list[PageShown]
    acknowledgments: list[AlertShown]
    snapshots: list[dict[str, Any]]
    timeline: list[EntryShown]

    @classmethod
    def of_record(cls, record: IncidentRecord) -> Self:
        names = record.names
        alerts = [AlertShown.of(stored, names) for stored in record.alerts]
        going = [alert for alert in alerts if alert.state is AlertState.ACKNOWLEDGED]
        return cls(
            **IncidentListed.listed(record.incident, concerns_of(record.incident, record.alerts)).model_dump(),
            stages=_stages(record),
            detections=[DetectionShown.of(stored) for stored in record.detections],
            selection=SelectionShown.of(record.selections),
            alerts=alerts,
            receipts=[ReceiptShown.model_validate(receipt, from_attributes=True) for receipt in record.receipts],
            pages=[PageShown.model_validate(page, from_attributes=True) for page in record.pages],
            acknowledgments=sorted(going, key=lambda alert: alert.acknowledged_at or alert.queued_at),
            snapshots=[],
            timeline=[EntryShown.of(entry, names) for entry in record.timeline],
        )


def _stages(record: IncidentRecord) -> dict[Stage, StageShown | None]:
    shot_at = record.incident.sound.occurred_at
    return {
        stage: StageShown(at=at, after_shot_s=round((at - shot_at).total_seconds(), 3)) if at else None
        for stage, at in record.stages.items()
    }


def _attributes(view: Any) -> dict[str, Any]:
    return {name: getattr(view, name) for name in view.__slots__}
