"""How a sound is written as JSON in a detection's row; the domain's `Sound` knows nothing of it."""

from datetime import datetime
from typing import Any

from service.domain.detection import Classification, Confidence, Sound
from service.domain.geo import Point


def to_json(sound: Sound) -> dict[str, Any]:
    """`from_json` is its inverse."""
    return {
        "occurred_at": sound.occurred_at.isoformat(),
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


def from_json(stored: dict[str, Any]) -> Sound:
    return Sound(
        occurred_at=datetime.fromisoformat(stored["occurred_at"]),
        place=Point(lat=stored["lat"], lon=stored["lon"]),
        uncertainty_m=stored["uncertainty_m"],
        classification=Classification(stored["classification"]),
        confidence=Confidence(stored["confidence"]),
        rounds=stored["rounds"],
        tactical_notes=tuple(stored["tactical_notes"]),
        address=stored["address"],
        audio_url=stored["audio_url"],
        image_url=stored["image_url"],
    )
