"""What a log tells: one line for everything that matters, with the names that people and units go by."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from shown import alert, change, told

from service.dev.logbook import lines_of, what_happened

LOCAL = ZoneInfo("America/Los_Angeles")


def test_a_line_says_when_by_local_time_and_of_which_incident() -> None:
    news = told(alert("1A01"), changes=[change("alert_acknowledged", alert_id="alert-1A01"), change("pages_queued")])

    assert list(lines_of(news, timezone=LOCAL)) == [
        ("entry of alert_acknowledged", "21:00:03.400  abcdef  1A01 is going")
    ]


@pytest.mark.parametrize(
    ("happened", "words"),
    [
        (change("incident_opened"), "multiple gunshots, 6 rounds · 31st Ave and Maple St"),
        (change("unit_asked", call_sign="1A01", level=2, reason="420 m"), "level 2: 1A01 is asked (420 m)"),
        (
            change("acknowledgment_confirmed", name="R. Diaz", alert_id="alert-1A01", call_sign="1A01"),
            "R. Diaz confirms 1A01",
        ),
        (change("units_dispatched", name="R. Diaz", units=[{"call_sign": "1A09"}]), "R. Diaz sends 1A09"),
        (change("closure_ordered", name="R. Diaz", disposition="no_evidence"), "R. Diaz closes it: no evidence"),
        (change("note_added", name="R. Diaz", text="saw {who} [red]"), "R. Diaz notes: saw {who} [red]"),
        (change("unit_forgotten", alert_id="alert-1A01"), "! nobody has confirmed 1A01"),
        (change("emergency_called", call_sign="1A07"), "! 1A07 calls for help"),
        (change("alert_recalled", alert_id="alert-1A01"), "1A01 is no longer needed"),
        (change("alert_expired", alert_id="somebody else's"), "? did not answer"),
    ],
)
def test_what_happened_is_said_in_words(happened: dict[str, Any], words: str) -> None:
    assert words == what_happened(happened, told(alert("1A01")))


def test_that_phones_are_told_of_the_end_is_not_worth_a_line() -> None:
    recalled = change("alert_recalled", alert_id="alert-1A01")

    assert what_happened(recalled, told(alert("1A01"), state="closed")) is None
