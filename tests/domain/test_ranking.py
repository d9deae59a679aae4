"""`choose` asks whom a plain ranking by the geodesic of every candidate asks: anywhere, and on every border."""

import random
from dataclasses import replace
from itertools import islice

from builders import NOW, PLACE, a_candidate, a_fix, a_point, a_policy, id_of, seconds
from geopy.distance import geodesic
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.domain.alert import AlertState
from service.domain.geo import Point
from service.domain.policy import Policy
from service.domain.ranking import nearest_first, sight
from service.domain.selection import Candidate, choose
from service.domain.unit import Status, UnitKind

POLICY = a_policy()
PLACES = [
    PLACE,
    Point(lat=0, lon=0),
    Point(lat=-16.5, lon=180),
    Point(lat=51.9, lon=-179.99),
    Point(lat=90, lon=0),
    Point(lat=-89.97, lon=12),
]
BORDERS_M = [0, 450, 499.999, 500, 500.001, 504, 7_950, 7_999.999, 8_000, 8_000.001, 8_056]
BORDERS_S = [-3_600, 0, 60, 60.001, 300, 300.001, 7_200]


def brute_force(place: Point, candidates: list[Candidate], policy: Policy, want: int) -> list[tuple[str, float]]:
    """DESIGN §5 read aloud: call sign and distance of whom to ask, by one geodesic for each candidate."""
    ranked = []
    for unit in candidates:
        if unit.kind is not UnitKind.PATROL or unit.status is not Status.AVAILABLE:
            continue
        if unit.fix is None or not unit.has_device:
            continue
        if unit.alert_state not in {None, AlertState.RECALLED, AlertState.FAILED}:
            continue
        there = unit.fix.point
        away_m = geodesic((place.lat, place.lon), (there.lat, there.lon)).meters
        age_s = max(0, (NOW - unit.fix.at).total_seconds())
        accuracy_m = unit.fix.accuracy_m or 0
        counted_m = away_m + accuracy_m if accuracy_m > policy.accurate_within_m else away_m
        old = age_s > policy.usable_fix_age_s
        ranked.append((old, counted_m, age_s, unit.call_sign, unit.unit_id, away_m))
    ranked.sort()
    inside = [row for row in ranked if row[-1] <= policy.max_distance_m]
    return [(call_sign, away_m) for _, _, _, call_sign, _, away_m in (inside or ranked)[:want]]


def warned_by_brute_force(place: Point, candidates: list[Candidate], policy: Policy, asked: set[str]) -> set[str]:
    knows = {AlertState.QUEUED, AlertState.SENT, AlertState.RECEIVED, AlertState.ACKNOWLEDGED, AlertState.DECLINED}
    return {
        unit.call_sign
        for unit in candidates
        if unit.fix is not None
        and unit.call_sign not in asked
        and unit.has_device
        and unit.status is not Status.OFF_DUTY
        and unit.alert_state not in knows
        and geodesic((place.lat, place.lon), (unit.fix.point.lat, unit.fix.point.lon)).meters <= policy.warning_radius_m
    }


def agrees(place: Point, candidates: list[Candidate], want: int) -> None:
    selection = choose(place, candidates, policy=POLICY, now=NOW, want=want)
    assert brute_force(place, candidates, POLICY, want) == [
        (each.call_sign, each.distance_m) for each in selection.asked
    ]
    asked = {each.call_sign for each in selection.asked}
    warned = warned_by_brute_force(place, candidates, POLICY, asked)
    assert {id_of(call_sign) for call_sign in warned} == set(selection.warned)
    explained = len(selection.not_asked) + sum(selection.not_asked_more.values())
    assert len(candidates) == len(asked) + explained


@st.composite
def tricky(draw: st.DrawFn) -> tuple[Point, list[Candidate]]:
    """A few units, all of them on borders: of radius, age, accuracy, tier; many share point and time."""
    place = draw(st.sampled_from(PLACES))
    candidates = []
    for number in range(draw(st.integers(0, 12))):
        point = a_point(
            start=place, away_m=draw(st.sampled_from(BORDERS_M)), bearing_deg=draw(st.sampled_from([0, 90, 225.5]))
        )
        fix = a_fix(
            point=point,
            age_s=draw(st.sampled_from(BORDERS_S)),
            accuracy_m=draw(st.sampled_from([None, 0, 50, 50.001, 300])),
        )
        candidates.append(
            a_candidate(
                f"{draw(st.integers(1, 3))}A{number}",
                fix=draw(st.sampled_from([fix, fix, fix, fix, None])),
                status=draw(st.sampled_from([Status.AVAILABLE] * 4 + list(Status))),
                kind=draw(st.sampled_from([UnitKind.PATROL] * 4 + list(UnitKind))),
                has_device=draw(st.sampled_from([True] * 4 + [False])),
                alert_state=draw(st.sampled_from([None] * 8 + list(AlertState))),
            )
        )
    return place, candidates


def a_city(rng: random.Random, size: int, *, place: Point, radius_m: float) -> list[Candidate]:
    """So many units strewn about the place, mixed in everything; `rng` alone decides."""
    city = []
    for number in range(size):
        point = a_point(start=place, away_m=radius_m * rng.random() ** 0.5, bearing_deg=rng.uniform(0, 360))
        fix = a_fix(point=point, accuracy_m=rng.choice([None, 5, 60, 200]))
        city.append(
            a_candidate(
                f"U{number}",
                fix=replace(fix, at=NOW - seconds(900 * rng.random() ** 2)),
                status=rng.choice([Status.AVAILABLE, Status.AVAILABLE, *Status]),
                alert_state=rng.choice([None, None, None, *AlertState]),
            )
        )
    return city


@given(tricky(), st.integers(0, 4))
@settings(max_examples=300, deadline=None)
def test_a_few_units_on_every_border_rank_as_by_brute_force(case: tuple[Point, list[Candidate]], want: int) -> None:
    place, candidates = case
    agrees(place, candidates, want)


@given(
    st.randoms(use_true_random=False),
    st.integers(0, 300),
    st.sampled_from(PLACES),
    st.sampled_from([600, 9_000, 60_000]),
    st.integers(1, 8),
)
@settings(max_examples=40, deadline=None)
@example(random.Random(1), 300, PLACE, 9_000, 2)  # noqa: S311  a city to test with, not a secret
def test_a_whole_city_ranks_as_by_brute_force(
    rng: random.Random, size: int, place: Point, radius_m: int, want: int
) -> None:
    agrees(place, a_city(rng, size, place=place, radius_m=radius_m), want)


def test_units_that_the_sphere_ranks_wrongly_are_ranked_by_the_ellipsoid() -> None:
    # At this latitude the sphere shows 1,000 m to the north as 1,002 m, and 1,003 m to the east as 1,001 m.
    fixes = (a_fix(away_m=1_000, bearing_deg=0), a_fix(away_m=1_003, bearing_deg=90))
    north, east = (sight(fix, PLACE, now=NOW, names=("3A12", id_of("3A12"))) for fix in fixes)
    assert east.distance.rough_m < north.distance.rough_m
    assert [north, east] == list(nearest_first([east, north], policy=POLICY))


def test_the_nearest_two_of_two_hundred_cost_a_handful_of_geodesics() -> None:
    fixes = [a_fix(away_m=30 * number, bearing_deg=37 * number) for number in range(1, 201)]
    sightings = [sight(fix, PLACE, now=NOW, names=(str(n), id_of(str(n)))) for n, fix in enumerate(fixes)]
    list(islice(nearest_first(sightings, policy=POLICY), 2))
    assert sum(sighting.distance._exact_m is not None for sighting in sightings) <= 4
