"""How an incident moves, and which sounds belong to one."""

from typing import Any

import pytest
from builders import NOW, a_point, a_policy, a_sound, an_incident, seconds

from service.domain.detection import Sound
from service.domain.incident import MOVES, IncidentState, joins, sources_of

MOVES_OF_AN_INCIDENT = {
    "held": {"open", "closed", "cancelled"},
    "open": {"covered", "unanswered", "closed", "cancelled"},
    "unanswered": {"covered", "closed", "cancelled"},
    "covered": {"open", "closed", "cancelled"},
    "closed": {"open"},
    "cancelled": {"open"},
}


def heard(*, after_s: float = 0, away_m: float = 0, bearing_deg: float = 0, **changes: Any) -> Sound:
    """A sound so long after NOW and so far from PLACE, with no uncertainty unless told."""
    place = a_point(away_m=away_m, bearing_deg=bearing_deg)
    return a_sound(**{"occurred_at": NOW + seconds(after_s), "place": place, "uncertainty_m": 0} | changes)


def is_joined(sound: Sound, *others: Sound) -> bool:
    return joins(sound, others, policy=a_policy())


def test_an_incident_moves_as_the_table_says_and_not_otherwise() -> None:
    assert MOVES_OF_AN_INCIDENT == MOVES


@pytest.mark.parametrize("state", IncidentState)
def test_an_incident_lives_until_it_is_closed_or_cancelled(state: IncidentState) -> None:
    assert an_incident(state=state).lives is (state not in {"closed", "cancelled"})


def test_every_living_incident_can_be_closed() -> None:
    assert {"held", "open", "unanswered", "covered"} == sources_of(IncidentState.CLOSED)


def test_a_shot_just_after_and_just_beside_the_first_is_the_same_incident() -> None:
    assert is_joined(heard(after_s=60, away_m=199.9), heard())


@pytest.mark.parametrize("sound", [heard(after_s=60.001), heard(after_s=-60.001), heard(away_m=200.1)])
def test_a_shot_too_late_or_too_early_or_too_far_is_another_incident(sound: Sound) -> None:
    assert not is_joined(sound, heard())


def test_both_uncertainties_widen_the_circle() -> None:
    first, second = heard(uncertainty_m=25), heard(away_m=249, uncertainty_m=25)
    assert is_joined(second, first)
    assert not is_joined(heard(away_m=251, uncertainty_m=25), first)


def test_a_running_fight_is_joined_by_its_last_shot_not_by_its_first() -> None:
    assert is_joined(heard(after_s=150), heard(), heard(after_s=50), heard(after_s=100))


def test_a_message_that_comes_late_finds_its_place_in_the_middle() -> None:
    assert is_joined(heard(after_s=70), heard(), heard(after_s=60), heard(after_s=120), heard(after_s=180))


def test_what_is_near_in_time_to_one_and_near_in_place_to_another_is_joined() -> None:
    assert is_joined(heard(after_s=100, away_m=180), heard(), heard(after_s=50, away_m=150, bearing_deg=180))


def test_an_incident_lasts_ten_minutes_at_most() -> None:
    shots = [heard(after_s=50 * n) for n in range(12)]
    assert is_joined(heard(after_s=600), *shots)
    assert not is_joined(heard(after_s=600.001), *shots)


def test_an_incident_is_five_hundred_metres_wide_at_most() -> None:
    chase = [heard(away_m=away_m) for away_m in (0, 180, 360)]
    assert is_joined(heard(away_m=499), *chase)
    assert not is_joined(heard(away_m=501), *chase)


def test_however_uncertain_they_are_sounds_far_apart_are_two_incidents() -> None:
    assert not is_joined(heard(away_m=550, uncertainty_m=400), heard(uncertainty_m=400))


def test_nothing_joins_an_incident_whose_sounds_were_all_dismissed() -> None:
    assert not is_joined(heard())
