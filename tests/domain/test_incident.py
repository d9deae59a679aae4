"""How an incident moves."""

import pytest
from builders import an_incident

from service.domain.incident import MOVES, IncidentState, sources_of

MOVES_OF_AN_INCIDENT = {
    "held": {"open", "closed", "cancelled"},
    "open": {"covered", "unanswered", "closed", "cancelled"},
    "unanswered": {"covered", "closed", "cancelled"},
    "covered": {"open", "closed", "cancelled"},
    "closed": {"open"},
    "cancelled": {"open"},
}


def test_an_incident_moves_as_the_table_says_and_not_otherwise() -> None:
    assert MOVES_OF_AN_INCIDENT == MOVES


@pytest.mark.parametrize("state", IncidentState)
def test_an_incident_lives_until_it_is_closed_or_cancelled(state: IncidentState) -> None:
    assert an_incident(state=state).lives is (state not in {"closed", "cancelled"})


def test_every_living_incident_can_be_closed() -> None:
    assert {"held", "open", "unanswered", "covered"} == sources_of(IncidentState.CLOSED)
