"""Where is an officer who calls for help? The best that can be said, and never nothing."""

from typing import Any

import pytest
from builders import NOW, PLACE, a_fix, a_point, a_policy, a_sound, an_incident, id_of
from playbook import Playbook

from service.domain.detection import Classification, Confidence, Sound
from service.domain.emergency import Clues, Told, Whereabouts, call_of, has_moved, has_moved_far, locate, rules_of
from service.domain.geo import distance_m
from service.domain.incident import IncidentState
from service.domain.unit import NOWHERE


def found(**clues: Any) -> Whereabouts:
    return locate(Clues(**clues), now=NOW, policy=a_policy())


def tells(*, accuracy_m: float | None = 5, **where: Any) -> Told:
    """The phone says that it is at PLACE, or so far from it."""
    return Told(point=a_fix(**where).point, accuracy_m=accuracy_m)


def said(where: Whereabouts) -> str | None:
    return call_of("3A12", where, called_at=NOW).address


# -- where --------------------------------------------------------------------------------------------------------


def test_the_phone_tells_where_it_is() -> None:
    where = found(told=tells(away_m=300), last=a_fix(age_s=5))
    assert (a_point(away_m=300), 5, "") == (where.place, where.uncertainty_m, where.doubt)


def test_an_officer_on_foot_is_believed_though_no_car_could_be_so_far_away() -> None:
    assert a_point(away_m=900) == found(told=tells(away_m=900), last=a_fix(age_s=1)).place


@pytest.mark.parametrize("wrong", [{"away_m": 90_000}, {"point": NOWHERE}])
def test_what_cannot_be_gives_way_to_the_last_fix(wrong: dict[str, Any]) -> None:
    assert PLACE == found(told=tells(**wrong), last=a_fix(age_s=5)).place


def test_the_only_place_that_is_known_is_believed_however_far_it_is() -> None:
    assert a_point(away_m=90_000) == found(told=tells(away_m=90_000)).place


def test_a_guess_from_cell_towers_gives_way_to_a_good_fix() -> None:
    assert PLACE == found(told=tells(away_m=900, accuracy_m=2_000), last=a_fix(age_s=5)).place


def test_a_guess_from_cell_towers_is_better_than_a_fix_of_yesterday() -> None:
    guess = found(told=tells(away_m=900, accuracy_m=2_000), last=a_fix(age_s=86_400))
    assert a_point(away_m=900) == guess.place


def test_an_old_fix_is_good_enough_and_says_how_old_it_is() -> None:
    where = found(last=a_fix(age_s=400))
    assert (PLACE, "position 6 min old") == (where.place, where.doubt)
    assert 5 + 15 * (400 - 60) == where.uncertainty_m


@pytest.mark.parametrize(("age_s", "words"), [(94, "94 s"), (3_700, "61 min"), (9_000, "2 h"), (864_000, "240 h")])
def test_an_age_is_said_in_numbers_that_mean_something(age_s: float, words: str) -> None:
    assert f"position {words} old" == found(last=a_fix(age_s=age_s)).doubt


def test_without_a_fix_it_is_the_scene_that_the_unit_was_sent_to() -> None:
    where = found(scene=a_sound(place=a_point(away_m=50)), others=[PLACE])
    assert (a_point(away_m=50), 1_000) == (where.place, where.uncertainty_m)
    assert "Officer emergency: 3A12 · 1200 block of Quesada Ave · position unknown, was on this incident" == said(where)


def test_with_nothing_to_go_by_it_is_among_the_others() -> None:
    others = [a_point(away_m=4_000, bearing_deg=90), a_point(away_m=4_000, bearing_deg=270)]
    where = found(others=others)
    assert distance_m(PLACE, where.place) < 10
    assert all(distance_m(where.place, other) <= where.uncertainty_m for other in others)
    assert "Officer emergency: 3A12 · position unknown" == said(where)


def test_with_nobody_anywhere_it_is_an_emergency_all_the_same() -> None:
    where = found()
    assert "Officer emergency: 3A12 · position unknown" == said(where)
    assert distance_m(where.place, PLACE) < where.uncertainty_m


# -- how it is said -----------------------------------------------------------------------------------------------


def test_an_address_close_by_tells_where_to_go() -> None:
    assert "Officer emergency: 3A12 · 1200 block of Quesada Ave" == said(found(told=tells(), scene=a_sound()))


def test_an_address_far_away_does_not() -> None:
    assert "Officer emergency: 3A12" == said(found(told=tells(away_m=900), scene=a_sound()))


