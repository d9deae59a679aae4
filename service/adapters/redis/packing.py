"""What does a track look like in Redis? JSON of bare values, short and quick to read; Lua reads its first, the time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from service.domain.geo import Point
from service.domain.unit import Fix, Track

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def pack(track: Track) -> bytes:
    """`[at_us, lat, lon, accuracy_m, heading_deg, speed_mps, suspect]`, the suspect alike; `_KEEP` reads the time."""
    return orjson.dumps([*_values(track.last), _values(track.suspect) if track.suspect else None])


def unpack(packed: bytes) -> Track:
    *last, suspect = orjson.loads(packed)
    return Track(last=_fix(last), suspect=_fix(suspect) if suspect else None)


def _values(fix: Fix | None) -> tuple[float | None, ...]:
    if fix is None:
        return (None,) * 6
    point = fix.point
    return microseconds(fix.at), point.lat, point.lon, fix.accuracy_m, fix.heading_deg, fix.speed_mps


def _fix(values: Sequence[Any]) -> Fix | None:
    at_us, lat, lon, accuracy_m, heading_deg, speed_mps = values
    if at_us is None:
        return None
    return Fix(
        point=Point(lat=lat, lon=lon),
        at=datetime.fromtimestamp(at_us / 1_000_000, UTC),
        accuracy_m=accuracy_m,
        heading_deg=heading_deg,
        speed_mps=speed_mps,
    )


def microseconds(at: datetime) -> int:
    """A double holds it, and the seconds it stands for, exactly until the year 2242."""
    return (at - _EPOCH) // _MICROSECOND
