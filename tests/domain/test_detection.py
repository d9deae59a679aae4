"""What several messages about one shot amount to, and what rings."""

from itertools import permutations, product

import pytest
from builders import NOW, a_detection, a_dismissal, a_point, a_policy, a_sound, id_of, seconds
from hypothesis import given
from hypothesis import strategies as st

from service.domain.detection import (
    Classification,
    Confidence,
    Detection,
    DetectionKind,
    Sound,
    headline,
    is_from_the_future,
    is_stale,
    is_upgrade,
    rings,
    standing,
    standing_sounds,
)

DETECTED = a_detection()
CORRECTED = a_detection(revision=1, kind=DetectionKind.UPDATED, sound=a_sound(rounds=9))
DISMISSED = a_dismissal(revision=2)

FROM_HARMLESS_TO_DANGEROUS = [
    Classification.NOT_GUNFIRE,
    Classification.FIREWORKS,
    Classification.UNKNOWN,
    Classification.PROBABLE_GUNFIRE,
    Classification.SINGLE_GUNSHOT,
    Classification.MULTIPLE_GUNSHOTS,
]
FROM_DOUBTFUL_TO_CERTAIN = [Confidence.LOW, Confidence.UNCERTAIN, Confidence.HIGH]

sounds = st.builds(
    a_sound,
    classification=st.sampled_from(Classification),
    confidence=st.sampled_from(Confidence),
    uncertainty_m=st.sampled_from([5, 25, 100]),
    place=st.sampled_from([a_point(), a_point(away_m=40)]),
    address=st.sampled_from([None, "Quesada Ave", "Third Street"]),
    audio_url=st.sampled_from([None, "https://a", "https://b"]),
    tactical_notes=st.sampled_from([(), ("full_auto",), ("moving", "full_auto")]),
    rounds=st.none() | st.integers(1, 30),
)


def a_heard(classification: str, confidence: str) -> Sound:
    return a_sound(classification=Classification(classification), confidence=Confidence(confidence))


@pytest.mark.parametrize("messages", list(permutations([DETECTED, CORRECTED, DISMISSED])))
def test_the_highest_revision_counts_in_whatever_order_they_arrive(messages: tuple[Detection, ...]) -> None:
    assert standing(messages) == DISMISSED


def test_an_update_that_overtakes_its_detection_is_parked_until_it_comes() -> None:
    assert standing([CORRECTED]) is None
    assert standing([CORRECTED, DETECTED]) == CORRECTED


def test_a_dismissal_that_comes_first_holds() -> None:
    assert standing([DISMISSED]) is None
    assert standing([DISMISSED, DETECTED]) == DISMISSED


def test_nothing_counts_while_nothing_was_heard() -> None:
    assert standing([]) is None


@pytest.mark.parametrize("classification", Classification)
def test_fireworks_and_what_is_not_gunfire_never_ring(classification: Classification) -> None:
    silent = {Classification.FIREWORKS, Classification.NOT_GUNFIRE}
    assert rings(a_sound(classification=classification)) is (classification not in silent)


def test_only_the_more_dangerous_rings_again() -> None:
    ladder = [a_heard(*rung) for rung in product(FROM_HARMLESS_TO_DANGEROUS, FROM_DOUBTFUL_TO_CERTAIN)]
    for (lower, before), (upper, after) in product(enumerate(ladder), repeat=2):
        assert is_upgrade(before, after) is (upper > lower)


def test_the_first_sound_is_an_upgrade_of_silence() -> None:
    assert is_upgrade(None, a_sound())


def test_more_rounds_of_the_same_do_not_ring_again() -> None:
    assert not is_upgrade(a_sound(rounds=2), a_sound(rounds=12))


def test_a_detection_of_a_quarter_of_an_hour_ago_still_rings_and_an_older_one_does_not() -> None:
    assert not is_stale(NOW - seconds(900), now=NOW, policy=a_policy())
    assert is_stale(NOW - seconds(900.001), now=NOW, policy=a_policy())


