"""The replay's own ranking: each rule of the order on units whose order is plain to see, and what it lets pass."""

from datetime import UTC, datetime, timedelta

import pytest

from service.dev.second_opinion import AcceptedFix, Asked, Options, Rank, is_right, rank, right_choice
from service.domain.policy import Policy

NOW = datetime(2026, 7, 4, 21, tzinfo=UTC)
PLACE = (37.75, -122.45)
NORTH_DEG_A_M = 1 / 110_990
"""At this latitude."""


def fix(away_m: float, *, age_s: float = 10, accuracy_m: float | None = None) -> AcceptedFix:
    at = NOW - timedelta(seconds=age_s)
    return AcceptedFix(at=at, lat=PLACE[0] + away_m * NORTH_DEG_A_M, lon=PLACE[1], accuracy_m=accuracy_m)


def ranked(call_sign: str, known: AcceptedFix) -> Rank:
    return rank(call_sign, known, PLACE, now=NOW, policy=Policy())


def options(**fixes: AcceptedFix | list[AcceptedFix]) -> Options:
    """Each unit's fix, or those of which either may have counted."""
    return {
        call_sign: [ranked(call_sign, each) for each in (known if isinstance(known, list) else [known])]
        for call_sign, known in fixes.items()
    }


def order(**fixes: AcceptedFix | list[AcceptedFix]) -> list[str]:
    return [unit.call_sign for unit in right_choice(options(**fixes), want=10)]


def asked(**distances_m: float) -> list[Asked]:
    return [Asked(call_sign, ranked("", fix(away_m)).distance_m) for call_sign, away_m in distances_m.items()]


def test_the_nearest_comes_first() -> None:
    assert order(far=fix(900), near=fix(300), middle=fix(600)) == ["near", "middle", "far"]


def test_distances_are_metres_on_the_ground() -> None:
    assert ranked("A1", fix(1_000)).distance_m == pytest.approx(1_000, rel=1e-3)


def test_a_fix_of_five_minutes_ranks_equally_and_an_older_one_last() -> None:
    assert order(old=fix(100, age_s=301), usable=fix(200, age_s=299), fresh=fix(300)) == ["usable", "fresh", "old"]


def test_a_poor_fix_may_be_farther_than_it_looks() -> None:
    assert order(vague=fix(300, accuracy_m=200), sharp=fix(400, accuracy_m=50)) == ["sharp", "vague"]


def test_of_equals_the_fresher_comes_first() -> None:
    assert order(stale=fix(300, age_s=50), fresh=fix(300, age_s=5)) == ["fresh", "stale"]


def test_beyond_the_limit_only_when_nobody_is_inside() -> None:
    assert order(outside=fix(8_100), inside=fix(7_900)) == ["inside"]
    assert order(farther=fix(9_000), outside=fix(8_100)) == ["outside", "farther"]


def test_the_right_choice_is_found_right() -> None:
    known = options(near=fix(300), middle=fix(600), far=fix(900))

    assert is_right(asked(near=300, middle=600), known, want=2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"near": 300, "far": 900},
        {"middle": 600, "near": 300},
        {"near": 301, "middle": 600},
        {"near": 300},
        {},
        {"near": 300, "stranger": 600},
    ],
    ids=["one left out", "wrong order", "wrong distance", "too few", "nobody", "somebody else"],
)
def test_a_wrong_choice_is_found_wrong(wrong: dict[str, float]) -> None:
    known = options(near=fix(300), middle=fix(600), far=fix(900))

    assert not is_right(asked(**wrong), known, want=2)


def test_whoever_is_outside_may_be_left_out_for_somebody_inside() -> None:
    known = options(inside=fix(7_900), outside=fix(8_100))

    assert is_right(asked(inside=7_900), known, want=2)
    assert not is_right(asked(inside=7_900, outside=8_100), known, want=2)


def test_a_fix_on_its_way_may_have_counted_or_not() -> None:
    known = options(moving=[fix(300), fix(700)], standing=fix(500))

    assert is_right(asked(moving=300), known, want=1)
    assert is_right(asked(standing=500), known, want=1)
    assert not is_right(asked(moving=700), known, want=1)


def test_who_was_perhaps_busy_may_be_left_out() -> None:
    known = {**options(free=fix(500)), "busy": [ranked("busy", fix(100)), None]}

    assert is_right(asked(free=500), known, want=1)
    assert is_right(asked(busy=100), known, want=1)


def test_asking_nobody_is_right_only_when_nobody_is_there() -> None:
    assert is_right([], {}, want=2)
    assert not is_right([], options(far=fix(20_000)), want=2)
