"""What do phones and consoles see of an incident and an alert (DESIGN §7)? Built from views, never from rows.

Times are RFC 3339 in UTC, distances in metres. A field that does not apply is null rather than absent.
"""

from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from service.domain.alert import AlertState, Role
from service.domain.detection import Classification, Confidence, Sound
from service.domain.incident import Incident, IncidentState
from service.operations.acknowledgments import AlertView


class PlaceAnswer(BaseModel):
    """WGS-84 degrees, and the radius in metres around it that the sound came from."""

    lat: float
    lon: float
    uncertainty_m: float


class SoundAnswer(BaseModel):
    """What was heard, and where: for an incident, the headline of all its detections."""

    occurred_at: datetime
    location: PlaceAnswer
    classification: Classification
    confidence: Confidence
    rounds: int | None
    tactical_notes: list[str]
    address: str | None
    audio_url: str | None
    image_url: str | None

    @classmethod
    def of(cls, sound: Sound) -> Self:
        place = PlaceAnswer(lat=sound.place.lat, lon=sound.place.lon, uncertainty_m=sound.uncertainty_m)
        return cls(
            occurred_at=sound.occurred_at,
            location=place,
            classification=sound.classification,
            confidence=sound.confidence,
            rounds=sound.rounds,
            tactical_notes=list(sound.tactical_notes),
            address=sound.address,
            audio_url=sound.audio_url,
            image_url=sound.image_url,
        )


class EmergencyShown(BaseModel):
    """The unit whose officer called for help, by the call sign that it had then."""

    unit_id: UUID
    call_sign: str


class WelfareQuestion(BaseModel):
    """The officer was asked "Are you all right?", and has not answered yet; after `answer_by` the console knows."""

    asked_at: datetime
    answer_by: datetime


class IncidentSummary(SoundAnswer):
    """An incident in a list, and all that a phone needs of it. `level` counts the levels asked so far.

    Nothing was heard of an `emergency`: its place is where help is wanted, and its address says so in words. A `drill`
    is no incident, and is nowhere: a phone says so, sounds once, and offers nothing but "Received" (`accepted`).
    """

    incident_id: UUID
    state: IncidentState
    opened_at: datetime
    level: int
    sequence: int
    deadline_at: datetime | None
    emergency: EmergencyShown | None
    drill: bool

    @classmethod
    def of_incident(cls, incident: Incident) -> Self:
        return cls(
            incident_id=incident.incident_id,
            state=incident.state,
            opened_at=incident.opened_at,
            level=incident.level,
            sequence=incident.sequence,
            deadline_at=incident.deadline_at,
            emergency=_emergency(incident),
            drill=incident.is_drill,
            **SoundAnswer.of(incident.sound).model_dump(),
        )


class AlertAnswer(BaseModel):
    """One incident as one unit sees it; `role` is null unless the unit has acknowledged.

    `reason` is why the unit declined, or why it is no longer needed; `confirmed_at` is when dispatch assigned it.
    """

    alert_id: UUID
    incident_id: UUID
    sequence: int
    state: AlertState
    role: Role | None
    distance_m: float | None
    deadline_at: datetime
    reason: str | None
    confirmed_at: datetime | None
    en_route_at: datetime | None
    on_scene_at: datetime | None
    cleared_at: datetime | None
    welfare: WelfareQuestion | None
    incident: IncidentSummary

    @classmethod
    def of(cls, view: AlertView) -> Self:
        alert = view.stored.alert
        return cls(
            alert_id=alert.alert_id,
            incident_id=view.incident.incident_id,
            sequence=view.incident.sequence,
            state=alert.state,
            role=alert.role,
            distance_m=alert.distance_m,
            deadline_at=alert.deadline_at,
            reason=view.stored.reason,
            confirmed_at=view.stored.confirmed_at,
            en_route_at=view.stored.en_route_at,
            on_scene_at=view.stored.on_scene_at,
            cleared_at=view.stored.cleared_at,
            welfare=_welfare(view),
            incident=IncidentSummary.of_incident(view.incident),
        )


class AlertsAnswer(BaseModel):
    """Newest change first. `next` is what to ask `since` with the next time."""

    items: list[AlertAnswer]
    next: str | None


def _emergency(incident: Incident) -> EmergencyShown | None:
    if incident.emergency_unit_id is None:
        return None
    return EmergencyShown(unit_id=incident.emergency_unit_id, call_sign=incident.emergency_call_sign or "")


def _welfare(view: AlertView) -> WelfareQuestion | None:
    asked_at = view.stored.welfare_asked_at
    if asked_at is None or not view.stored.awaits_welfare:
        return None
    answer_by = asked_at + timedelta(seconds=view.incident.policy.welfare_answer_s)
    return WelfareQuestion(asked_at=asked_at, answer_by=answer_by)
