"""What a dispatcher reads: who is asked, why, and why the others are not. The exact order is `test_ranking`'s."""

from typing import Any

import pytest
from builders import NOW, PLACE, a_candidate, a_fix, a_point, a_policy, id_of

from service.domain.alert import AlertState
from service.domain.geo import distance_m
from service.domain.selection import Candidate, Selection, choose, choose_supervisors
from service.domain.unit import Status, UnitKind


def select(*candidates: Candidate, want: int = 2, **rules: Any) -> Selection:
    return choose(PLACE, candidates, policy=a_policy(**rules), now=NOW, want=want)


def asked(selection: Selection) -> list[str]:
    return [each.call_sign for each in selection.asked]


def reasons(selection: Selection) -> dict[str, str]:
    why = {each.call_sign: each.reason for each in selection.asked}
    return why | {each.call_sign: each.reason for each in selection.not_asked}


def a_unit(call_sign: str, away_m: float, **fix: Any) -> Candidate:
    return a_candidate(call_sign, fix=a_fix(away_m=away_m, **fix))


def a_supervisor(call_sign: str, away_m: float = 100, **changes: Any) -> Candidate:
    return a_candidate(call_sign, **{"kind": UnitKind.SUPERVISOR, "fix": a_fix(away_m=away_m)} | changes)


NEAR, FAR = a_unit("NEAR", 1_240), a_unit("FAR", 2_500)


def test_the_closest_two_are_asked_in_order() -> None:
    third = a_unit("THIRD", 2_600)
    selection = select(third, FAR, NEAR)
    assert [(each.call_sign, each.rank, each.reason) for each in selection.asked] == [
        ("NEAR", 1, "1,240 m"),
        ("FAR", 2, "2,500 m"),
    ]
    assert reasons(selection)["THIRD"] == "two nearer units were asked"


def test_distance_and_age_are_told_as_they_are() -> None:
    (unit,) = select(a_unit("VAGUE", 1_240, age_s=94, accuracy_m=80)).asked
    assert pytest.approx(1_240) == unit.distance_m
    assert unit.fix_age_s == 94
    assert unit.reason == "1,240 m; fix 94 s old; accurate to 80 m only"


def test_one_alone_is_asked_when_there_is_no_second() -> None:
    assert asked(select(NEAR)) == ["NEAR"]


def test_nobody_is_asked_when_nobody_is_there() -> None:
    assert Selection() == select()


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        (a_candidate(status=Status.OFF_DUTY), "off duty"),
        (a_candidate(status=Status.UNAVAILABLE), "unavailable"),
        (a_candidate(status=Status.EN_ROUTE), "on another incident"),
        (a_candidate(status=Status.ON_SCENE), "on another incident"),
        (a_candidate(has_device=False), "no device enrolled"),
        (a_candidate(fix=None), "no fix"),
        (a_candidate(alert_state=AlertState.QUEUED), "already asked"),
        (a_candidate(alert_state=AlertState.SENT), "already asked"),
        (a_candidate(alert_state=AlertState.RECEIVED), "already asked"),
        (a_candidate(alert_state=AlertState.EXPIRED), "already asked, no answer"),
        (a_candidate(alert_state=AlertState.DECLINED), "declined"),
        (a_candidate(alert_state=AlertState.ACKNOWLEDGED, status=Status.EN_ROUTE), "acknowledged"),
        (a_supervisor("3S10"), "supervisor, asked after the last level"),
        (a_supervisor("3S10", status=Status.EN_ROUTE), "supervisor, asked after the last level"),
        (a_supervisor("3S10", status=Status.OFF_DUTY), "off duty"),
        (a_supervisor("3S10", has_device=False), "no device enrolled"),
    ],
)
def test_a_unit_that_cannot_be_asked_is_passed_by_and_the_reason_is_told(unit: Candidate, reason: str) -> None:
    selection = select(unit, FAR)
    assert asked(selection) == ["FAR"]
    assert reasons(selection)[unit.call_sign] == reason


@pytest.mark.parametrize("state", [AlertState.RECALLED, AlertState.FAILED])
def test_a_unit_that_was_recalled_or_whose_phone_was_dead_may_be_asked_again(state: AlertState) -> None:
    assert asked(select(a_candidate(alert_state=state))) == ["3A12"]


