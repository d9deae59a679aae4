"""What follows from a dispatcher's hand, played move by move."""

from dataclasses import replace

from builders import a_policy, an_incident, id_of
from playbook import Playbook

from service.domain.alert import AlertState, Role
from service.domain.effects import Promote
from service.domain.escalation import decide
from service.domain.events import TookOver
from service.domain.incident import IncidentState


def test_a_confirmation_is_shown_on_the_unit_s_phone_and_changes_nothing() -> None:
    book = _going("ABC", "A")
    book >> "dispatch confirms A" << "A: update (Confirmed by dispatch)"
    book.must_be_over()


def test_a_refused_unit_is_free_and_told_and_the_next_is_asked_for_it() -> None:
    book = _going("ABC", "A", "B")
    book >> "dispatch refuses A" << "A: recalled" << "A: free" << "B: now primary" << "incident: open"
    book << "C: asked at level 1" << "clock: in 30 s"
    book << "B: update" << "A: recall (Stood down by dispatch)" << "C: loud alert"
    book.must_be_over()


def test_refusing_who_is_not_going_follows_nothing() -> None:
    book = _asked("AB")
    book >> "dispatch refuses A"
    book.must_be_over()


def test_a_unit_that_is_sent_rings_beside_those_asked() -> None:
    book = _asked("ABC")
    book >> "dispatch sends C" << "C: asked at level 1" << "clock: in 30 s" << "C: loud alert"
    book.must_be_over()


def test_who_already_knows_of_it_is_not_sent_again() -> None:
    book = _asked("AB")
    book >> "dispatch sends A B"
    book.must_be_over()


def test_sending_somebody_to_a_held_incident_opens_it() -> None:
    book = Playbook(cars="AB", incident=an_incident(state=IncidentState.HELD))
    book >> "dispatch sends B" << "incident: open" << "B: asked at level 1" << "clock: in 30 s" << "B: loud alert"
    book.must_be_over()


def test_one_more_than_a_covered_incident_needs_rings_until_its_own_deadline() -> None:
    book = _going("ABC", "A", "B")
    book >> "dispatch sends C" << "C: asked at level 1" << "clock: in 30 s" << "C: loud alert"
    book >> "after 30 s" << "C: expired" << "clock: never"
    book.must_be_over()


def test_who_was_sent_besides_goes_on_ringing_when_one_that_went_is_stood_down() -> None:
    book = _going("ABC", "A", "B")
    _quietly(book >> "dispatch sends C")
    book >> "dispatch refuses A" << "A: recalled" << "A: free" << "B: now primary" << "incident: open"
    book << "clock: in 30 s" << "B: update" << "A: recall (Stood down by dispatch)"
    assert 1 == book.incident.level
    assert not book.incident.is_silent


def test_a_dispatcher_need_not_wait_for_the_deadline() -> None:
    book = _asked("ABCD")
    book >> "dispatch escalates"
    book << "C: asked at level 2" << "D: asked at level 2" << "clock: in 30 s" << "C: loud alert" << "D: loud alert"
    book.must_be_over()


def test_escalating_past_the_last_level_asks_the_supervisors() -> None:
    book = Playbook(cars="A", bosses="S", incident=an_incident(policy=a_policy(levels=1)))
    _quietly(book >> "shots")
    book >> "dispatch escalates" << "incident: unanswered" << "S: asked at level 2" << "clock: in 30 s"
    book << "S: loud alert"
    book.must_be_over()


def test_what_another_incident_had_reached_goes_on_here() -> None:
    """Two cars acknowledged the one, none the other: merged, it is covered, and the other's cars are recalled."""
    book = _going("ABCD", "A", "B")
    taken = [book.alerts["A"], book.alerts["B"]]
    other = Playbook(cars="CD")
    _quietly(other >> "shots")
    merged = [*other.alerts.values(), *taken]
    event = TookOver(taken=(id_of("A"), id_of("B")), level=1, deadline_at=None, sounds_different=False)
    decision = decide(other.incident, merged, event=event, now=other.now)
    assert "covered" in str(decision.changes)
    assert {id_of("C"), id_of("D")} == {page.unit_id for page in decision.pages if page.kind == "recall"}
    assert {id_of("A"), id_of("B")} == {page.unit_id for page in decision.pages if page.kind == "update"}


def test_a_held_incident_that_takes_a_held_one_over_stays_held() -> None:
    held = an_incident(state=IncidentState.HELD)
    event = TookOver(taken=(), level=0, deadline_at=None, sounds_different=True)
    decision = decide(held, [], event=event, now=held.opened_at)
    assert not decision.changes


def test_the_one_who_came_along_becomes_primary_when_there_is_none() -> None:
    book = _going("AB", "A")
    came = book.alerts["A"]
    lone = Playbook(cars="C")
    _quietly(lone >> "shots")
    assert AlertState.ACKNOWLEDGED is came.state
    assert Role.PRIMARY is came.role
    as_assisting = [*lone.alerts.values(), replace(came, role=Role.ASSISTING)]
    event = TookOver(taken=(came.alert_id,), level=1, deadline_at=None, sounds_different=False)
    decision = decide(lone.incident, as_assisting, event=event, now=lone.now)
    assert Promote(alert_id=came.alert_id) in decision.changes


def _asked(cars: str) -> Playbook:
    book = Playbook(cars=cars)
    _quietly(book >> "shots")
    return book


def _going(cars: str, *who: str) -> Playbook:
    book = _asked(cars)
    for car in who:
        _quietly(book >> f"{car} accepts")
    return book


def _quietly(book: Playbook) -> None:
    book.foretold.clear()
