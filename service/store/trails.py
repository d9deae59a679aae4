"""Statements on trails: where units were while they were on an incident, at most one fix of a unit every 5 s.

Of a unit that is on no incident nothing is kept but its last fix: that is `fixes`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import bindparam, select, text

from service.store.database import Transaction
from service.store.tables import TRAILS, UNITS

# A fix from before the unit took its status is none of the incident's business, though it may be written only now.
_EXTEND = text(
    """
    insert into trails (agency_id, unit_id, at, incident_id, lat, lon, accuracy_m)
    select fixes.agency_id, fixes.unit_id, fixes.at, incidents.incident_id, fixes.lat, fixes.lon, fixes.accuracy_m
    from units
    join incidents on incidents.agency_id = units.agency_id and incidents.incident_id = units.incident_id
    join fixes on fixes.agency_id = units.agency_id and fixes.unit_id = units.unit_id
    where units.agency_id = :agency_id and units.unit_id = any(:unit_ids)
      and units.status in ('en_route', 'on_scene') and fixes.at >= units.status_at
    on conflict do nothing
    """
)
_OF_INCIDENT = (
    select(TRAILS.c.unit_id, UNITS.c.call_sign, TRAILS.c.at, TRAILS.c.lat, TRAILS.c.lon, TRAILS.c.accuracy_m)
    .join(UNITS, (UNITS.c.agency_id == TRAILS.c.agency_id) & (UNITS.c.unit_id == TRAILS.c.unit_id))
    .where(TRAILS.c.incident_id == bindparam("incident_id"))
    .order_by(UNITS.c.call_sign, TRAILS.c.at)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where a unit was at one time; accuracy in metres (1 σ), None when the device did not say."""

    at: datetime
    lat: float
    lon: float
    accuracy_m: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """One unit's steps, in order of time."""

    unit_id: UUID
    call_sign: str
    steps: Sequence[Step]


def extend(tx: Transaction, unit_ids: Sequence[UUID]) -> None:
    """The last fix of those of these units that are on an incident becomes a step of their trail; once."""
    tx.session.execute(_EXTEND, {"agency_id": tx.agency_id, "unit_ids": list(unit_ids)})


def of_incident(tx: Transaction, incident_id: UUID) -> list[Trail]:
    """By call sign; none once they were purged."""
    rows = tx.session.execute(_OF_INCIDENT, {"incident_id": incident_id})
    return [
        Trail(
            unit_id=unit_id,
            call_sign=call_sign,
            steps=[Step(at=row.at, lat=row.lat, lon=row.lon, accuracy_m=row.accuracy_m) for row in steps],
        )
        for (unit_id, call_sign), steps in groupby(rows, key=lambda row: (row.unit_id, row.call_sign))
    ]
