"""What do phones and consoles see of an incident and an alert (DESIGN §7)? Built from views, never from rows.

Times are RFC 3339 in UTC, distances in metres. A field that does not apply is null rather than absent.
"""

from datetime import datetime
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


class IncidentSummary(SoundAnswer):
    """An incident in a list, and all that a phone needs of it. `level` counts the levels asked so far."""

    incident_id: UUID
    state: IncidentState
    opened_at: datetime
    level: int
    sequence: int
    deadline_at: datetime | None

    @classmethod
    def of_incident(cls, incident: Incident) -> Self:
        return cls(
            incident_id=incident.incident_id,
            state=incident.state,
            opened_at=incident.opened_at,
            level=incident.level,
            sequence=incident.sequence,
            deadline_at=incident.deadline_at,
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
            incident=IncidentSummary.of_incident(view.incident),
        )


class AlertsAnswer(BaseModel):
    """Newest change first. `next` is what to ask `since` with the next time."""

    items: list[AlertAnswer]
    next: str | None
