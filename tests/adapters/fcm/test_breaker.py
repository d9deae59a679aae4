from datetime import datetime

import pytest
from builders import NOW, seconds

from service.adapters.fcm.breaker import FAILURES, PROBE_EVERY_S, Breaker
from service.ports import PushCondition


class Service:
    """A breaker and its two clocks, which move together."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.breaker = Breaker(monotonic_s=lambda: self.now_s)

    @property
    def now(self) -> datetime:
        return NOW + seconds(self.now_s - 1_000)

    def fails(self, times: int = 1, *, reason: str = "unreachable", took_s: float = 0.0) -> list[bool]:
        """Attempts that ended now."""
        begun_s = self.now_s - took_s
        return [self.breaker.failed(reason, begun_s=begun_s, now=self.now) for _ in range(times)]

    def passes(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def away(service: Service) -> Service:
    service.fails(FAILURES)
    return service


def test_it_is_well_until_something_else_is_known(service: Service) -> None:
    assert service.breaker.admits()
    assert PushCondition() == service.breaker.condition()


def test_a_hiccup_stops_nobody(service: Service) -> None:
    service.fails(FAILURES - 1)

    assert all(service.breaker.admits() for _ in range(100))


def test_enough_failures_in_a_row_open_it_and_only_the_last_of_them_says_so(service: Service) -> None:
    assert [False] * (FAILURES - 1) + [True, False] == service.fails(FAILURES + 1)


def test_a_success_in_between_begins_the_count_anew(service: Service) -> None:
    service.fails(FAILURES - 1)
    service.breaker.succeeded()
    service.passes(1)
    service.fails(FAILURES - 1)

    assert not service.breaker.is_open


def test_while_it_is_open_one_attempt_a_second_may_try_and_the_first_at_once(away: Service) -> None:
    assert [True, False, False] == [away.breaker.admits() for _ in range(3)]
    away.passes(PROBE_EVERY_S - 0.01)
    assert not away.breaker.admits()
    away.passes(0.01)
    assert [True, False] == [away.breaker.admits() for _ in range(2)]


def test_ten_minutes_of_nobody_asking_save_up_no_attempts(away: Service) -> None:
    away.breaker.admits()
    away.passes(600)

    assert [True, False] == [away.breaker.admits() for _ in range(2)]


def test_the_first_success_lets_everybody_through_and_says_that_it_was_away(away: Service) -> None:
    assert away.breaker.succeeded()
    assert all(away.breaker.admits() for _ in range(100))
    assert PushCondition() == away.breaker.condition()


def test_a_success_while_it_is_well_is_no_news(service: Service) -> None:
    assert not service.breaker.succeeded()


def test_it_is_away_since_the_first_of_the_failures_and_for_the_reason_of_the_last(service: Service) -> None:
    service.fails(FAILURES)
    service.passes(60)
    service.fails(reason="401")

    assert PushCondition(down_since=NOW, reason="401") == service.breaker.condition()


def test_away_a_second_time_it_is_away_since_the_second_time(away: Service) -> None:
    away.breaker.succeeded()
    away.passes(60)
    away.fails(FAILURES)

    assert NOW + seconds(60) == away.breaker.condition().down_since


def test_phones_that_hang_while_another_rings_say_nothing_of_the_service(service: Service) -> None:
    service.breaker.succeeded()
    service.passes(3)

    assert [False] * 16 == service.fails(16, took_s=3.1)
    assert not service.breaker.is_in_doubt


def test_one_failure_is_bad_luck_and_two_are_a_doubt(service: Service) -> None:
    service.fails()
    assert not service.breaker.is_in_doubt
    service.fails()
    assert service.breaker.is_in_doubt