def test_a_unit_whose_dead_phone_was_its_only_one_is_not_asked_again() -> None:
    unit = a_candidate(alert_state=AlertState.FAILED, has_device=False)
    assert {"3A12": "no device enrolled"} == reasons(select(unit))


def test_a_fix_of_up_to_five_minutes_ranks_equally_and_is_flagged() -> None:
    selection = select(a_unit("OLDER", 1_000, age_s=300), NEAR)
    assert asked(selection) == ["OLDER", "NEAR"]
    assert reasons(selection)["OLDER"] == "1,000 m; fix 300 s old"


def test_a_fix_of_a_minute_is_nothing_to_speak_of() -> None:
    assert {"FRESH": "1,000 m"} == reasons(select(a_unit("FRESH", 1_000, age_s=60)))


def test_an_old_fix_gives_way_to_a_farther_unit_whose_fix_is_fresh() -> None:
    selection = select(a_unit("OLD", 100, age_s=1_412), NEAR, FAR)
    assert asked(selection) == ["NEAR", "FAR"]
    assert reasons(selection)["OLD"] == "fix 1,412 s old"


def test_an_old_fix_fills_a_place_that_nobody_else_fills() -> None:
    selection = select(a_unit("OLD", 100, age_s=412), NEAR)
    assert asked(selection) == ["NEAR", "OLD"]
    assert reasons(selection)["OLD"] == "100 m; fix 412 s old"


def test_among_old_fixes_only_the_distance_decides_and_is_the_reason() -> None:
    selection = select(a_unit("OLD", 100, age_s=412), a_unit("OLDER", 200, age_s=900), want=1)
    assert reasons(selection)["OLDER"] == "one nearer unit was asked"


def test_a_fix_from_the_future_is_as_fresh_as_one_of_now() -> None:
    (unit,) = select(a_unit("AHEAD", 1_000, age_s=-3_600)).asked
    assert (unit.fix_age_s, unit.reason) == (0, "1,000 m")


def test_a_vague_fix_counts_as_farther_than_it_looks() -> None:
    selection = select(a_unit("VAGUE", 1_200, accuracy_m=60), NEAR, want=1)
    assert asked(selection) == ["NEAR"]
    assert reasons(selection)["VAGUE"] == "accurate to 60 m only; one nearer unit was asked"


def test_a_fix_accurate_to_fifty_metres_is_taken_at_its_word() -> None:
    assert asked(select(a_unit("EXACT", 1_200, accuracy_m=50), NEAR, want=1)) == ["EXACT"]


def test_of_two_at_the_same_place_the_fresher_fix_goes_first() -> None:
    assert asked(select(a_unit("A", 1_000, age_s=50), a_unit("B", 1_000, age_s=5))) == ["B", "A"]


def test_of_two_equals_the_call_sign_decides() -> None:
    assert asked(select(a_unit("3A14", 1_000), a_unit("3A12", 1_000))) == ["3A12", "3A14"]


def test_nobody_outside_is_asked_while_somebody_is_inside() -> None:
    selection = select(a_unit("OUTSIDE", 8_001), a_unit("INSIDE", 7_999, age_s=4_000))
    assert asked(selection) == ["INSIDE"]
    assert reasons(selection)["OUTSIDE"] == "beyond 8,000 m"


def test_a_unit_exactly_on_the_radius_is_inside() -> None:
    radius_m = distance_m(PLACE, a_point(away_m=8_000))
    on_it = a_unit("ON", 8_000, age_s=400)
    assert asked(select(on_it, a_unit("OUTSIDE", 8_001), max_distance_m=radius_m, want=1)) == ["ON"]


def test_the_nearest_outside_are_the_last_resort_and_flagged() -> None:
    outside = a_unit("A", 9_400), a_unit("B", 12_000), a_unit("C", 13_000)
    selection = select(*outside, a_candidate("BUSY", status=Status.ON_SCENE))
    assert asked(selection) == ["A", "B"]
    assert reasons(selection)["A"] == "9,400 m; beyond 8,000 m; nobody nearer"
    assert reasons(selection)["C"] == "two nearer units were asked"


def test_the_agencys_own_policy_is_obeyed() -> None:
    selection = select(NEAR, FAR, a_unit("OLD", 10, age_s=31), max_distance_m=2_000, usable_fix_age_s=30, want=1)
    assert reasons(selection) == {"NEAR": "1,240 m", "FAR": "beyond 2,000 m", "OLD": "fix 31 s old"}


