"""The escalation, played move by move: what follows from each event, and nothing else."""

from builders import a_policy, an_incident
from playbook import Playbook

from service.domain.incident import IncidentState


def test_a_shot_asks_the_nearest_two_and_waits_thirty_seconds() -> None:
    book = Playbook(cars="ABCD")
    book >> "shots"
    book << "A: asked at level 1" << "B: asked at level 1" << "clock: in 30 s"
    book << "A: loud alert" << "B: loud alert"
    book.must_be_over()


def test_both_accept_and_it_is_covered() -> None:
    book = _asked("ABCD")
    book >> "A accepts" << "A: acknowledged as primary" << "A: en route" << "clock: in 30 s"
    book >> "B accepts" << "B: acknowledged as assisting" << "B: en route" << "incident: covered" << "clock: never"
    book.must_be_over()


def test_units_asked_beyond_those_needed_are_recalled() -> None:
    book = _asked("ABC", units_per_level=3)
    _quietly(book >> "A accepts")
    book >> "C accepts"
    book << "C: acknowledged as assisting" << "C: en route" << "incident: covered" << "B: recalled" << "clock: never"
    book << "B: recall (Covered by A and C)"
    book.must_be_over()


def test_a_deadline_asks_the_next_two() -> None:
    book = _asked("ABCD")
    book >> "after 30 s" << "A: expired" << "B: expired"
    book << "C: asked at level 2" << "D: asked at level 2" << "clock: in 30 s" << "C: loud alert" << "D: loud alert"
    book.must_be_over()


def test_one_acknowledgment_of_two_does_not_stop_the_next_level() -> None:
    book = _asked("ABCD")
    _quietly(book >> "A accepts")
    book >> "after 30 s" << "B: expired"
    book << "C: asked at level 2" << "D: asked at level 2" << "clock: in 30 s" << "C: loud alert" << "D: loud alert"
    book.must_be_over()


def test_the_expired_are_told_when_it_is_covered() -> None:
    book = _asked("ABCD")
    _quietly(book >> "after 30 s")
    _quietly(book >> "C accepts")
    book >> "D accepts" << "D: acknowledged as assisting" << "D: en route" << "incident: covered" << "clock: never"
    book << "A: recall (Covered by C and D)" << "B: recall (Covered by C and D)"
    book.must_be_over()


def test_after_the_last_level_supervisors_ring_again_and_again() -> None:
    book = Playbook(cars="A", bosses="S", incident=an_incident(policy=a_policy(levels=1)))
    _quietly(book >> "shots")
    book >> "after 30 s" << "A: expired" << "incident: unanswered" << "S: asked at level 2" << "clock: in 30 s"
    book << "S: loud alert"
    book >> "after 30 s" << "S: expired" << "S: asked at level 2" << "clock: in 30 s" << "S: loud alert"
    book.must_be_over()


def test_when_nobody_is_there_it_is_unanswered_at_once() -> None:
    book = Playbook(cars="", bosses="S")
    book >> "shots" << "incident: unanswered" << "S: asked at level 4" << "clock: in 30 s" << "S: loud alert"
    book.must_be_over()


def test_a_level_that_found_nobody_is_not_used_up() -> None:
    book = Playbook(cars="")
    _quietly(book >> "shots")
    book.cars = "A"
    book >> "after 30 s" << "A: asked at level 1" << "clock: in 30 s" << "A: loud alert"
    book.must_be_over()


def test_declining_asks_at_once_when_the_rest_cannot_cover_it() -> None:
    book = _asked("ABCD")
    book >> "A declines" << "A: declined" << "C: asked at level 2" << "D: asked at level 2" << "clock: in 30 s"
    book << "C: loud alert" << "D: loud alert"
    book >> "B declines" << "B: declined" << "clock: in 30 s"
    book.must_be_over()


def test_a_level_that_ends_later_still_expires_its_own_alerts() -> None:
    book = _asked("ABCDEF")
    book >> "after 10 s" << "clock: in 20 s"
    _quietly(book >> "A declines")
    book >> "after 20 s" << "B: expired" << "clock: in 10 s"
    book.must_be_over()


