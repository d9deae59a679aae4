"""How a sound is written down: as columns of an incident and as JSON in a detection's row, under the same names."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from service.domain.detection import Classification, Confidence, Sound
from service.domain.geo import Point


def to_columns(sound: Sound) -> dict[str, Any]:
    """`from_columns` is its inverse."""
    return {
        "occurred_at": sound.occurred_at,
        "lat": sound.place.lat,
        "lon": sound.place.lon,
        "uncertainty_m": sound.uncertainty_m,
        "classification": sound.classification,
        "confidence": sound.confidence,
        "rounds": sound.rounds,
        "tactical_notes": list(sound.tactical_notes),
        "address": sound.address,
        "audio_url": sound.audio_url,
        "image_url": sound.image_url,
    }


def from_columns(values: Mapping[str, Any]) -> Sound:
    """From any row that has the columns, whatever else it has."""
    return Sound(
        occurred_at=values["occurred_at"],
        place=Point(lat=values["lat"], lon=values["lon"]),
        uncertainty_m=values["uncertainty_m"],
        classification=Classification(values["classification"]),
        confidence=Confidence(values["confidence"]),
        rounds=values["rounds"],
        tactical_notes=tuple(values["tactical_notes"]),
        address=values["address"],
        audio_url=values["audio_url"],
        image_url=values["image_url"],
    )


def to_json(sound: Sound) -> dict[str, Any]:
    """As `to_columns`, its time as JSON can say it; `from_json` is its inverse."""
    return to_columns(sound) | {"occurred_at": sound.occurred_at.isoformat()}


def from_json(stored: Mapping[str, Any]) -> Sound:
    return from_columns({**stored, "occurred_at": datetime.fromisoformat(stored["occurred_at"])})
