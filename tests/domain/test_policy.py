"""Which rules can an agency live by? Every number has a range, and some numbers must fit together."""

from typing import Any

import pytest
from builders import a_policy

from service.domain.policy import Policy, problems
from service.domain.ranges import ranges_of


def test_the_default_policy_is_one_that_an_agency_can_live_by() -> None:
    assert {} == problems(Policy())


def test_every_number_of_a_policy_has_a_range() -> None:
    numbers = [name for name, value in Policy().as_dict().items() if isinstance(value, int)]
    assert numbers == list(ranges_of(Policy))


@pytest.mark.parametrize("name", list(ranges_of(Policy)))
def test_a_number_just_outside_its_range_is_named(name: str) -> None:
    allowed = ranges_of(Policy)[name]
    reason = f"must be between {allowed.least:,} and {allowed.most:,}"
    for number in (allowed.least - 1, allowed.most + 1):
        assert reason == problems(a_policy(**{name: number}))[name]


@pytest.mark.parametrize("name", list(ranges_of(Policy)))
def test_the_ends_of_a_range_are_in_it(name: str) -> None:
    allowed = ranges_of(Policy)[name]
    for number in (allowed.least, allowed.most):
        assert "must be between" not in problems(a_policy(**{name: number})).get(name, "")


@pytest.mark.parametrize(
    ("changes", "blamed", "reason"),
    [
        ({"acknowledgments_needed": 7}, "acknowledgments_needed", "at most 6: 3 levels ask 2 units each"),
        ({"units_per_level": 1, "levels": 1}, "acknowledgments_needed", "at most 1"),
        ({"good_fix_age_s": 301}, "good_fix_age_s", "at most usable_fix_age_s"),
        ({"join_within_s": 601}, "join_within_s", "at most join_total_s"),
        ({"join_total_m": 199}, "join_within_m", "at most join_total_m"),
        ({"acknowledgment_deadline_s": 121}, "page_lifetime_s", "at least acknowledgment_deadline_s"),
    ],
)
def test_numbers_that_do_not_fit_together_are_named(changes: dict[str, Any], blamed: str, reason: str) -> None:
    found = problems(a_policy(**changes))
    assert [blamed] == list(found)
    assert reason in found[blamed]


def test_numbers_that_just_fit_together_may_stand() -> None:
    together = {"acknowledgments_needed": 6, "good_fix_age_s": 300, "join_within_s": 600, "join_within_m": 500}
    assert {} == problems(a_policy(**together, acknowledgment_deadline_s=120))


def test_all_that_is_wrong_is_named_at_once() -> None:
    assert {"levels", "good_fix_age_s"} == set(problems(a_policy(levels=11, good_fix_age_s=301)))
