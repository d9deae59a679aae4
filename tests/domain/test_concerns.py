"""Whoever opens the console late sees what nobody has seen to yet, and nothing that was."""

from builders import NOW, seconds

from service.domain.care import Concern, Duty
from service.domain.concerns import Worry, worries

ASKED, SILENT, LATER = NOW + seconds(600), NOW + seconds(660), NOW + seconds(700)


def test_a_unit_that_is_looked_after_worries_nobody() -> None:
    assert not list(worries(Duty(acknowledged_at=NOW, confirmed_at=NOW, closest_at=NOW)))


def test_an_unconfirmed_unit_is_told_of_until_it_is_confirmed() -> None:
    told_at = NOW + seconds(60)
    forgotten = Worry(concern=Concern.UNCONFIRMED, since=NOW, told_at=told_at)
    assert list(worries(Duty(acknowledged_at=NOW, unconfirmed_nudged_at=told_at))) == [forgotten]
    assert not list(worries(Duty(acknowledged_at=NOW, unconfirmed_nudged_at=told_at, confirmed_at=LATER)))


def test_a_unit_that_stood_still_is_no_worry_once_it_comes_closer() -> None:
    told_at = NOW + seconds(180)
    standing = Worry(concern=Concern.STALLED, since=NOW, told_at=told_at)
    assert list(worries(Duty(acknowledged_at=NOW, stalled_nudged_at=told_at))) == [standing]
    assert not list(worries(Duty(acknowledged_at=NOW, stalled_nudged_at=told_at, closest_at=LATER)))


def test_a_unit_on_scene_need_not_come_closer() -> None:
    assert not list(worries(Duty(acknowledged_at=NOW, stalled_nudged_at=NOW + seconds(180), on_scene_at=LATER)))


def test_a_question_whose_time_is_not_over_is_no_worry() -> None:
    assert not list(worries(Duty(acknowledged_at=NOW, on_scene_at=NOW, welfare_asked_at=ASKED)))


def test_an_officer_who_was_found_silent_stays_so_while_asked_again() -> None:
    silent = Worry(concern=Concern.SILENT, since=SILENT, told_at=SILENT)
    for asked_at in (ASKED, LATER):
        duty = Duty(acknowledged_at=NOW, on_scene_at=NOW, welfare_asked_at=asked_at, welfare_silent_at=SILENT)
        assert list(worries(duty)) == [silent]


def test_an_answer_ends_the_silence_also_when_the_next_question_is_open() -> None:
    for asked_at in (ASKED, NOW + seconds(1_300)):
        duty = Duty(
            acknowledged_at=NOW,
            on_scene_at=NOW,
            welfare_asked_at=asked_at,
            welfare_silent_at=SILENT,
            welfare_answered_at=LATER,
        )
        assert not list(worries(duty))
