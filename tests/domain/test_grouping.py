"""Which sounds belong to one incident, in whatever order they are heard."""

from itertools import permutations
from typing import Any

import pytest
from builders import NOW, a_point, a_policy, a_sound, an_incident, id_of, seconds
from hypothesis import given
from hypothesis import strategies as st

from service.domain.detection import Sound
from service.domain.grouping import are_one, joins, precedence
from service.domain.incident import IncidentState


def heard(*, after_s: float = 0, away_m: float = 0, bearing_deg: float = 0, **changes: Any) -> Sound:
    """A sound so long after NOW and so far from PLACE, with no uncertainty unless told."""
    place = a_point(away_m=away_m, bearing_deg=bearing_deg)
    return a_sound(**{"occurred_at": NOW + seconds(after_s), "place": place, "uncertainty_m": 0} | changes)


def is_joined(sound: Sound, *others: Sound) -> bool:
    return joins(sound, others, policy=a_policy())


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


places = st.builds(heard, after_s=st.integers(0, 120), away_m=st.integers(0, 600))


@given(st.lists(places, max_size=4), st.lists(places, max_size=4))
def test_two_groups_are_one_either_way_round(these: list[Sound], those: list[Sound]) -> None:
    assert are_one(these, those, policy=a_policy()) is are_one(those, these, policy=a_policy())


def test_near_in_time_by_the_one_and_in_place_by_the_other_two_groups_are_one() -> None:
    these = [heard(), heard(after_s=50, away_m=150, bearing_deg=180)]
    assert are_one(these, [heard(after_s=100, away_m=180)], policy=a_policy())


def test_two_near_groups_that_are_too_wide_together_stay_two() -> None:
    assert not are_one([heard(), heard(away_m=190)], [heard(away_m=380), heard(away_m=510)], policy=a_policy())


def test_what_rings_lives_on_then_what_waits_for_a_person_then_the_older() -> None:
    rings = an_incident(incident_id=id_of("rings"), opened_at=NOW + seconds(9))
    held = an_incident(incident_id=id_of("held"), state=IncidentState.HELD, level=0, opened_at=NOW + seconds(8))
    older = an_incident(incident_id=id_of("older"), level=0)
    younger = an_incident(incident_id=id_of("younger"), level=0, opened_at=NOW + seconds(1))
    over = an_incident(incident_id=id_of("over"), state=IncidentState.CANCELLED)
    wanted = [rings, held, older, younger, over]
    for order in permutations(wanted):
        assert wanted == sorted(order, key=precedence)
