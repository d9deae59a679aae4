"""Which fixes are believed: a phone's clock, a receiver's bad moments, and a stored fix that is itself wrong."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from builders import NOW, PLACE, a_fix, seconds
from hypothesis import given
from hypothesis import strategies as st
from told import Told, told

from service.domain.geo import Point
from service.domain.unit import (
    Fix,
    FixRefused,
    Rejection,
    Track,
    as_fix,
    believable_until,
    clock_offset,
    judge,
    judge_all,
)

TOO_FAST = "faster than 85 m/s; believed once a second fix agrees"
NO_OFFSET = timedelta(0)


def judged(*fixes: Fix, track: Track | None = None) -> tuple[Track, list[str | None]]:
    track = track or Track()
    reasons = []
    for fix in fixes:
        track, reason = judge(fix, track, now=NOW)
        reasons.append(reason)
    return track, reasons


def test_a_first_fix_is_believed() -> None:
    fix = a_fix()
    assert (Track(last=fix), [None]) == judged(fix)


def test_a_driving_car_is_believed() -> None:
    start, later = a_fix(age_s=10), a_fix(age_s=5, away_m=150)
    assert (Track(last=later), [None, None]) == judged(start, later)


def test_the_same_fix_twice_is_believed_and_changes_nothing() -> None:
    fix = a_fix()
    assert (Track(last=fix), [None, None]) == judged(fix, fix)


def test_the_same_fix_twice_is_believed_though_a_wrong_clock_was_corrected_a_little_differently() -> None:
    fix, again = a_fix(age_s=5), a_fix(age_s=5.4)
    assert (Track(last=fix), [None, None]) == judged(fix, again)


def test_a_parked_car_stays_fresh() -> None:
    before, now = a_fix(age_s=1), a_fix(age_s=0)
    assert (Track(last=now), [None, None]) == judged(before, now)


def test_a_fix_that_was_overtaken_is_refused() -> None:
    newer, older = a_fix(age_s=5), a_fix(age_s=10, away_m=100)
    assert (Track(last=newer), [None, "older than the stored fix"]) == judged(newer, older)


def test_a_car_is_not_in_two_places_at_once() -> None:
    here, there = a_fix(), a_fix(away_m=1)
    assert (Track(last=here), [None, "another place at the same time"]) == judged(here, there)


def test_nobody_patrols_the_gulf_of_guinea() -> None:
    assert (Track(), ["at (0, 0)"]) == judged(a_fix(point=Point(lat=0.0, lon=-0.0)))


def test_thirty_seconds_ahead_is_believed() -> None:
    assert judged(a_fix(age_s=-30))[1] == [None]


def test_a_fix_from_the_future_is_refused() -> None:
    assert (Track(), ["more than 30 s in the future"]) == judged(a_fix(age_s=-30.001))


def test_a_stored_fix_from_the_future_does_not_freeze_a_unit_on_the_map() -> None:
    frozen = Track(last=a_fix(age_s=-3_600, away_m=50_000))
    fix = a_fix()
    assert (Track(last=fix), [None]) == judged(fix, track=frozen)


def test_a_stored_suspect_from_the_future_confirms_nothing() -> None:
    stored = Track(last=a_fix(age_s=10), suspect=a_fix(age_s=-3_600, away_m=50_000))
    jump = a_fix(age_s=5, away_m=50_000)
    assert (Track(last=stored.last, suspect=jump), [TOO_FAST]) == judged(jump, track=stored)


def test_a_jump_is_held_back() -> None:
    start, jump = a_fix(age_s=10), a_fix(age_s=5, away_m=10_000)
    assert (Track(last=start, suspect=jump), [None, TOO_FAST]) == judged(start, jump)


def test_a_stored_fix_at_a_wrong_place_gives_way_to_two_that_agree() -> None:
    wrong, jump, agreed = a_fix(age_s=20, away_m=90_000), a_fix(age_s=10), a_fix(age_s=5, away_m=60)
    assert (Track(last=agreed), [None, TOO_FAST, None]) == judged(wrong, jump, agreed)


def test_a_bad_moment_is_forgotten_when_the_car_goes_on() -> None:
    start, bad, going_on = a_fix(age_s=10), a_fix(age_s=8, away_m=90_000), a_fix(age_s=6, away_m=60)
    assert (Track(last=going_on), [None, TOO_FAST, None]) == judged(start, bad, going_on)


def test_two_bad_moments_at_different_places_convince_nobody() -> None:
    start, one, other = a_fix(age_s=10), a_fix(age_s=8, away_m=90_000), a_fix(age_s=6, away_m=-90_000)
    assert (Track(last=start, suspect=other), [None, TOO_FAST, TOO_FAST]) == judged(start, one, other)


@pytest.mark.parametrize("again_s", [8.0, 7.5, 8.5])
def test_a_jump_that_is_merely_sent_twice_does_not_confirm_itself(again_s: float) -> None:
    start, jump, again = a_fix(age_s=30), a_fix(age_s=8, away_m=90_000), a_fix(age_s=again_s, away_m=90_000)
    assert (Track(last=start, suspect=jump), [None, TOO_FAST, TOO_FAST]) == judged(start, jump, again)


def test_a_parked_car_is_found_again_within_seconds() -> None:
    wrong = a_fix(age_s=20, away_m=90_000)
    track, reasons = judged(wrong, *(a_fix(age_s=age_s) for age_s in (9, 8, 7, 6)))
    assert reasons == [None, TOO_FAST, TOO_FAST, TOO_FAST, None]
    assert a_fix(age_s=6) == track.last


def test_two_jumps_agree_also_when_the_earlier_one_arrives_later() -> None:
    start, later, earlier = a_fix(age_s=20), a_fix(age_s=5, away_m=9_000), a_fix(age_s=10, away_m=8_900)
    assert (Track(last=later), [None, TOO_FAST, None]) == judged(start, later, earlier)


def test_eighty_five_metres_a_second_is_still_believed() -> None:
    start = a_fix(age_s=10)
    assert judged(start, a_fix(age_s=0, away_m=849.99))[1] == [None, None]
    assert judged(start, a_fix(age_s=0, away_m=850.01))[1] == [None, TOO_FAST]


@given(st.lists(st.tuples(st.floats(-100, 3_600), st.floats(0, 200_000)), max_size=12))
def test_whatever_comes_a_unit_only_moves_forward_in_time_and_never_into_the_future(
    told_of: list[tuple[float, float]],
) -> None:
    track = Track()
    for age_s, away_m in told_of:
        before = track.last
        track, _ = judge(a_fix(age_s=age_s, away_m=away_m), track, now=NOW)
        assert track.last is None or track.last.at <= believable_until(NOW)
        assert before is None or (track.last is not None and track.last.at >= before.at)


@pytest.mark.parametrize(("off_s", "corrected_s"), [(3_600, -3_600), (2.1, -2.1), (2, 0), (0, 0), (-30, 0), (-31, 31)])
def test_a_clock_ahead_is_corrected_and_a_slow_network_is_not_taken_for_a_clock_behind(
    off_s: float, corrected_s: float
) -> None:
    assert seconds(corrected_s) == clock_offset(NOW + seconds(off_s), now=NOW)


def test_a_phone_that_does_not_say_when_it_sent_is_taken_at_its_word() -> None:
    assert clock_offset(None, now=NOW) == NO_OFFSET


def test_a_cars_clock_is_an_hour_ahead_and_its_fixes_count() -> None:
    offset = clock_offset(NOW + seconds(3_600), now=NOW)
    track, rejections = judge_all([told(age_s=-3_597)], Track(), offset=offset, now=NOW)
    assert not rejections
    assert track.last is not None
    assert NOW - seconds(3) == track.last.at


def test_a_phones_local_time_becomes_ours() -> None:
    local = Told(at=NOW.astimezone(timezone(timedelta(hours=-8))))
    assert as_fix(local, offset=NO_OFFSET).at.tzinfo == UTC
    assert as_fix(local, offset=NO_OFFSET).at == NOW


@pytest.mark.parametrize(
    ("reported", "reason"),
    [
        (Told(lat=90.5), "outside the world"),
        (Told(lon=-180.5), "outside the world"),
        (Told(at=datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))), "at a time outside the calendar"),
        (Told(accuracy_m=-1), "of negative accuracy: the device does not know where it is"),
    ],
)
def test_what_is_no_place_or_no_time_is_refused_with_the_reason(reported: Told, reason: str) -> None:
    with pytest.raises(FixRefused) as refused:
        as_fix(reported, offset=NO_OFFSET)
    assert reason == str(refused.value)


@pytest.mark.parametrize("heading_deg", [-1, 361])
def test_a_broken_compass_never_costs_a_position(heading_deg: float) -> None:
    assert as_fix(Told(heading_deg=heading_deg, speed_mps=-1), offset=NO_OFFSET) == Fix(point=PLACE, at=NOW)


def test_a_request_is_judged_in_time_order_and_answered_in_its_own() -> None:
    reported = [told(age_s=1, away_m=90), Told(lat=91), told(age_s=3), told(age_s=-60), told(age_s=2, away_m=45)]
    track, rejections = judge_all(reported, Track(), offset=NO_OFFSET, now=NOW)
    assert [Rejection(1, "outside the world"), Rejection(3, "more than 30 s in the future")] == rejections
    assert track.last is not None
    assert NOW - seconds(1) == track.last.at
