"""What is an auditor shown: entries of the journal, its head, and where units were (DESIGN §7)?"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from service.api.geojson import Feature, PointGeometry
from service.domain.chain import Head
from service.store.journal import StoredEntry
from service.store.trails import Trail


class JournalEntryShown(BaseModel):
    """`actor` is who did it, `name` how people call them, `origin` the network address it came from.

    `number` and `hash` (hex) are its place in the agency's chain; null for the second until the clock has sealed it.
    """

    entry_id: UUID
    at: datetime
    actor: str
    name: str | None
    origin: str | None
    action: str
    incident_id: UUID | None
    details: dict[str, Any]
    number: int | None
    hash: str | None
    sealed_at: datetime | None

    @classmethod
    def of(cls, stored: StoredEntry, names: Mapping[str, str]) -> Self:
        entry = stored.entry
        return cls(
            entry_id=stored.entry_id,
            at=entry.at,
            actor=entry.actor,
            name=names.get(entry.actor),
            origin=stored.origin,
            action=entry.action,
            incident_id=entry.incident_id,
            details=entry.details,
            number=stored.number,
            hash=stored.hash.hex() if stored.hash else None,
            sealed_at=stored.sealed_at,
        )


class JournalAnswer(BaseModel):
    """Newest first. `next` is the cursor of the following page, also told by the Link header; null on the last."""

    items: list[JournalEntryShown]
    next: UUID | None


class HeadAnswer(BaseModel):
    """The end of the chain. Keep it elsewhere: `beatline journal verify --head` tells later if what led to it changed.

    `number` is 0 and `sealed_at` null while nothing is sealed.
    """

    agency_id: UUID
    number: int
    hash: str
    sealed_at: datetime | None

    @classmethod
    def of(cls, head: Head) -> Self:
        return cls(agency_id=head.agency_id, number=head.number, hash=head.hash.hex(), sealed_at=head.sealed_at)


class StepShown(BaseModel):
    """WGS-84 degrees; accuracy in metres (1 σ), null when the device did not say."""

    at: datetime
    lat: float
    lon: float
    accuracy_m: float | None


class TrailShown(BaseModel):
    """Where one unit was while it was on the incident, in order of time: a step every 5 s at most."""

    unit_id: UUID
    call_sign: str
    steps: list[StepShown]

    @classmethod
    def of(cls, trail: Trail) -> Self:
        steps = [StepShown.model_validate(step, from_attributes=True) for step in trail.steps]
        return cls(unit_id=trail.unit_id, call_sign=trail.call_sign, steps=steps)

    def features(self) -> Iterator[Feature]:
        """Each step on the map; its id is the unit's and the time."""
        for step in self.steps:
            properties = step.model_dump(mode="json", exclude={"lat", "lon"})
            whose = {"unit_id": str(self.unit_id), "call_sign": self.call_sign}
            place = PointGeometry(coordinates=(step.lon, step.lat))
            yield Feature(id=f"{self.unit_id}/{properties['at']}", geometry=place, properties=whose | properties)


class TrailsAnswer(BaseModel):
    """By call sign. Positions are kept for a day, unless the incident is under a legal hold."""

    items: list[TrailShown]
