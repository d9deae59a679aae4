"""What does a source's message say, and when do two say the same?"""

import json
from pathlib import Path
from typing import Any

import pytest
from builders import NOW, SOURCE_ID
from pydantic import ValidationError

from service.api.schemas_integrators import body_sha256, read_message, to_detection
from service.domain.detection import Classification, Confidence, DetectionKind, Sound
from service.domain.geo import Point

EXAMPLES = Path(__file__).parents[2] / "openapi" / "examples"


def a_body(**changes: Any) -> dict[str, Any]:
    """The example of DESIGN §7, heard at the builders' NOW."""
    body: dict[str, Any] = json.loads((EXAMPLES / "detected.json").read_text())
    return body | changes


def sha256_of(**changes: Any) -> bytes:
    return body_sha256(read_message(a_body(**changes)))


def wrong_fields(body: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        read_message(body)
    return [".".join(map(str, error["loc"])) for error in refused.value.errors()]


def test_a_detection_means_what_it_says() -> None:
    detection = to_detection(read_message(a_body()), source_id=SOURCE_ID)
    assert (detection.source_id, detection.detection_id, detection.revision) == (SOURCE_ID, "SST-2026-000123", 0)
    assert detection.sound == Sound(
        occurred_at=NOW,
        place=Point(lat=37.737, lon=-122.391),
        uncertainty_m=25.0,
        classification=Classification.MULTIPLE_GUNSHOTS,
        confidence=Confidence.HIGH,
        rounds=6,
        tactical_notes=("full_auto",),
        address="1200 block of Quesada Ave",
    )


def test_a_dismissal_need_not_repeat_what_it_dismisses() -> None:
    said = json.loads((EXAMPLES / "dismissed.json").read_text())
    detection = to_detection(read_message(said), source_id=SOURCE_ID)
    assert (detection.kind, detection.occurred_at, detection.sound) == (DetectionKind.DISMISSED, NOW, None)


def test_a_dismissal_may_repeat_it() -> None:
    detection = to_detection(read_message(a_body(kind="dismissed")), source_id=SOURCE_ID)
    assert detection.sound is not None


def test_whatever_a_detection_lacks_is_named_at_once() -> None:
    everything = ["detection_id", "revision", "kind", "occurred_at", "location", "classification", "confidence"]
    assert sorted(wrong_fields({})) == sorted(everything)


def test_a_dismissal_lacks_less() -> None:
    assert sorted(wrong_fields({"kind": "dismissed"})) == ["detection_id", "occurred_at", "revision"]


@pytest.mark.parametrize(
    "same",
    [
        {"rounds": 6.0, "revision": 0.0},
        {"location": {"uncertainty_m": 25.0, "lon": -122.3910, "lat": 37.737}},
        {"occurred_at": "2026-11-20T11:12:09.31Z"},
        {"occurred_at": "2026-11-20t16:42:09.310000+05:30"},
    ],
)
def test_a_body_told_in_another_way_is_the_same_message(same: dict[str, Any]) -> None:
    assert sha256_of(**same) == sha256_of()


def test_an_absent_field_and_one_that_is_null_are_the_same_message() -> None:
    body = a_body()
    del body["audio_url"], body["image_url"]
    assert body_sha256(read_message(body)) == sha256_of()


@pytest.mark.parametrize(
    "other",
    [
        {"rounds": 7},
        {"rounds": None},
        {"kind": "updated"},
        {"confidence": "uncertain"},
        {"occurred_at": "2026-11-20T11:12:09.311Z"},
        {"location": {"lat": 37.737, "lon": -122.391, "uncertainty_m": 25.5}},
        {"tactical_notes": []},
        {"address": "1200 block of Quesada Avenue"},
    ],
)
def test_a_body_that_says_something_else_is_another_message(other: dict[str, Any]) -> None:
    assert sha256_of(**other) != sha256_of()


def test_the_hash_of_a_message_outlives_releases() -> None:
    # Stored with every detection: if this changes, replays of messages from before the upgrade become conflicts.
    assert sha256_of().hex() == "fc7d8fadca5fedd7ebe0c0c04be5be78a1d8b361a630bdd91c89ffc7a1b8be5f"


def test_zero_and_minus_zero_are_the_same_place() -> None:
    zero, minus_zero = ({"lat": 0.0, "lon": lon, "uncertainty_m": 1} for lon in (0.0, -0.0))
    assert sha256_of(location=zero) == sha256_of(location=minus_zero)
