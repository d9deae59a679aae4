"""Whom would an incident have asked under another policy? Played by the rules that it was decided by."""

from collections.abc import Sequence
from typing import Any

from builders import NOW, a_candidate, a_fix, a_policy, a_sound, an_incident, id_of, seconds

from service.domain.alert import AlertState
from service.domain.detection import Classification, Confidence
from service.domain.preview import Preview, Step, ThatNight, preview
from service.domain.selection import Candidate
from service.domain.unit import Status, UnitKind


def a_car(call_sign: str, away_m: float, **changes: Any) -> Candidate:
    return a_candidate(call_sign, fix=a_fix(away_m=away_m), **changes)


def a_boss(call_sign: str = "1S10", away_m: float = 3_000) -> Candidate:
    return a_car(call_sign, away_m, kind=UnitKind.SUPERVISOR)


CARS = [a_car("A", 400), a_car("B", 800), a_car("C", 1_200), a_car("D", 1_600), a_car("E", 2_000)]


def played(cars: Sequence[Candidate] = CARS, *, everybody: bool = True, sound: Any = None, **policy: Any) -> Preview:
    night = ThatNight(at=NOW, units=cars, supervisors=cars, everybody=everybody)
    return preview(an_incident(sound=sound or a_sound()), night, policy=a_policy(**policy))


def told(step: Step | None) -> str:
    assert step is not None
    return f"{step.after_s:.0f} s, level {step.level}: {' '.join(asked.call_sign for asked in step.asked)}"


def test_each_level_asks_the_nearest_that_were_not_asked() -> None:
    shown = played(levels=2)
    assert ["0 s, level 1: A B", "30 s, level 2: C D"] == [told(step) for step in shown.levels]
    assert "60 s, level 3: " == told(shown.unanswered)


def test_the_deadline_is_the_policy_s() -> None:
    assert [0, 10, 20] == [step.after_s for step in played(acknowledgment_deadline_s=10).levels]


def test_a_last_level_takes_whoever_is_left_and_then_there_is_nobody() -> None:
    shown = played(units_per_level=3, levels=5)
    assert ["0 s, level 1: A B C", "30 s, level 2: D E"] == [told(step) for step in shown.levels]
    assert 60 == (shown.unanswered.after_s if shown.unanswered else None)


def test_supervisors_ring_after_the_last_level() -> None:
    shown = played([*CARS, a_boss()], levels=1)
    assert "30 s, level 2: 1S10" == told(shown.unanswered)


def test_supervisors_ring_at_once_when_nobody_is_free() -> None:
    shown = played([a_car("A", 400, status=Status.OFF_DUTY), a_boss()])
    assert [] == list(shown.levels)
    assert 0 == (shown.unanswered.after_s if shown.unanswered else None)
    assert ["A", "1S10"] == [unit.call_sign for unit in shown.not_asked]


def test_doubtful_shots_wait_for_a_dispatcher_first() -> None:
    shown = played(sound=a_sound(confidence=Confidence.LOW), hold_low_confidence_s=45, levels=1)
    assert shown.held
    assert ["45 s, level 1: A B"] == [told(step) for step in shown.levels]


def test_sure_shots_wait_for_nobody() -> None:
    assert not played().held


def test_a_smaller_circle_leaves_the_far_ones_out_with_the_reason() -> None:
    shown = played(max_distance_m=1_000, levels=1)
    assert "beyond 1,000 m" in {unit.reason for unit in shown.not_asked}


def test_whoever_is_close_by_and_not_asked_is_warned_once() -> None:
    shown = played(warning_radius_m=1_300, levels=2)
    assert [(id_of("C"),), ()] == [step.warned for step in shown.levels]


def test_nobody_moves_and_everybody_goes_on_reporting() -> None:
    ages = {asked.fix_age_s for step in played().levels for asked in step.asked}
    assert {5.0} == ages


def test_shots_that_would_have_been_too_old_ring_nobody() -> None:
    shown = played(sound=a_sound(occurred_at=NOW - seconds(100)), stale_after_s=90)
    assert "older than 90 s when it was told: shown, not rung" == shown.why_silent
    assert shown.unanswered is None


def test_shots_from_too_far_in_the_future_would_have_been_refused() -> None:
    assert "refused" in (played(sound=a_sound(occurred_at=NOW + seconds(20)), future_after_s=10).why_silent or "")


def test_fireworks_ring_nobody_under_any_policy() -> None:
    assert "fireworks" in (played(sound=a_sound(classification=Classification.FIREWORKS)).why_silent or "")


def test_it_stops_where_farther_units_would_have_been_asked_of_whom_nothing_was_kept() -> None:
    shown = played(everybody=False, levels=3)
    assert ["A B", "C D"] == [told(step).partition(": ")[2] for step in shown.levels]
    assert shown.cut_short
    assert shown.unanswered is None


def test_what_was_kept_suffices_as_long_as_the_levels_do() -> None:
    assert not played(everybody=False, levels=2).cut_short


def test_a_unit_that_was_asked_that_night_is_asked_anew_only_if_its_past_was_taken_off() -> None:
    """The store takes it off when it reads; the rules themselves never ask a unit twice."""
    asked_before = a_car("A", 400, alert_state=AlertState.EXPIRED)
    assert "0 s, level 1: B C" == told(played([asked_before, *CARS[1:]]).levels[0])
