"""How long must whoever was wrong at the door wait?"""

from datetime import timedelta

import pytest
from builders import NOW

from service.auth.throttle import KNOWN, QUIET, Tally, delay_s, keys_of, wait_s

OFFICE, HOME = "203.0.113.7", "198.51.100.4"
NONE = Tally()


def wrong(times: int, *, ago_s: float = 0, known: bool = False) -> Tally:
    last_at = NOW - timedelta(seconds=ago_s)
    return Tally(failures=times, last_at=last_at, right_at=NOW - timedelta(days=3) if known else None)


def test_the_first_five_mistakes_cost_nothing_then_each_costs_twice_as_much() -> None:
    assert [0, 0, 1, 2, 4, 8] == [delay_s(failures, free=5) for failures in (0, 5, 6, 7, 8, 9)]


def test_nobody_waits_longer_than_a_quarter_of_an_hour() -> None:
    assert 900 == delay_s(10_000, free=5)


def test_waiting_counts() -> None:
    assert 4 == wait_s(wrong(8), NONE, NONE, now=NOW)
    assert 1 == wait_s(wrong(8, ago_s=3), NONE, NONE, now=NOW)
    assert 0 == wait_s(wrong(8, ago_s=4), NONE, NONE, now=NOW)


def test_a_day_of_quiet_and_all_is_forgotten() -> None:
    a_day_s = QUIET.total_seconds()
    assert 0 == wait_s(wrong(10_000, ago_s=a_day_s), NONE, NONE, now=NOW)


def test_waiting_for_a_quiet_day_is_slower_than_waiting_in_line() -> None:
    guesses_a_day_in_line = QUIET.total_seconds() / delay_s(10_000, free=5)
    guesses_until_the_longest_wait = next(n for n in range(100) if delay_s(n, free=5) == 900)
    assert guesses_a_day_in_line > guesses_until_the_longest_wait


@pytest.mark.parametrize("whose", ["place", "name"])
def test_a_place_and_a_name_are_more_patient_than_both_together(whose: str) -> None:
    some, many = {whose: wrong(30)}, {whose: wrong(110)}
    others: dict[str, Tally] = {"place": NONE, "name": NONE}
    assert 0 == wait_s(NONE, **(others | some), now=NOW)
    assert 0 < wait_s(NONE, **(others | many), now=NOW)


def test_who_was_right_from_there_before_is_kept_out_by_nobody_else_s_guesses() -> None:
    assert 0 == wait_s(wrong(5, known=True), wrong(1_000), wrong(1_000), now=NOW)


def test_who_was_right_from_there_before_still_waits_for_his_own() -> None:
    assert 4 == wait_s(wrong(8, known=True), NONE, NONE, now=NOW)


def test_a_place_is_known_for_a_month() -> None:
    long_ago = Tally(failures=0, last_at=NOW - KNOWN, right_at=NOW - KNOWN)
    assert 900 == wait_s(long_ago, wrong(1_000), NONE, now=NOW)


def test_a_name_is_the_same_however_it_is_typed() -> None:
    assert keys_of("Ann@Bayview.test ", OFFICE) == keys_of("ann@bayview.test", OFFICE)


def test_another_name_or_another_place_is_another_count() -> None:
    here, there, other = keys_of("ann@x", OFFICE), keys_of("ann@x", HOME), keys_of("bob@x", OFFICE)
    assert here.name == there.name
    assert here.place == other.place
    assert 3 == len({here.pair, there.pair, other.pair})


def test_whoever_has_one_address_of_ipv6_has_its_whole_site() -> None:
    assert keys_of("ann@x", "2001:db8:1:2::1") == keys_of("ann@x", "2001:db8:1:2:ffff::9")
    assert keys_of("ann@x", "2001:db8:1:2::1") != keys_of("ann@x", "2001:db8:1:3::1")


def test_an_old_address_in_new_clothes_is_the_same() -> None:
    assert keys_of("ann@x", "::ffff:203.0.113.7") == keys_of("ann@x", OFFICE)


def test_what_was_typed_cannot_be_read_back() -> None:
    assert all("ann" not in key and OFFICE not in key for key in keys_of("ann@x", OFFICE).all)
