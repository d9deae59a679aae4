"""What an incident's own alerts make of the units around it: asked, expired, stood down, or nothing yet."""

from builders import NOW, a_candidate, a_policy, an_alert, an_incident, id_of, seconds

from service.domain.alert import AlertState
from service.domain.candidacy import by_their_alerts, suffices, supervisors_are_next
from service.domain.incident import IncidentState
from service.domain.selection import Asked, Selection

DEADLINE = NOW + seconds(30)


def state_at(now_s: float, state: AlertState = AlertState.SENT) -> AlertState | None:
    alert = an_alert("3A12", state=state, deadline_at=DEADLINE)
    [unit] = by_their_alerts([a_candidate("3A12")], [alert], now=NOW + seconds(now_s))
    return unit.alert_state


def chosen(*ages_s: float | None) -> Selection:
    return Selection(
        asked=tuple(
            Asked(unit_id=id_of(str(rank)), call_sign=str(rank), rank=rank, distance_m=1, fix_age_s=age_s, reason="")
            for rank, age_s in enumerate(ages_s, start=1)
        )
    )


def test_a_unit_that_was_never_asked_is_as_it_was() -> None:
    unit = a_candidate("3A14")
    assert (unit,) == by_their_alerts([unit], [an_alert("3A12")], now=NOW)


def test_an_alert_counts_as_expired_from_its_deadline_on() -> None:
    assert [AlertState.SENT, AlertState.EXPIRED] == [state_at(29.9), state_at(30)]


def test_an_answer_outlives_the_deadline() -> None:
    for answer in (AlertState.ACKNOWLEDGED, AlertState.DECLINED):
        assert answer is state_at(60, answer)


def test_who_was_stood_down_is_known_as_that() -> None:
    alert = an_alert("3A12", state=AlertState.RECALLED, refused=True)
    [unit] = by_their_alerts([a_candidate("3A12")], [alert], now=NOW)
    assert unit.refused


def test_supervisors_wait_for_the_last_level_unless_nobody_else_is_left() -> None:
    incident = an_incident(level=2, policy=a_policy(levels=3))
    assert not supervisors_are_next(incident, chosen(5))
    assert supervisors_are_next(incident, chosen())
    assert supervisors_are_next(an_incident(level=3, policy=a_policy(levels=3)), chosen(5))
    assert supervisors_are_next(an_incident(level=1, state=IncidentState.UNANSWERED), chosen(5))


def test_enough_units_with_usable_fixes_suffice_and_farther_ones_need_no_look() -> None:
    policy = a_policy(usable_fix_age_s=300)
    assert suffices(chosen(5, 300), want=2, policy=policy)
    assert not suffices(chosen(5), want=2, policy=policy)
    assert not suffices(chosen(5, 301), want=2, policy=policy)