def test_it_is_as_sure_as_anything_and_no_known_sound() -> None:
    sound = call_of("3A12", found(told=tells()), called_at=NOW)
    assert (Classification.UNKNOWN, Confidence.HIGH, NOW) == (sound.classification, sound.confidence, sound.occurred_at)


# -- by which rules -----------------------------------------------------------------------------------------------


def test_whoever_may_be_close_by_is_warned() -> None:
    rules = rules_of(a_policy(emergency_radius_m=2_000), found(told=tells(accuracy_m=80.5)))
    assert 2_081 == rules.warning_radius_m


@pytest.mark.parametrize(("emergency_units", "units_per_level", "asked"), [(4, 2, 4), (3, 6, 6)])
def test_never_fewer_are_asked_than_for_a_shot(emergency_units: int, units_per_level: int, asked: int) -> None:
    policy = a_policy(emergency_units=emergency_units, units_per_level=units_per_level)
    assert asked == rules_of(policy, found()).units_per_level


def test_everything_else_is_as_the_agency_wants_it() -> None:
    policy = a_policy(acknowledgments_needed=3, push_content="minimal")
    rules = rules_of(policy, found())
    assert (3, "minimal", 8_000) == (rules.acknowledgments_needed, rules.push_content, rules.max_distance_m)


# -- pressed again ------------------------------------------------------------------------------------------------


def known() -> Sound:
    return call_of("3A12", found(told=tells()), called_at=NOW)


@pytest.mark.parametrize(("away_m", "moved", "far"), [(90, False, False), (110, True, False), (510, True, True)])
def test_a_place_that_is_told_again_moves_when_it_is_another(away_m: float, moved: bool, far: bool) -> None:  # noqa: FBT001
    where = found(told=tells(away_m=away_m))
    assert (moved, far) == (has_moved(known(), where), has_moved_far(known(), where))


def test_a_vaguer_place_tells_nothing_new() -> None:
    assert not has_moved(known(), found(others=[a_point(away_m=9_000)]))


def test_a_place_that_was_unknown_is_known_now() -> None:
    unknown = call_of("3A12", found(others=[a_point(away_m=9_000)]), called_at=NOW)
    assert has_moved_far(unknown, found(told=tells()))


def test_a_fix_that_is_vaguer_than_it_has_moved_is_the_same_place() -> None:
    assert not has_moved(known(), found(told=tells(away_m=300, accuracy_m=400)))


# -- how it goes on -----------------------------------------------------------------------------------------------


def an_emergency(cars: str, *, warned: str = "", levels: int = 3) -> Playbook:
    """The officer of Z has called for help; S is a sergeant."""
    incident = an_incident(state=IncidentState.OPEN, policy=a_policy(levels=levels), emergency_unit_id=id_of("Z"))
    return Playbook(cars=cars, bosses="S", warned=warned, incident=incident)


def test_the_sergeant_is_asked_with_the_first_level() -> None:
    book = an_emergency("ABC", warned="CS")
    book >> "shots" << "A: asked at level 1" << "B: asked at level 1" << "S: asked at level 4" << "clock: in 30 s"
    book << "A: loud alert" << "B: loud alert" << "S: loud alert" << "C: loud warning"
    book.must_be_over()


def test_and_again_with_the_second() -> None:
    book = an_emergency("ABCD")
    (book >> "shots").foretold.clear()
    book >> "after 30 s" << "A: expired" << "B: expired" << "S: expired"
    book << "C: asked at level 2" << "D: asked at level 2" << "S: asked at level 4" << "clock: in 30 s"
    book << "C: loud alert" << "D: loud alert" << "S: loud alert"
    book.must_be_over()


def test_when_nobody_else_is_there_the_sergeant_is_asked_once() -> None:
    book = an_emergency("")
    book >> "shots" << "incident: unanswered" << "S: asked at level 4" << "clock: in 30 s" << "S: loud alert"
    book.must_be_over()


def test_a_sergeant_who_goes_counts_as_any_other() -> None:
    book = an_emergency("AB")
    (book >> "shots").foretold.clear()
    (book >> "S accepts").foretold.clear()
    book >> "A accepts" << "A: acknowledged as assisting" << "A: en route" << "incident: covered"
    book << "B: recalled" << "clock: never" << "B: recall (Covered by S and A)"
    book.must_be_over()


def test_at_the_end_the_caller_is_free_too() -> None:
    book = an_emergency("ABZ")
    (book >> "shots").foretold.clear()
    book >> "dismissed" << "A: recalled" << "B: recalled" << "S: recalled" << "Z: free" << "incident: cancelled"
    book << "clock: never" << "A: recall (Dismissed)" << "B: recall (Dismissed)" << "S: recall (Dismissed)"
    book.must_be_over()
