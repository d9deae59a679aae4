"""Points on the Earth and the distances between them. Not for indexes: prefilters live behind the positions port."""

import math
from dataclasses import dataclass

from geopy.distance import geodesic

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of WGS-84; with it the sphere is off from the ellipsoid by at most 0.56 %."""

SPHERE_ERROR = 0.007
"""What a spherical distance is trusted to, with a margin: geodesic = spherical × (1 ± SPHERE_ERROR) ± ROUNDING_M."""

ROUNDING_M = 0.001
"""What floating point may add; it shows only where two points all but coincide, or lie across the antimeridian."""

METRES_PER_DEGREE = 110_574.0
"""The shortest degree of latitude on WGS-84, at the equator: for bands that must not be too narrow."""

POLE_DEG = 90.0
ANTIMERIDIAN_DEG = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """WGS-84 degrees; latitude −90…90, longitude −180…180, both finite. Raises ValueError otherwise."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        # Written so that NaN fails: every comparison with NaN is false.
        if not (abs(self.lat) <= POLE_DEG and abs(self.lon) <= ANTIMERIDIAN_DEG):
            raise ValueError(f"not a point on the Earth: lat {self.lat}, lon {self.lon}")


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


class Distance:
    """From one point to another: roughly known at once; the exact geodesic is computed when asked for, and kept."""

    __slots__ = ("_a", "_b", "_exact_m", "rough_m")

    def __init__(self, a: Point, b: Point) -> None:
        self._a = a
        self._b = b
        self._exact_m: float | None = None
        self.rough_m = rough_distance_m(a, b)

    @property
    def exact_m(self) -> float:
        if self._exact_m is None:
            self._exact_m = distance_m(self._a, self._b)
        return self._exact_m

    @property
    def least_m(self) -> float:
        """The exact distance is no shorter than this."""
        return self.rough_m * (1 - SPHERE_ERROR) - ROUNDING_M

    @property
    def most_m(self) -> float:
        """The exact distance is no longer than this."""
        return self.rough_m * (1 + SPHERE_ERROR) + ROUNDING_M

    def is_within(self, radius_m: float) -> bool:
        """Whether the exact distance is at most this; a geodesic is computed only where the sphere leaves a doubt."""
        return self.most_m <= radius_m or (self.least_m <= radius_m and self.exact_m <= radius_m)
