import math

import pytest
from builders import PLACE, a_point
from hypothesis import given
from hypothesis import strategies as st

from service.domain.geo import Distance, Point, distance_m

points = st.builds(Point, lat=st.floats(-90, 90), lon=st.floats(-180, 180))


@st.composite
def neighbours(draw: st.DrawFn) -> tuple[Point, Point]:
    """Two points, a hair to a quarter of the Earth apart, anywhere: at the poles and the antimeridian too."""
    start = draw(
        points | st.builds(Point, lat=st.sampled_from([-90, 0, 89.9999, 90]), lon=st.sampled_from([-180, 180]))
    )
    away_m = 10 ** draw(st.floats(-4, 7))
    return start, a_point(start=start, away_m=away_m, bearing_deg=draw(st.floats(0, 360)))


@pytest.mark.parametrize(("lat", "lon"), [(90.1, 0), (0, -180.1), (math.nan, 0), (0, math.inf), (-math.inf, 0)])
def test_there_is_no_point_off_the_earth(lat: float, lon: float) -> None:
    with pytest.raises(ValueError, match="not a point on the Earth"):
        Point(lat=lat, lon=lon)


def test_a_published_distance_is_met_to_the_millimetre() -> None:
    flinders_peak = Point(lat=-37.95103342, lon=144.42486789)
    buninyong = Point(lat=-37.65282114, lon=143.92649553)
    # Geoscience Australia's worked example for Vincenty's formulae: 54,972.271 m on GRS 80.
    assert pytest.approx(54_972.271, abs=0.001) == distance_m(flinders_peak, buninyong)


@given(neighbours())
def test_the_exact_distance_lies_within_the_bounds_by_the_sphere(pair: tuple[Point, Point]) -> None:
    distance = Distance(*pair)
    assert distance.least_m <= distance_m(*pair) <= distance.most_m


@given(points, points)
def test_the_bounds_hold_even_between_opposite_ends_of_the_earth(a: Point, b: Point) -> None:
    distance = Distance(a, b)
    assert distance.least_m <= distance_m(a, b) <= distance.most_m


@given(neighbours(), st.sampled_from([-0.02, -0.001, -1e-9, 0, 1e-9, 0.001, 0.02]))
def test_within_is_exact_however_near_the_radius(pair: tuple[Point, Point], off: float) -> None:
    radius_m = distance_m(*pair) * (1 + off)
    assert (distance_m(*pair) <= radius_m) is Distance(*pair).is_within(radius_m)


def test_two_sides_of_the_antimeridian_are_neighbours() -> None:
    assert Distance(Point(lat=-17, lon=179.9999), Point(lat=-17, lon=-179.9999)).is_within(22)


def test_what_is_clearly_near_or_far_costs_no_geodesic() -> None:
    distance = Distance(PLACE, a_point(away_m=1_000))
    assert distance.is_within(1_010)
    assert not distance.is_within(990)
    assert distance._exact_m is None
