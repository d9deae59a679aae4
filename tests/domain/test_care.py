"""A unit is looked after, move by move: the clock comes exactly when it was told to, and says what worries it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from builders import NOW, a_policy, seconds

from service.domain.care import Duty, Seen, look_after
from service.domain.policy import Policy

Where = Callable[[float], Seen | None]
"""Where the unit is, so many seconds after it acknowledged."""


def standing(away_m: float = 2_000) -> Where:
    return lambda _: Seen(distance_m=away_m)


def driving(away_m: float = 9_000, *, mps: float = 10) -> Where:
    return lambda s: Seen(distance_m=max(0, away_m - mps * s))


def nowhere(_: float) -> None:
    """Its phone has never said where it is."""


@dataclass
class Watch:
    """`looks` counts how often the clock came; what worried it is said with the second after the acknowledgment."""

    where: Where = field(default_factory=standing)
    duty: Duty = field(default_factory=lambda: Duty(acknowledged_at=NOW))
    policy: Policy = field(default_factory=a_policy)
    now: datetime = NOW
    next_look_at: datetime = NOW
    looks: int = 0

    def until(self, end_s: float) -> list[str]:
        """What the clock worried about since the last time, up to and with that second."""
        worries: list[str] = []
        while self.next_look_at <= NOW + seconds(end_s):
            self.now = self.next_look_at
            worries += self._look()
        self.now = NOW + seconds(end_s)
        return worries

    def learns(self, **changes: datetime | bool) -> None:
        """Something happens to the unit now; the clock looks at once."""
        kept = {name: getattr(self.duty, name) for name in Duty.__slots__}
        self.duty = Duty(**(kept | changes))
        self.next_look_at = self.now

    def _look(self) -> list[str]:
        at_s = (self.now - NOW).total_seconds()
        care = look_after(self.duty, seen=self.where(at_s), now=self.now, policy=self.policy)
        assert care.next_look_at > self.now, "the clock would never get away from this unit"
        self.duty, self.next_look_at, self.looks = care.duty, care.next_look_at, self.looks + 1
        return [f"{at_s:.0f} s: {concern}" for concern in care.concerns]


def on_scene(**changes: datetime | bool) -> Watch:
    """Confirmed, and on scene since NOW."""
    watch = Watch()
    watch.learns(confirmed_at=NOW, on_scene_at=NOW, **changes)
    return watch


# -- forgotten ----------------------------------------------------------------------------------------------------


def test_nobody_confirms_it_so_the_console_is_told_once() -> None:
    watch = Watch(where=driving())
    assert [] == watch.until(59.9)
    assert ["60 s: unconfirmed"] == watch.until(800)


def test_a_confirmed_unit_is_not_forgotten() -> None:
    watch = Watch(where=driving())
    watch.until(59)
    watch.learns(confirmed_at=watch.now)
    assert [] == watch.until(800)


def test_a_unit_on_scene_that_nobody_confirmed_is_told_of_too() -> None:
    watch = Watch()
    watch.until(20)
    watch.learns(on_scene_at=watch.now)
    assert ["60 s: unconfirmed"] == watch.until(300)


# -- does it come closer? -----------------------------------------------------------------------------------------


def confirmed(where: Where) -> Watch:
    return Watch(where=where, duty=Duty(acknowledged_at=NOW, confirmed_at=NOW))


def test_it_stands_still_for_three_minutes() -> None:
    watch = confirmed(standing())
    assert [] == watch.until(179.9)
    assert ["180 s: stalled"] == watch.until(300)


def test_each_nudge_waits_twice_as_long_as_the_one_before() -> None:
    assert ["180 s: stalled", "360 s: stalled", "720 s: stalled", "1440 s: stalled"] == confirmed(standing()).until(
        2_000
    )


def test_a_car_that_drives_is_left_alone() -> None:
    assert [] == confirmed(driving(mps=8)).until(1_000)


def test_a_car_that_goes_away_does_not_come_closer() -> None:
    assert ["180 s: stalled"] == confirmed(driving(mps=-10)).until(300)


def test_fixes_that_dance_around_a_parked_car_are_no_driving() -> None:
    assert ["180 s: stalled"] == confirmed(lambda s: Seen(distance_m=2_000 - 40 * (s % 2))).until(300)


def test_a_vague_fix_must_move_farther_than_it_is_vague() -> None:
    assert ["180 s: stalled"] == confirmed(lambda s: Seen(distance_m=2_000 - s, accuracy_m=400)).until(300)


def test_a_car_that_crawls_comes_closer_all_the_same() -> None:
    assert [] == confirmed(driving(mps=0.5)).until(1_000)


def test_nobody_knows_where_it_is_so_it_does_not_come_closer() -> None:
    assert ["180 s: stalled"] == confirmed(nowhere).until(300)


def test_it_drove_and_then_stopped() -> None:
    watch = confirmed(lambda s: Seen(distance_m=2_000 - 10 * min(s, 120)))
    assert ["300 s: stalled"] == watch.until(400)


def test_once_it_drives_again_the_three_minutes_start_anew() -> None:
    watch = confirmed(lambda s: Seen(distance_m=2_000 if s < 190 else 1_000))
    assert ["180 s: stalled"] == watch.until(374)
    assert ["375 s: stalled"] == watch.until(400)


def test_on_scene_it_need_not_come_closer() -> None:
    watch = confirmed(standing(30))
    watch.until(100)
    watch.learns(on_scene_at=watch.now)
    assert [] == watch.until(600)


def test_a_unit_that_nobody_ever_clears_is_looked_at_ever_more_rarely() -> None:
    watch = confirmed(standing())
    watch.until(24 * 3_600)
    assert watch.looks < 120


# -- all right? ---------------------------------------------------------------------------------------------------


def test_after_ten_minutes_on_scene_the_officer_is_asked() -> None:
    watch = on_scene()
    assert [] == watch.until(599.9)
    assert ["600 s: welfare"] == watch.until(659)


def test_without_an_answer_the_console_is_told() -> None:
    assert ["600 s: welfare", "660 s: silent"] == on_scene().until(1_000)


def test_a_silent_officer_is_asked_again_and_again() -> None:
    watch = on_scene()
    watch.until(1_000)
    assert ["1260 s: welfare", "1320 s: silent"] == watch.until(1_900)


def test_between_two_questions_the_clock_may_come_for_something_else() -> None:
    watch = on_scene()
    watch.until(700)
    watch.learns(confirmed_at=watch.now)
    assert [] == watch.until(1_259)


def test_all_right_starts_the_timer_anew() -> None:
    watch = on_scene()
    watch.until(630)
    watch.learns(welfare_answered_at=watch.now)
    assert ["1230 s: welfare"] == watch.until(1_289)


def test_an_answer_that_comes_late_counts() -> None:
    watch = on_scene()
    watch.until(700)
    watch.learns(welfare_answered_at=watch.now)
    assert ["1300 s: welfare"] == watch.until(1_301)


def test_a_unit_on_its_way_is_not_asked() -> None:
    assert [] == confirmed(driving(20_000)).until(1_500)


def test_who_has_called_for_help_is_not_asked() -> None:
    assert [] == on_scene(may_be_asked=False).until(3_000)


def test_who_calls_for_help_while_being_asked_is_not_called_silent() -> None:
    watch = on_scene()
    watch.until(630)
    watch.learns(may_be_asked=False)
    assert [] == watch.until(3_000)


def test_an_agency_sets_its_own_times() -> None:
    watch = on_scene()
    watch.policy = a_policy(welfare_after_s=120, welfare_answer_s=30)
    watch.next_look_at = NOW
    assert ["120 s: welfare", "150 s: silent"] == watch.until(200)


def test_a_clock_that_was_away_worries_once_for_what_it_missed() -> None:
    watch = Watch()
    watch.now = watch.next_look_at = NOW + seconds(3_600)
    assert ["3600 s: unconfirmed"] == watch.until(3_600)