def test_a_source_may_be_half_a_minute_ahead_and_no_more() -> None:
    assert not is_from_the_future(NOW + seconds(30), now=NOW, policy=a_policy())
    assert is_from_the_future(NOW + seconds(30.001), now=NOW, policy=a_policy())


def test_one_detection_is_its_own_headline() -> None:
    assert a_sound() == headline([a_sound()])


def test_there_is_no_headline_when_everything_was_dismissed() -> None:
    assert headline([]) is None


def test_place_and_time_come_from_the_sensor_that_located_best() -> None:
    vague = a_sound(uncertainty_m=80, place=a_point(away_m=90), occurred_at=NOW - seconds(3))
    sharp = a_sound(uncertainty_m=8, place=a_point(away_m=10), occurred_at=NOW)
    for order in permutations([vague, sharp]):
        one = headline(order)
        assert one is not None
        assert (sharp.place, NOW, 8) == (one.place, one.occurred_at, one.uncertainty_m)


def test_six_sensors_of_one_shot_do_not_make_it_jump() -> None:
    sensors = [a_sound(place=a_point(away_m=10 * n), occurred_at=NOW + seconds(n)) for n in range(6)]
    assert {sensors[0].place} == {one.place for order in permutations(sensors) if (one := headline(order))}


@given(st.lists(sounds, max_size=4).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_a_headline_is_the_same_in_whatever_order_they_are_heard(orders: tuple[list[Sound], list[Sound]]) -> None:
    assert headline(orders[0]) == headline(orders[1])


def test_two_sources_may_use_the_same_name() -> None:
    other = a_detection(source_id=id_of("another source"), sound=a_sound(rounds=2))
    assert [a_sound(), a_sound(rounds=2)] == standing_sounds([DETECTED, other])
    assert [a_sound(rounds=2)] == standing_sounds([DETECTED, other, DISMISSED])


def test_the_headline_tells_the_most_dangerous_and_the_most_rounds() -> None:
    one = headline([a_heard("fireworks", "high"), a_heard("multiple_gunshots", "uncertain"), a_sound(rounds=11)])
    assert one is not None
    assert (one.classification, one.rounds) == (Classification.MULTIPLE_GUNSHOTS, 11)


def test_rounds_that_nobody_counted_are_not_made_up() -> None:
    one = headline([a_sound(rounds=None)])
    assert one is not None
    assert one.rounds is None


def test_what_only_one_sensor_knows_is_kept_once() -> None:
    one = headline(
        [
            a_sound(uncertainty_m=5, address=None, tactical_notes=("full_auto",)),
            a_sound(
                uncertainty_m=9, address="Quesada Ave", audio_url="https://a", tactical_notes=("full_auto", "moving")
            ),
        ]
    )
    assert one is not None
    assert (one.address, one.audio_url) == ("Quesada Ave", "https://a")
    assert one.tactical_notes == ("full_auto", "moving")


def test_a_certain_single_shot_is_not_made_doubtful_by_a_doubtful_burst() -> None:
    one = headline([a_heard("single_gunshot", "high"), a_heard("multiple_gunshots", "low")])
    assert one is not None
    assert (one.classification, one.confidence) == (Classification.MULTIPLE_GUNSHOTS, Confidence.HIGH)


def test_certain_fireworks_do_not_make_doubtful_shots_certain() -> None:
    one = headline([a_heard("fireworks", "high"), a_heard("probable_gunfire", "low")])
    assert one is not None
    assert one.confidence is Confidence.LOW


@given(st.lists(sounds, min_size=1, max_size=6), sounds)
def test_one_more_sound_never_makes_a_headline_less_urgent(some: list[Sound], more: Sound) -> None:
    before, after = headline(some), headline([*some, more])
    assert before is not None
    assert after is not None
    assert not is_upgrade(after, before)
    if rings(before):
        order = FROM_DOUBTFUL_TO_CERTAIN.index
        assert order(after.confidence) >= order(before.confidence)


@given(st.lists(sounds, max_size=5))
def test_a_headline_of_headlines_is_the_headline(some: list[Sound]) -> None:
    one = headline(some)
    assert one == (headline([one]) if one else None)
