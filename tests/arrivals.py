"""Messages of sources that arrive in any order, and what must have come of them in the end, whatever the order was.

A `Town` plays one order after the other, each on a day of its own: a car whose phone rings after each message, and
nobody who answers. What it returns is compared with `expected`, which knows no order at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import reduce
from typing import Any
from uuid import UUID

from builders import NOW, PLACE, a_detection, a_point, a_policy, a_sound
from fake_clock import FrozenClock
from world import World

from service.domain.alert import PageKind
from service.domain.detection import Detection, DetectionKind, Sound, headline, rings, standing_sounds
from service.domain.grouping import are_one
from service.domain.incident import Incident, IncidentState
from service.operations import escalations, registry
from service.store import detections, incidents
from service.store.database import Database

HOLD_S = 5
POLICY = {
    "hold_low_confidence_s": HOLD_S,
    "acknowledgment_deadline_s": 600,
    "acknowledgments_needed": 1,
    "units_per_level": 1,
    # Which of them sound, and which are shown without, has tests of its own.
    "siren_every_s": 1,
    "sirens_per_minute": 60,
}
SENSORS = "sensors"
Name = tuple[str, str]
"""Of a detection: its source's, and its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one source says of one detection; without a sound it dismisses it."""

    of: str
    revision: int = 0
    sound: Sound | None = None
    source: str = SENSORS

    @property
    def kind(self) -> DetectionKind:
        if self.sound is None:
            return DetectionKind.DISMISSED
        return DetectionKind.UPDATED if self.revision else DetectionKind.DETECTED

    def told_by(self, source_id: UUID, *, later: timedelta = timedelta()) -> Detection:
        """By this source, about a time so much later."""
        sound = self.sound and replace(self.sound, occurred_at=self.sound.occurred_at + later)
        return a_detection(
            source_id=source_id,
            detection_id=f"{later.days}-{self.of}",
            revision=self.revision,
            kind=self.kind,
            occurred_at=sound.occurred_at if sound else NOW + later,
            sound=sound,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """An incident of which something stands. `rings`: for both cars, or for none of them."""

    detections: frozenset[Name]
    picture: Sound | None
    rings: bool


def heard(of: str, *, revision: int = 0, source: str = SENSORS, **sound: Any) -> Message:
    """Shots at `PLACE` now, unless told otherwise."""
    return Message(of=of, revision=revision, source=source, sound=a_sound(**({"place": PLACE} | sound)))


def dismissed(of: str, *, revision: int = 1, source: str = SENSORS) -> Message:
    return Message(of=of, revision=revision, source=source)


def named(order: Sequence[Message]) -> str:
    return " ".join(f"{message.of}{message.revision}" for message in order)


def expected(messages: Iterable[Message]) -> set[Stands]:
    """What stands, in groups that are as large as they must be, and no larger."""
    told: dict[Name, list[Detection]] = {}
    for message in messages:
        told.setdefault((message.source, message.of), []).append(message.told_by(UUID(int=0)))
    sounds = {name: sound for name, about in told.items() for sound in standing_sounds(about)}
    groups: list[dict[Name, Sound]] = reduce(_with, ({name: sounds[name]} for name in sounds), [])
    return {_stands(group.keys(), headline(group.values())) for group in groups}


class Town:
    """One car, which is near enough to every place of shots, and each order's messages on a day of their own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FrozenClock(NOW)
        self.later = timedelta()
        self.world = World(database, self.clock, **POLICY)
        self.car = self.world.car(away_m=700)
        self.sources = {SENSORS: self.world.source_id}

    def deliver(self, order: Sequence[Message]) -> set[Stands]:
        """The messages in this order, one a second; doubtful ones then ring, as nobody has decided."""
        self.later += timedelta(days=1)
        self.clock.advance((NOW + self.later - self.clock.now()).total_seconds())
        self.car.is_at(a_point(away_m=700, bearing_deg=90))
        self.world.push.rings.clear()
        for message in order:
            self.world.receives(message.told_by(self._source_id(message.source), later=self.later))
            self.clock.advance(1)
        self.clock.advance(HOLD_S)
        for incident in self._today():
            with self.world.working() as (database, ports):
                agency_id, incident_id = self.world.agency_id, incident.incident_id
                escalations.pass_deadline(database, ports, agency_id=agency_id, incident_id=incident_id)
        return {stands for incident in self._today() if (stands := self._stands(incident))}

    def _source_id(self, name: str) -> UUID:
        if name not in self.sources:
            source = registry.create_source(self.database, self.world.ports, agency_id=self.world.agency_id, name=name)
            self.sources[name] = source.source_id
        return self.sources[name]

    def _today(self) -> list[Incident]:
        with self.database.transaction(self.world.agency_id) as tx:
            newest = incidents.page_of_newest(tx, states=(), before=None, limit=20)
        return [incident for incident in newest if incident.opened_at >= NOW + self.later]

    def _stands(self, incident: Incident) -> Stands | None:
        """None when nothing of it stands. Fails when the phone does not show what it is."""
        ringing = incident.lives and incident.state is not IncidentState.HELD and incident.level > 0
        assert ringing is self._rings_for(incident)
        with self.database.transaction(self.world.agency_id) as tx:
            messages = detections.of_incidents(tx, [incident.incident_id])[incident.incident_id]
        names = {source_id: name for name, source_id in self.sources.items()}
        told: dict[Name, list[Detection]] = {}
        for one in (stored.detection for stored in messages):
            told.setdefault((names[one.source_id], one.detection_id.partition("-")[2]), []).append(one)
        standing = [name for name, about in told.items() if standing_sounds(about)]
        picture = replace(incident.sound, occurred_at=incident.sound.occurred_at - self.later)
        assert standing or not incident.lives
        return Stands(detections=frozenset(standing), picture=picture, rings=ringing) if standing else None

    def _rings_for(self, incident: Incident) -> bool:
        """By the latest that the phone was sent of it; one that never heard of it is silent."""
        told = [ring.notice for ring in self.world.push.rings if ring.notice.incident_id == incident.incident_id]
        latest = max(told, key=lambda notice: notice.sequence, default=None)
        return latest is not None and latest.kind is not PageKind.RECALL


def _with(groups: list[dict[Name, Sound]], new: dict[Name, Sound]) -> list[dict[Name, Sound]]:
    near = [each for each in groups if are_one([*new.values()], [*each.values()], policy=a_policy())]
    if not near:
        return [*groups, new]
    return _with([each for each in groups if each is not near[0]], near[0] | new)


def _stands(names: Iterable[Name], picture: Sound | None) -> Stands:
    return Stands(detections=frozenset(names), picture=picture, rings=picture is not None and rings(picture))
