"""The moves of DESIGN §4, written out once more as a table: what is not listed is illegal."""

import pytest
from builders import an_alert

from service.domain.alert import ALERT_MOVES, PAGE_MOVES, AlertState, alert_sources_of

MOVES_OF_AN_ALERT = {
    "queued": {"sent", "received", "acknowledged", "declined", "expired", "recalled", "failed"},
    "sent": {"received", "acknowledged", "declined", "expired", "recalled", "failed"},
    "received": {"acknowledged", "declined", "expired", "recalled", "failed"},
    "acknowledged": {"declined", "recalled"},
    "declined": {"acknowledged"},
    "expired": {"acknowledged", "queued"},
    "recalled": {"acknowledged", "queued"},
    "failed": {"acknowledged", "queued"},
}

MOVES_OF_A_PAGE: dict[str, set[str]] = {
    "pending": {"sending", "superseded", "dead"},
    "sending": {"sent", "failed", "dead", "superseded", "pending"},
    "sent": set(),
    "failed": set(),
    "dead": set(),
    "superseded": set(),
}


def test_an_alert_moves_as_the_table_says_and_not_otherwise() -> None:
    assert MOVES_OF_AN_ALERT == ALERT_MOVES


def test_a_page_moves_as_the_table_says_and_not_otherwise() -> None:
    assert MOVES_OF_A_PAGE == PAGE_MOVES


def test_an_officer_is_never_refused_for_being_late() -> None:
    assert set(AlertState) - {AlertState.ACKNOWLEDGED} == alert_sources_of(AlertState.ACKNOWLEDGED)


def test_an_alert_is_recalled_while_it_rings_or_when_the_unit_is_stood_down() -> None:
    assert {"queued", "sent", "received", "acknowledged"} == alert_sources_of(AlertState.RECALLED)


@pytest.mark.parametrize("state", AlertState)
def test_a_phone_rings_until_the_alert_is_answered_or_over(state: AlertState) -> None:
    assert an_alert(state=state).rings is (state in {"queued", "sent", "received"})
