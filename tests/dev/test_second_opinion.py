"""The replay's own ranking: each rule of the order, on units whose right order is plain to see."""

from datetime import UTC, datetime, timedelta

import pytest

from service.dev.second_opinion import AcceptedFix, ranking
from service.domain.policy import Policy

NOW = datetime(2026, 7, 4, 21, tzinfo=UTC)
PLACE = (37.75, -122.45)
NORTH_M = 1 / 110_990
"""Degrees a metre, northward at this latitude."""


def fix(away_m: float, *, age_s: float = 10, accuracy_m: float | None = None) -> AcceptedFix:
    at = NOW - timedelta(seconds=age_s)
    return AcceptedFix(at=at, lat=PLACE[0] + away_m * NORTH_M, lon=PLACE[1], accuracy_m=accuracy_m)


def order(*, without: tuple[str, ...] = (), **fixes: AcceptedFix) -> list[str]:
    ranked = ranking(PLACE, fixes, now=NOW, policy=Policy(), without=without)
    return [unit.call_sign for unit in ranked]


def test_the_nearest_comes_first() -> None:
    assert order(far=fix(900), near=fix(300), middle=fix(600)) == ["near", "middle", "far"]


def test_distances_are_metres_on_the_ground() -> None:
    (ranked,) = ranking(PLACE, {"A1": fix(1_000)}, now=NOW, policy=Policy())

    assert ranked.distance_m == pytest.approx(1_000, rel=1e-3)


def test_a_fix_of_five_minutes_ranks_equally_and_an_older_one_last() -> None:
    assert order(old=fix(100, age_s=301), usable=fix(200, age_s=299), fresh=fix(300)) == ["usable", "fresh", "old"]


def test_a_poor_fix_may_be_farther_than_it_looks() -> None:
    assert order(vague=fix(300, accuracy_m=200), sharp=fix(400, accuracy_m=50)) == ["sharp", "vague"]


def test_of_equals_the_fresher_comes_first() -> None:
    assert order(stale=fix(300, age_s=50), fresh=fix(300, age_s=5)) == ["fresh", "stale"]


def test_beyond_the_limit_only_when_nobody_is_inside() -> None:
    assert order(outside=fix(8_100), inside=fix(7_900)) == ["inside"]
    assert order(farther=fix(9_000), outside=fix(8_100)) == ["outside", "farther"]


def test_who_was_asked_before_is_left_out() -> None:
    assert order(first=fix(100), second=fix(200), without=("first",)) == ["second"]
