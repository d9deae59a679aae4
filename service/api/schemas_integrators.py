"""What does a source send, and what is it answered (DESIGN §7)? Unknown fields are refused here, and only here."""

import hashlib
import json
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from service.api.fields import Instant, Latitude, Line, Longitude, Metres, Name, Revision, Rounds, WebAddress
from service.domain.detection import Classification, Confidence, Detection, DetectionKind, Outcome, Sound
from service.domain.geo import Point

_HEARD = WithJsonSchema({"type": "string", "enum": [DetectionKind.DETECTED, DetectionKind.UPDATED]})


class _Refusing(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Location(_Refusing):
    """WGS-84 degrees, and the radius in metres around it that the sound came from."""

    lat: Latitude
    lon: Longitude
    uncertainty_m: Metres


class _Message(_Refusing):
    """The four fields that every message has, and those that none must have."""

    detection_id: Name
    revision: Revision
    kind: DetectionKind
    occurred_at: Instant
    rounds: Rounds | None = None
    tactical_notes: Annotated[list[Name], Field(max_length=20)] = []
    address: Line | None = None
    audio_url: WebAddress | None = None
    image_url: WebAddress | None = None


class DetectionBody(_Message):
    """Shots were heard, or what was heard is now known better."""

    kind: Annotated[DetectionKind, _HEARD]
    location: Location
    classification: Classification
    confidence: Confidence


class DismissalBody(_Message):
    """It was no gunfire after all. It need not repeat what it dismisses."""

    kind: Literal[DetectionKind.DISMISSED]
    location: Location | None = None
    classification: Classification | None = None
    confidence: Confidence | None = None


def read_message(fields: dict[str, Any]) -> DetectionBody | DismissalBody:
    """The message in a parsed body. Raises pydantic's ValidationError, which names every field that is wrong."""
    if fields.get("kind") == DetectionKind.DISMISSED:
        return DismissalBody.model_validate(fields)
    return DetectionBody.model_validate(fields)


def to_detection(body: DetectionBody | DismissalBody, *, source_id: UUID) -> Detection:
    return Detection(
        source_id=source_id,
        detection_id=body.detection_id,
        revision=body.revision,
        kind=body.kind,
        occurred_at=body.occurred_at,
        sound=_sound(body),
    )


def body_sha256(body: DetectionBody | DismissalBody) -> bytes:
    """Equal for bodies that say the same, which is what makes one a replay of the other (DESIGN §7).

    The order of names, white space, 6 and 6.0, an absent field and one that is null, and the same instant told with
    another offset make no difference. What has its default is left out, so that a field that a later release adds
    does not turn a replay across the upgrade into a conflict.
    """
    said = body.model_dump(mode="json", exclude_defaults=True)
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode("ascii")).digest()


def _sound(body: DetectionBody | DismissalBody) -> Sound | None:
    """None when a dismissal does not repeat the whole of it."""
    if body.location is None or body.classification is None or body.confidence is None:
        return None
    return Sound(
        occurred_at=body.occurred_at,
        place=Point(lat=body.location.lat, lon=body.location.lon),
        uncertainty_m=body.location.uncertainty_m,
        classification=body.classification,
        confidence=body.confidence,
        rounds=body.rounds,
        tactical_notes=tuple(body.tactical_notes),
        address=body.address,
        audio_url=body.audio_url,
        image_url=body.image_url,
    )


class DetectionAnswer(BaseModel):
    """`incident_id` is null while a message is parked: it came before its detection."""

    incident_id: UUID | None
    detection_id: str
    revision: int
    outcome: Outcome
    replayed: bool
