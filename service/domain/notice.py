"""What one page says, the same for every way of saying it. Not for wire formats: those belong to the adapters."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from service.domain.alert import PageKind
from service.domain.detection import Classification, Confidence, Sound

MAX_ADDRESS_BYTES = 160
MAX_REASON_BYTES = 120
MAX_NOTES_BYTES = 80
MAX_CALL_SIGN_BYTES = 60
MAX_IMAGE_URL_BYTES = 1_000
"""A longer address of a picture is left out: half of one is none. The phone fetches it with the alert."""
_KILOMETRES_FROM_M = 995
_NOT_IN_URLS = frozenset(" \"'<>\\^`{|}")

_WORDS = {
    Classification.SINGLE_GUNSHOT: "single gunshot",
    Classification.MULTIPLE_GUNSHOTS: "multiple gunshots",
    Classification.PROBABLE_GUNFIRE: "probable gunfire",
    Classification.FIREWORKS: "fireworks",
    Classification.NOT_GUNFIRE: "not gunfire",
    Classification.UNKNOWN: "unidentified sound",
}
_OPENINGS = {
    PageKind.UPDATE: "Update: ",
    PageKind.WARNING: "Close to you: ",
    PageKind.DIGEST: "Also heard: ",
}
_DRILL = "DRILL: a test of this phone"
_WELFARE = "Are you all right?"
_MINIMAL_TITLES = {
    PageKind.ALERT: "Shots heard near you",
    PageKind.UPDATE: "Alert updated",
    PageKind.RECALL: "Alert withdrawn",
    PageKind.WARNING: "Shots heard close to you",
    PageKind.DIGEST: "More shots heard",
    PageKind.DRILL: _DRILL,
    PageKind.WELFARE: _WELFARE,
}
_MINIMAL_EMERGENCIES = {
    PageKind.ALERT: "Officer emergency",
    PageKind.WARNING: "Officer emergency near you",
}
_SOMETIMES_SILENT = frozenset({PageKind.UPDATE, PageKind.DIGEST})
_DOUBTS = {Confidence.UNCERTAIN: ", uncertain", Confidence.LOW: ", low confidence"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Everything a phone needs for one (incident, sequence); every update carries everything.

    `alert_id` is None for a warning. `expires_at` is when nobody needs it any more (the push service's TTL).
    `reason` is the sentence a recall shows ("Covered by 3A12"), or what an update is about. `timezone` is the agency's
    IANA name: no officer should read UTC. `minimal` leaves everything but ids, sequence and kind for the phone to
    fetch. `emergency` is the call sign of the unit whose officer called for help; nothing was heard then, and `sound`
    says where.
    """

    kind: PageKind
    incident_id: UUID
    alert_id: UUID | None
    sequence: int
    silent: bool
    sound: Sound
    distance_m: float | None
    deadline_at: datetime | None
    expires_at: datetime
    timezone: str
    reason: str = ""
    minimal: bool = False
    emergency: str | None = None

    @property
    def quiet(self) -> bool:
        """Shown without a sound: a silent update, and every recall."""
        return self.silent or self.kind is PageKind.RECALL


def data(notice: Notice) -> dict[str, str]:
    """The fields of DESIGN §6 as a push service carries them: all strings, absent values left out.

    Times are RFC 3339 in UTC with milliseconds, coordinates degrees with six decimals, distances metres. Three fields
    are there only when they say something: `silent` ("true") on an update or a digest that must not ring, `reason` on
    a recall, an update ("Confirmed by dispatch") or a digest ("Late by 4 minutes"), `emergency` (a call sign) when an
    officer called for help. `deadline_at` is until when an answer is wanted. Below 2,048 bytes whatever the notice
    holds, because long texts are cut and a long `image_url` is left out; so text that repeats it fits with it into a
    push service's 4,096.
    """
    named = {
        "kind": notice.kind.value,
        "incident_id": str(notice.incident_id),
        "alert_id": str(notice.alert_id) if notice.alert_id else None,
        "sequence": str(notice.sequence),
        "silent": "true" if notice.silent and notice.kind in _SOMETIMES_SILENT else None,
    }
    shown = {} if notice.minimal else _shown(notice)
    return {name: value for name, value in (named | shown).items() if value}


def image_url(notice: Notice) -> str | None:
    """The picture to show with the text: none when minimal, too long for a push, or no address at all."""
    url = notice.sound.image_url
    if notice.minimal or not url or len(url) > MAX_IMAGE_URL_BYTES:
        return None
    return url if url.isascii() and url.isprintable() and _NOT_IN_URLS.isdisjoint(url) else None


