"""What a device says of where it is, before anybody has judged it: at `PLACE` and now, unless told otherwise."""

from dataclasses import dataclass
from datetime import datetime

from builders import NOW, PLACE, a_point, seconds


@dataclass(frozen=True, kw_only=True)
class Told:
    """One reported fix."""

    lat: float = PLACE.lat
    lon: float = PLACE.lon
    at: datetime = NOW
    accuracy_m: float | None = None
    heading_deg: float | None = None
    speed_mps: float | None = None


def told(*, age_s: float = 0, away_m: float = 0) -> Told:
    point = a_point(away_m=away_m)
    return Told(lat=point.lat, lon=point.lon, at=NOW - seconds(age_s))
