"""Points on the Earth and the distances between them. Not for indexes: prefilters live behind the positions port."""

import math
from dataclasses import dataclass

from geopy.distance import geodesic

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of WGS-84; with it the sphere is off from the ellipsoid by at most 0.56 %."""

SPHERE_ERROR = 0.007
"""What a spherical distance is trusted to, with a margin: geodesic = spherical × (1 ± SPHERE_ERROR)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """WGS-84 degrees; latitude −90…90, longitude −180…180, both finite. Raises ValueError otherwise."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        # Written so that NaN fails: every comparison with NaN is false.
        if not (-90.0 <= self.lat <= 90.0 and -180.0 <= self.lon <= 180.0):
            message = f"not a point on the Earth: lat {self.lat}, lon {self.lon}"
            raise ValueError(message)


def distance_m(a: Point, b: Point) -> float:
    """Exact distance on the WGS-84 ellipsoid (Karney's geodesic by geopy, about 60 µs)."""
    return float(geodesic((a.lat, a.lon), (b.lat, b.lon)).meters)


def rough_distance_m(a: Point, b: Point) -> float:
    """Distance on a sphere (haversine, about 1 µs), off by up to SPHERE_ERROR: for bounds, never for an answer."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half_lat = math.sin((lat_b - lat_a) / 2)
    half_lon = math.sin(math.radians(b.lon - a.lon) / 2)
    chord = half_lat * half_lat + math.cos(lat_a) * math.cos(lat_b) * half_lon * half_lon
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))