def test_declining_at_the_last_level_is_unanswered_at_once() -> None:
    book = Playbook(cars="AB", bosses="S", incident=an_incident(policy=a_policy(levels=1)))
    _quietly(book >> "shots")
    book >> "A declines" << "A: declined" << "incident: unanswered" << "S: asked at level 2" << "clock: in 30 s"
    book << "S: loud alert"
    book.must_be_over()


def test_a_withdrawal_reopens_promotes_and_asks_the_recalled_first() -> None:
    book = _asked("ABCD", units_per_level=3)
    _quietly(book >> "A accepts")
    _quietly(book >> "B accepts")
    book >> "A declines" << "A: declined" << "A: free" << "B: now primary" << "incident: open"
    book << "C: asked at level 1" << "D: asked at level 1" << "clock: in 30 s"
    book << "B: update" << "C: loud alert" << "D: loud alert"
    book.must_be_over()


def test_a_third_unit_that_withdraws_changes_nothing_for_the_others() -> None:
    book = _asked("ABC", units_per_level=3)
    for car in "ABC":
        _quietly(book >> f"{car} accepts")
    book >> "C declines" << "C: declined" << "C: free" << "clock: never"
    book.must_be_over()


def test_the_replacement_of_a_dead_phone_inherits_level_and_deadline() -> None:
    book = _asked("ABC")
    book >> "after 10 s" << "clock: in 20 s"
    book >> "A is unreachable" << "A: failed" << "C: asked at level 1" << "clock: in 20 s" << "C: loud alert"
    book.must_be_over()


def test_a_dead_phone_that_nobody_can_replace_is_unanswered_at_once() -> None:
    book = _asked("AB")
    book >> "A is unreachable" << "A: failed" << "incident: unanswered" << "clock: in 30 s"
    book.must_be_over()


def test_a_phone_that_died_after_its_unit_answered_changes_nothing() -> None:
    book = _asked("AB")
    _quietly(book >> "A accepts")
    book >> "A is unreachable"
    book.must_be_over()


def test_late_acceptance_of_an_expired_alert_counts() -> None:
    book = _asked("AB", acknowledgments_needed=1)
    _quietly(book >> "after 30 s")
    book >> "A accepts" << "A: acknowledged as primary" << "A: en route" << "incident: covered" << "clock: never"
    book << "B: recall (Covered by A)"
    book.must_be_over()


def test_an_upgrade_rings_again_and_an_update_does_not() -> None:
    book = _asked("ABC")
    _quietly(book >> "A accepts")
    book >> "upgraded" << "B: loud update" << "A: loud update"
    book >> "updated" << "B: update" << "A: update"
    book.must_be_over()


def test_a_dismissal_recalls_everybody_and_frees_those_on_their_way() -> None:
    book = _asked("ABW")
    book.warned = "W"
    _quietly(book >> "A accepts")
    book >> "dismissed" << "B: recalled" << "A: recalled" << "A: free" << "incident: cancelled" << "clock: never"
    book << "A: recall (Dismissed)" << "B: recall (Dismissed)" << "W: recall (Dismissed)"
    book.must_be_over()


def test_a_held_one_opens_when_its_time_is_over() -> None:
    book = Playbook(cars="AB", incident=an_incident(state=IncidentState.HELD))
    book >> "after 60 s" << "incident: open" << "A: asked at level 1" << "B: asked at level 1" << "clock: in 30 s"
    book << "A: loud alert" << "B: loud alert"
    book.must_be_over()


def test_accepting_or_declining_twice_decides_nothing_more() -> None:
    book = _asked("ABCD")
    _quietly(book >> "A accepts")
    book >> "A accepts"
    _quietly(book >> "B declines")
    book >> "B declines"
    book.must_be_over()


def test_units_close_by_are_warned_once_the_others_are_asked() -> None:
    book = Playbook(cars="ABW", warned="W")
    book >> "shots" << "A: asked at level 1" << "B: asked at level 1" << "clock: in 30 s"
    book << "A: loud alert" << "B: loud alert" << "W: loud warning"
    book.must_be_over()


def _asked(cars: str, **policy: int) -> Playbook:
    """A book in which the first level has just been asked."""
    book = Playbook(cars=cars, incident=an_incident(policy=a_policy(**policy)))
    return _quietly(book >> "shots")


def _quietly(book: Playbook) -> Playbook:
    """What follows was told in another test."""
    book.foretold.clear()
    return book
