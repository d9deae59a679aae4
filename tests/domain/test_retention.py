"""How long an agency keeps what, and between what it may choose."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import NOW

from service.domain.ranges import out_of_range
from service.domain.retention import Retention


def test_the_defaults_are_the_design_s() -> None:
    assert Retention() == Retention(journal_days=365, fixes_h=24, snapshots_days=30, incidents_days=None)


def test_an_agency_can_live_by_the_defaults() -> None:
    assert {} == out_of_range(Retention())


def test_it_is_read_back_as_it_was_written() -> None:
    retention = Retention(journal_days=90, incidents_days=700)
    assert retention == Retention.from_dict(retention.as_dict())


def test_what_a_stored_one_does_not_say_is_the_default() -> None:
    assert Retention(fixes_h=12) == Retention.from_dict({"fixes_h": 12, "of_a_later_release": 1})


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("journal_days", 29, "must be between 30 and 36,500"),
        ("journal_days", 36_501, "must be between 30 and 36,500"),
        ("fixes_h", 0, "must be between 1 and 720"),
        ("snapshots_days", 0, "must be between 1 and 3,650"),
        ("incidents_days", 0, "must be between 1 and 36,500"),
    ],
)
def test_each_thing_may_be_kept_from_so_long_to_so_long(field: str, value: int, reason: str) -> None:
    changes: dict[str, Any] = {field: value}
    assert {field: reason} == out_of_range(Retention(**changes))


@pytest.mark.parametrize(
    "edge", [{"journal_days": 30}, {"journal_days": 36_500}, {"fixes_h": 1}, {"incidents_days": 1}]
)
def test_both_ends_are_allowed(edge: dict[str, Any]) -> None:
    assert {} == out_of_range(Retention(**edge))


def test_positions_are_kept_to_the_minute_and_the_journal_in_whole_days() -> None:
    retention = Retention()
    assert NOW - timedelta(hours=24) == retention.positions_before(NOW)
    assert datetime(2025, 11, 20, tzinfo=UTC) == retention.journal_before(NOW)


def test_incidents_are_kept_for_good_unless_somebody_says_for_how_long() -> None:
    assert Retention().incidents_before(NOW) is None
    assert NOW - timedelta(days=10) == Retention(incidents_days=10).incidents_before(NOW)
