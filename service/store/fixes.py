"""Statements on the last fix of each unit: what positions are rebuilt from, and read from while they are away.

Not a history: one row a unit. Where units go while they are on an incident: `trails`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func, select, text

from service.domain.geo import Point
from service.domain.unit import Fix, Track, believable_until
from service.store import trails
from service.store.database import Transaction
from service.store.tables import FIXES

# One statement for any number of units. The join drops units that are gone, of which a phone may still tell; the order
# keeps two writers of the same units from waiting for each other.
_KEEP = text(
    """
    insert into fixes (agency_id, unit_id, lat, lon, at, accuracy_m, heading_deg, speed_mps, suspect, updated_at)
    select units.agency_id, units.unit_id, lat, lon, at, accuracy_m, heading_deg, speed_mps, suspect, :now
    from unnest(
        cast(:unit_ids as uuid[]), cast(:lats as float8[]), cast(:lons as float8[]), cast(:ats as timestamptz[]),
        cast(:accuracies_m as float8[]), cast(:headings_deg as float8[]), cast(:speeds_mps as float8[]),
        cast(:suspects as jsonb[])
    ) as given (unit_id, lat, lon, at, accuracy_m, heading_deg, speed_mps, suspect)
    join units on units.agency_id = :agency_id and units.unit_id = given.unit_id
    order by units.unit_id
    on conflict (agency_id, unit_id) do update set
        lat = excluded.lat, lon = excluded.lon, at = excluded.at, accuracy_m = excluded.accuracy_m,
        heading_deg = excluded.heading_deg, speed_mps = excluded.speed_mps, suspect = excluded.suspect,
        updated_at = excluded.updated_at
    where fixes.at <= excluded.at or fixes.at > :believable_until
    """
)

# By the square of half the chord on a unit sphere, which grows with the distance. All rows of the agency are looked at:
# 2,000 of them take 2 ms, and to make tracks of all of them takes Python twenty times as long.
_NEAREST = text(
    """
    select * from fixes where agency_id = :agency_id
    order by
        sin(radians(lat - :lat) / 2) ^ 2
        + cos(radians(lat)) * cos(radians(:lat)) * sin(radians(lon - :lon) / 2) ^ 2
    limit :limit
    """
)


def keep(tx: Transaction, tracks: Mapping[UUID, Track], *, now: datetime) -> None:
    """Newer wins, unless what is stored lies in the future and cannot be. A track without a believed fix is no row.

    Of units that are on an incident it is also a step of their trail.
    """
    located = [(unit_id, track.last, track.suspect) for unit_id, track in tracks.items() if track.last]
    if not located:
        return
    tx.session.execute(
        _KEEP,
        {
            "agency_id": tx.agency_id,
            "now": now,
            "believable_until": believable_until(now),
            "unit_ids": [unit_id for unit_id, _, _ in located],
            "lats": [last.point.lat for _, last, _ in located],
            "lons": [last.point.lon for _, last, _ in located],
            "ats": [last.at for _, last, _ in located],
            "accuracies_m": [last.accuracy_m for _, last, _ in located],
            "headings_deg": [last.heading_deg for _, last, _ in located],
            "speeds_mps": [last.speed_mps for _, last, _ in located],
            "suspects": [_to_json(suspect) if suspect else None for _, _, suspect in located],
        },
    )
    trails.extend(tx, [unit_id for unit_id, _, _ in located])


def all_tracks(tx: Transaction) -> dict[UUID, Track]:
    """Of every unit of the agency that has ever reported, as it was a few seconds ago at most."""
    return {row.unit_id: Track(last=_fix(row), suspect=_suspect(row)) for row in tx.session.execute(select(FIXES))}


def nearest(tx: Transaction, place: Point, *, limit: int) -> dict[UUID, Track]:
    """As `all_tracks`, of the nearest units alone, nearest first by a sphere; fewer when there are no more."""
    near = {"agency_id": tx.agency_id, "lat": place.lat, "lon": place.lon, "limit": limit}
    rows = tx.session.execute(_NEAREST, near)
    return {row.unit_id: Track(last=_fix(row), suspect=_suspect(row)) for row in rows}


def tracks_of(tx: Transaction, unit_ids: Iterable[UUID]) -> dict[UUID, Track]:
    """As `all_tracks`, of these units alone; one that has never reported is missing."""
    rows = tx.session.execute(select(FIXES).where(FIXES.c.unit_id == func.any(list(unit_ids))))
    return {row.unit_id: Track(last=_fix(row), suspect=_suspect(row)) for row in rows}


def _fix(row: Any) -> Fix:
    return Fix(
        point=Point(lat=row.lat, lon=row.lon),
        at=row.at,
        accuracy_m=row.accuracy_m,
        heading_deg=row.heading_deg,
        speed_mps=row.speed_mps,
    )


def _suspect(row: Any) -> Fix | None:
    """`_to_json` read back."""
    if row.suspect is None:
        return None
    said = dict(row.suspect)
    point = Point(lat=said.pop("lat"), lon=said.pop("lon"))
    return Fix(point=point, at=datetime.fromisoformat(said.pop("at")), **said)


def _to_json(suspect: Fix) -> str:
    return orjson.dumps(
        {
            "lat": suspect.point.lat,
            "lon": suspect.point.lon,
            "at": suspect.at,
            "accuracy_m": suspect.accuracy_m,
            "heading_deg": suspect.heading_deg,
            "speed_mps": suspect.speed_mps,
        }
    ).decode()
