"""The demo's dispatcher: confirms after a moment, forgets one in eight until reminded, and closes when all is clear."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from fixed_luck import Forgetful, Typical
from shown import Shown, alert, at, clear, concern, confirmed, going, incident, unit

from service.dev.city import luck_of
from service.dev.dispatcher import (
    ALL_RIGHT,
    Act,
    Close,
    Confirm,
    Dismiss,
    Dispatcher,
    Release,
    Remark,
    SendAnother,
    StandDown,
    nearest_free,
)

NINE = datetime(2026, 7, 4, 21, tzinfo=UTC)
LATER_S = 30.0
"""Longer than anybody thinks."""


def after(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def read(dispatcher: Dispatcher, shown: Shown, *, now: datetime) -> None:
    dispatcher.read(shown, shown["alerts"], now=now)


def done(*readings: Shown, random: Random | None = None) -> list[Act]:
    """What comes of it when one reads this, each well after the one before; but for another unit that may be sent."""
    dispatcher = Dispatcher(random=random or Typical())
    acts: list[Act] = []
    for number, reading in enumerate(readings):
        read(dispatcher, reading, now=after(number * LATER_S))
        acts += [act for _, act in dispatcher.due(after((number + 1) * LATER_S)) if act != SendAnother()]
    return acts


def crowd(count: int, **more: object) -> Shown:
    """So many units that go."""
    return incident(*(going(f"{number}", **more) for number in range(count)))


def test_an_answer_is_confirmed_after_a_moment_and_once() -> None:
    dispatcher = Dispatcher(random=luck_of("dispatcher", seed=1))
    read(dispatcher, incident(going(), state="open"), now=after(0))

    assert dispatcher.due(after(2.9)) == []
    read(dispatcher, incident(going(), state="open"), now=after(2.9))
    assert dispatcher.due(after(9.0)) == [("0192-abcdef", Confirm("alert-1A01"))]
    assert dispatcher.due(after(60.0)) == []


def test_one_answer_in_eight_is_forgotten() -> None:
    acts = done(crowd(4_000), random=luck_of("dispatcher", seed=1))

    assert sum(isinstance(act, Confirm) for act in acts) / 4_000 == pytest.approx(7 / 8, abs=0.02)


def test_now_and_then_a_second_unit_is_stood_down() -> None:
    acts = done(crowd(1_000, role="assisting"), random=luck_of("dispatcher", seed=1))

    assert 80 < sum(isinstance(act, StandDown) for act in acts) < 170


def test_what_was_forgotten_is_confirmed_when_the_console_says_so() -> None:
    forgotten = incident(going())

    assert done(forgotten, random=Forgetful()) == []
    assert done(forgotten, incident(going(), concerns=[concern("unconfirmed")]), random=Forgetful()) == [
        Confirm("alert-1A01")
    ]


def test_a_unit_that_does_not_come_closer_is_stood_down() -> None:
    stalled = incident(confirmed(), concerns=[concern("stalled")])

    assert done(stalled) == [StandDown("alert-1A01")]


def test_an_officer_who_does_not_answer_is_asked_by_radio() -> None:
    def silent(*, told_at: float) -> Shown:
        return incident(confirmed(on_scene_at=at(60)), concerns=[concern("silent", told_at=told_at)])

    once, later = silent(told_at=720), silent(told_at=1_380)

    assert done(once, once, random=Forgetful()) == [Remark(ALL_RIGHT)]
    assert done(once, later, random=Forgetful()) == [Remark(ALL_RIGHT), Remark(ALL_RIGHT)]


def test_a_unit_that_withdraws_in_time_is_not_confirmed() -> None:
    dispatcher = Dispatcher(random=Typical())
    read(dispatcher, incident(going(), state="open"), now=after(0))
    read(dispatcher, incident(alert(state="declined"), state="open"), now=after(2))

    assert dispatcher.due(after(LATER_S)) == []


def test_when_all_are_clear_it_is_closed_with_what_the_officers_found() -> None:
    assert done(incident(clear(), disposition="evidence_found")) == [Close("evidence_found")]


@pytest.mark.parametrize(("emergency", "found"), [(None, "no_evidence"), ({"call_sign": "1A01"}, "other")])
def test_when_the_officers_did_not_say_it_is_closed_all_the_same(emergency: Shown | None, found: str) -> None:
    assert done(incident(clear(), emergency=emergency)) == [Close(found)]


@pytest.mark.parametrize("other", [confirmed("1A02"), alert("1A02", "sent"), alert("1A02", "received")])
def test_as_long_as_somebody_goes_or_rings_it_stays_open(other: Shown) -> None:
    assert done(incident(clear(), other)) == []


def test_before_anybody_went_nothing_is_closed() -> None:
    assert done(incident(alert(state="expired"), state="open")) == []


def test_fireworks_that_rang_nobody_are_closed_as_such() -> None:
    assert done(incident(state="open", level=0, classification="fireworks")) == [Close("fireworks")]


def test_what_was_told_too_late_is_closed() -> None:
    assert done(incident(state="open", level=0)) == [Close("other")]


def test_what_is_held_is_released_dismissed_or_left_to_the_clock() -> None:
    held = incident(state="held", level=0)
    outcomes = [done(held, random=luck_of("dispatcher", seed=seed)) for seed in range(50)]

    assert {type(act) for acts in outcomes for act in acts} == {Release, Dismiss}
    assert [] in outcomes


def test_when_nobody_answers_another_is_sent_and_then_another() -> None:
    dispatcher = Dispatcher(random=Typical())
    asked = [alert("1A01", "expired"), alert("1A02", "expired")]

    read(dispatcher, incident(*asked, state="unanswered"), now=after(0))
    assert dispatcher.due(after(LATER_S)) == [("0192-abcdef", SendAnother())]
    read(dispatcher, incident(*asked, state="unanswered"), now=after(LATER_S))
    assert dispatcher.due(after(2 * LATER_S)) == []
    read(dispatcher, incident(*asked, alert("1A03", "declined"), state="unanswered"), now=after(2 * LATER_S))
    assert dispatcher.due(after(3 * LATER_S)) == [("0192-abcdef", SendAnother())]


@pytest.mark.parametrize("state", ["closed", "cancelled"])
def test_what_is_over_calls_for_nothing(state: str) -> None:
    assert done(incident(going(), clear("1A02"), state=state)) == []


def test_incidents_are_told_apart() -> None:
    dispatcher = Dispatcher(random=Typical())
    for incident_id in ("I-1", "I-2"):
        read(dispatcher, incident(going(), state="open", incident_id=incident_id), now=after(0))

    assert [incident_id for incident_id, _ in dispatcher.due(after(LATER_S))] == ["I-1", "I-2"]


def test_the_same_seed_decides_the_same() -> None:
    same, other = luck_of("dispatcher", seed=3), luck_of("dispatcher", seed=4)

    assert done(crowd(50), random=luck_of("dispatcher", seed=3)) == done(crowd(50), random=same)
    assert done(crowd(50), random=luck_of("dispatcher", seed=3)) != done(crowd(50), random=other)


def test_the_nearest_that_is_free_and_was_not_asked_is_sent() -> None:
    units = [
        unit("asked", north_deg=0.001),
        unit("busy", north_deg=0.002, status="en_route"),
        unit("without a phone", north_deg=0.003, has_device=False),
        unit("nowhere", north_deg=0.004, position=None),
        unit("farther", north_deg=0.006),
        unit("nearest", north_deg=-0.005),
    ]

    assert nearest_free(incident(), [alert("asked", "declined")], units) == "unit-nearest"
    assert nearest_free(incident(), [], units[1:4]) is None