def title(notice: Notice) -> str:
    """The line that is read first, at 3 a.m.: what was heard or who calls for help, or for a recall why it is over."""
    if notice.minimal:
        emergency = _MINIMAL_EMERGENCIES.get(notice.kind) if notice.emergency else None
        return emergency or _MINIMAL_TITLES[notice.kind]
    if notice.kind is PageKind.RECALL:
        return _cut(notice.reason, max_bytes=MAX_REASON_BYTES) or "No longer needed"
    if notice.kind is PageKind.WELFARE:
        return _WELFARE
    if notice.kind is PageKind.DRILL:
        return _DRILL
    text = _OPENINGS.get(notice.kind, "") + (_emergency(notice) or _what(notice.sound))
    return text[0].upper() + text[1:]


def body(notice: Notice) -> str:
    """How far, where, when by the agency's own clock, and until when an answer is wanted."""
    if notice.minimal:
        return "Open Beatline for what and where."
    sound = notice.sound
    when = f"{'called' if notice.emergency else 'heard'} {_local(sound.occurred_at, notice.timezone)}"
    match notice.kind:
        case PageKind.RECALL:
            # An emergency's address says what it was.
            parts = ["" if notice.emergency else _what(sound).capitalize(), _where(sound), when]
        case PageKind.WELFARE:
            parts = [f"On scene: {_where(sound)}", _wanted(notice)]
        case PageKind.DRILL:
            parts = ["Nothing was heard: press Received", _wanted(notice)]
        case _:
            reason = _cut(notice.reason, max_bytes=MAX_REASON_BYTES)
            parts = [reason, _how_far(notice.distance_m), _where(sound), _notes(sound), when, _wanted(notice)]
    return " · ".join(part for part in parts if part)


def _shown(notice: Notice) -> dict[str, str | None]:
    sound = notice.sound
    return {
        "classification": sound.classification.value,
        "confidence": sound.confidence.value,
        "rounds": None if sound.rounds is None else str(sound.rounds),
        "lat": f"{sound.place.lat:.6f}",
        "lon": f"{sound.place.lon:.6f}",
        "uncertainty_m": _metres(sound.uncertainty_m),
        "distance_m": None if notice.distance_m is None else _metres(notice.distance_m),
        "address": _cut(sound.address or "", max_bytes=MAX_ADDRESS_BYTES),
        "occurred_at": _utc(sound.occurred_at),
        "deadline_at": None if notice.deadline_at is None else _utc(notice.deadline_at),
        "image_url": image_url(notice),
        "reason": _cut(notice.reason, max_bytes=MAX_REASON_BYTES),
        "emergency": _cut(notice.emergency or "", max_bytes=MAX_CALL_SIGN_BYTES),
    }


def _emergency(notice: Notice) -> str:
    """As the address of such an incident begins, so that title and body say the same; empty when it is none."""
    return f"Officer emergency: {_cut(notice.emergency, max_bytes=MAX_CALL_SIGN_BYTES)}" if notice.emergency else ""


def _what(sound: Sound) -> str:
    rounds = f", {sound.rounds} rounds" if sound.rounds and sound.rounds > 1 else ""
    return f"{_WORDS[sound.classification]}{rounds}{_DOUBTS.get(sound.confidence, '')}"


def _where(sound: Sound) -> str:
    address = _cut(sound.address or "", max_bytes=MAX_ADDRESS_BYTES)
    return address or f"{sound.place.lat:.5f}, {sound.place.lon:.5f}"


def _how_far(distance_m: float | None) -> str:
    if distance_m is None:
        return ""
    in_metres = distance_m < _KILOMETRES_FROM_M
    return f"{max(10, round(distance_m, -1)):.0f} m away" if in_metres else f"{distance_m / 1_000:.1f} km away"


def _notes(sound: Sound) -> str:
    """What a vendor's reviewer heard ("full auto"): it decides how an officer approaches."""
    return _cut(", ".join(note.replace("_", " ") for note in sound.tactical_notes), max_bytes=MAX_NOTES_BYTES)


def _wanted(notice: Notice) -> str:
    if notice.kind is PageKind.WARNING:
        return "no answer needed"
    return "" if notice.deadline_at is None else f"answer by {_local(notice.deadline_at, notice.timezone)}"


def _metres(distance_m: float) -> str:
    return f"{distance_m:.1f}".removesuffix(".0")


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _local(at: datetime, timezone: str) -> str:
    """The time of day where the agency is; marked as UTC when its time zone is not known to this machine."""
    try:
        return f"{at.astimezone(ZoneInfo(timezone)):%H:%M:%S}"
    except (KeyError, ValueError, OSError):
        return f"{at.astimezone(UTC):%H:%M:%S} UTC"


def _cut(text: str, *, max_bytes: int) -> str:
    """At most so many bytes of UTF-8, whole characters, printable ones; what was cut shows as an ellipsis."""
    printable = "".join(char if char.isprintable() else " " for char in text).strip()
    encoded = printable.encode()
    if len(encoded) <= max_bytes:
        return printable
    return encoded[: max_bytes - len("…".encode())].decode(errors="ignore").rstrip() + "…"
