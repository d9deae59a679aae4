"""A source's message that shots were heard, and what several messages about one detection amount to."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from service.domain.geo import Point
from service.domain.policy import Policy


class DetectionKind(StrEnum):
    DETECTED = "detected"
    UPDATED = "updated"
    DISMISSED = "dismissed"


class Classification(StrEnum):
    SINGLE_GUNSHOT = "single_gunshot"
    MULTIPLE_GUNSHOTS = "multiple_gunshots"
    PROBABLE_GUNFIRE = "probable_gunfire"
    FIREWORKS = "fireworks"
    NOT_GUNFIRE = "not_gunfire"
    UNKNOWN = "unknown"


class Confidence(StrEnum):
    HIGH = "high"
    UNCERTAIN = "uncertain"
    LOW = "low"


class Outcome(StrEnum):
    """What became of one message: the webhook's answer (DESIGN §7)."""

    OPENED = "opened"
    JOINED = "joined"
    UPDATED = "updated"
    DISMISSED = "dismissed"
    HELD = "held"
    PARKED = "parked"
    STORED = "stored"


DANGER = {
    Classification.NOT_GUNFIRE: 0,
    Classification.FIREWORKS: 1,
    Classification.UNKNOWN: 2,
    Classification.PROBABLE_GUNFIRE: 3,
    Classification.SINGLE_GUNSHOT: 4,
    Classification.MULTIPLE_GUNSHOTS: 5,
}
CERTAINTY = {Confidence.LOW: 0, Confidence.UNCERTAIN: 1, Confidence.HIGH: 2}
NEVER_RUNG = frozenset({Classification.FIREWORKS, Classification.NOT_GUNFIRE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What was heard and where: everything of a detection but its identity. All that a phone shows comes from here."""

    occurred_at: datetime
    place: Point
    uncertainty_m: float
    classification: Classification
    confidence: Confidence
    rounds: int | None = None
    tactical_notes: tuple[str, ...] = ()
    address: str | None = None
    audio_url: str | None = None
    image_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One message. `sound` is None only for a dismissal, which need not repeat what it dismisses."""

    source_id: UUID
    detection_id: str
    revision: int
    kind: DetectionKind
    occurred_at: datetime
    sound: Sound | None


def danger(sound: Sound) -> tuple[int, int]:
    """Orders sounds by how much they ask of an officer: classification first, then confidence."""
    return DANGER[sound.classification], CERTAINTY[sound.confidence]


def is_upgrade(before: Sound | None, after: Sound) -> bool:
    """More dangerous than what the phones already rang for; a first sound is one too."""
    return before is None or danger(after) > danger(before)


def rings(sound: Sound) -> bool:
    """Fireworks and what is not gunfire are shown, never rung."""
    return sound.classification not in NEVER_RUNG


def is_held(sound: Sound) -> bool:
    """Doubtful shots wait for a dispatcher, and ring by themselves when none decides."""
    return rings(sound) and sound.confidence is Confidence.LOW


def is_stale(occurred_at: datetime, *, now: datetime, policy: Policy) -> bool:
    """Too old to ring: stored and shown only."""
    return now - occurred_at > timedelta(seconds=policy.stale_after_s)


def is_from_the_future(occurred_at: datetime, *, now: datetime, policy: Policy) -> bool:
    return occurred_at - now > timedelta(seconds=policy.future_after_s)


def standing(messages: Iterable[Detection]) -> Detection | None:
    """The message that counts among all about one detection, whatever order they came in: the highest revision.

    None while no `detected` is among them: an update or dismissal that comes first is parked until it does.
    """
    known = list(messages)
    if not any(message.kind is DetectionKind.DETECTED for message in known):
        return None
    return max(known, key=lambda message: message.revision)


def standing_sounds(messages: Iterable[Detection]) -> list[Sound]:
    """What still counts of messages about several detections: the standing one of each, unless it is a dismissal.

    Two sources may call different detections by the same name.
    """
    by_detection = defaultdict(list)
    for message in messages:
        by_detection[message.source_id, message.detection_id].append(message)
    current = [standing(about_one) for about_one in by_detection.values()]
    return [each.sound for each in current if each and each.sound and each.kind is not DetectionKind.DISMISSED]


def headline(sounds: Iterable[Sound]) -> Sound | None:
    """One picture of several detections of one incident: the most dangerous, at the best located place.

    The same in whatever order they are given. Place and time come from the sound with the smallest uncertainty (the
    earliest of equals, so that six sensors of one shot do not make it jump), address and links from the best located
    that has one. Rounds are the most that any of them counted, since sensors of one network count the same shots.
    Confidence is the most that any of those that ring was heard with: a certain single shot is not made doubtful by a
    doubtful burst beside it, nor held with it. None when there is none left, as after a dismissal.
    """
    heard = sorted(sounds, key=_best_located_first)
    if not heard:
        return None
    best, worst = heard[0], max(heard, key=danger)
    comparable = [sound.confidence for sound in heard if rings(sound) == rings(worst)]
    return Sound(
        occurred_at=best.occurred_at,
        place=best.place,
        uncertainty_m=best.uncertainty_m,
        classification=worst.classification,
        confidence=max(comparable, key=lambda confidence: CERTAINTY[confidence]),
        rounds=max((sound.rounds for sound in heard if sound.rounds is not None), default=None),
        tactical_notes=tuple(dict.fromkeys(note for sound in heard for note in sound.tactical_notes)),
        address=next((sound.address for sound in heard if sound.address), None),
        audio_url=next((sound.audio_url for sound in heard if sound.audio_url), None),
        image_url=next((sound.image_url for sound in heard if sound.image_url), None),
    )


def _best_located_first(sound: Sound) -> tuple[object, ...]:
    """Whatever a headline takes from the first that has it is in here: two that are equal in this show the same."""
    at = sound.place.lat, sound.place.lon
    shown = sound.address or "", sound.audio_url or "", sound.image_url or "", sound.tactical_notes
    return sound.uncertainty_m, sound.occurred_at, *at, *shown