def test_the_nearest_hundred_are_explained_and_the_rest_is_counted() -> None:
    crowd = [a_unit(f"U{n:03}", 1_000 + n) for n in range(110)]
    old = [a_unit(f"O{n}", 2_000, age_s=400 + n) for n in range(3)]
    beyond = [a_unit(f"B{n}", 9_000) for n in range(4)]
    selection = select(*old, *beyond, *crowd)
    assert [f"U{n:03}" for n in range(2, 102)] == [each.call_sign for each in selection.not_asked]
    more = [("two nearer units were asked", 8), ("beyond 8,000 m", 4), ("fix older than 300 s", 3)]
    assert more == list(selection.not_asked_more.items())


def test_when_no_unit_is_wanted_nobody_is_asked_and_it_is_said() -> None:
    assert reasons(select(NEAR, want=0)) == {"NEAR": "nobody had to be asked"}


def test_a_unit_close_by_is_warned_whatever_it_is_doing() -> None:
    busy = a_candidate("BUSY", status=Status.ON_SCENE, fix=a_fix(away_m=400))
    supervisor = a_supervisor("3S10", away_m=450)
    third = a_unit("THIRD", 490)
    selection = select(a_unit("A", 100), a_unit("B", 200), third, supervisor, busy)
    assert (id_of("BUSY"), id_of("3S10"), id_of("THIRD")) == selection.warned


def test_who_is_asked_is_not_warned_as_well() -> None:
    assert not select(a_unit("A", 100)).warned


@pytest.mark.parametrize(
    "unit",
    [
        a_candidate(status=Status.OFF_DUTY),
        a_candidate(has_device=False),
        a_candidate(fix=None),
        a_candidate(status=Status.UNAVAILABLE, fix=a_fix(away_m=500.01)),
        a_candidate(alert_state=AlertState.RECEIVED),
        a_candidate(alert_state=AlertState.ACKNOWLEDGED),
        a_candidate(alert_state=AlertState.DECLINED),
    ],
)
def test_who_is_off_duty_or_unreachable_or_far_or_knows_already_is_not_warned(unit: Candidate) -> None:
    assert not select(unit).warned


def test_who_did_not_answer_is_still_warned() -> None:
    assert (id_of("3A12"),) == select(a_candidate(alert_state=AlertState.EXPIRED)).warned


def test_every_supervisor_on_duty_is_asked_nearest_first_and_without_a_fix_last() -> None:
    supervisors = [
        a_supervisor("NOFIX", fix=None),
        a_supervisor("FAR", away_m=40_000, status=Status.UNAVAILABLE),
        a_supervisor("NEAR", away_m=300, status=Status.ON_SCENE),
    ]
    selection = choose_supervisors(PLACE, supervisors, now=NOW)
    assert [(each.call_sign, each.rank, each.reason) for each in selection.asked] == [
        ("NEAR", 1, "supervisor; 300 m; fix 5 s old"),
        ("FAR", 2, "supervisor; 40,000 m; fix 5 s old"),
        ("NOFIX", 3, "supervisor; no fix"),
    ]
    assert selection.asked[2].distance_m is None


def test_supervisors_who_cannot_be_asked_are_explained_and_patrol_units_are_not_repeated() -> None:
    supervisors = [
        a_supervisor("OFF", status=Status.OFF_DUTY),
        a_supervisor("BARE", has_device=False),
        a_supervisor("BUSY", alert_state=AlertState.RECEIVED),
        a_supervisor("GOES", alert_state=AlertState.ACKNOWLEDGED),
        a_supervisor("NO", alert_state=AlertState.DECLINED),
    ]
    selection = choose_supervisors(PLACE, [*supervisors, NEAR], now=NOW)
    assert not selection.asked
    expected = {
        "OFF": "off duty",
        "BARE": "no device enrolled",
        "BUSY": "already asked",
        "GOES": "acknowledged",
        "NO": "declined",
    }
    assert expected == reasons(selection)


def test_a_supervisor_who_did_not_answer_before_is_asked_again() -> None:
    expired = a_supervisor("3S10", alert_state=AlertState.EXPIRED)
    assert asked(choose_supervisors(PLACE, [expired], now=NOW)) == ["3S10"]
