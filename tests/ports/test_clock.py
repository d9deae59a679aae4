"""What every clock promises, whether it is frozen, scaled, or PostgreSQL's."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from builders import NOW, seconds
from fake_clock import FrozenClock

from service.adapters.system_clock import DatabaseClock, ScaledClock
from service.domain.errors import Code, DomainError
from service.ports import Clock

MakeClock = Callable[[], Clock]


def _database_clock() -> DatabaseClock:
    return DatabaseClock(lambda: NOW, unavailable=DomainError)


@pytest.fixture(
    params=[
        pytest.param(lambda: FrozenClock(NOW), id="frozen"),
        pytest.param(_database_clock, id="database"),
        pytest.param(lambda: ScaledClock(_database_clock(), start=NOW, speed=60), id="scaled"),
    ]
)
def any_clock(request: pytest.FixtureRequest) -> Clock:
    make: MakeClock = request.param
    return make()


def test_it_tells_aware_times_in_utc(any_clock: Clock) -> None:
    assert timedelta(0) == any_clock.now().utcoffset()


def test_it_never_goes_back(any_clock: Clock) -> None:
    times = [any_clock.now() for _ in range(100)]
    assert sorted(times) == times


def test_real_seconds_are_a_length_of_its_own_time(any_clock: Clock) -> None:
    assert any_clock.real(2) == 2 * any_clock.real(1) > timedelta(0)


def test_a_scaled_clock_gives_input_and_output_the_time_they_need() -> None:
    clock = ScaledClock(_database_clock(), start=NOW, speed=60)
    assert seconds(240) == clock.real(4)


def test_a_scaled_clock_runs_as_much_faster_as_it_says() -> None:
    source = _database_clock()
    clock = ScaledClock(source, start=NOW - seconds(10), speed=60)
    assert clock.now() >= NOW - seconds(10) + seconds(600)


def test_the_databases_time_decides_and_not_this_hosts() -> None:
    elsewhen = datetime(2001, 2, 3, tzinfo=UTC)
    clock = DatabaseClock(lambda: elsewhen, unavailable=DomainError)
    assert elsewhen <= clock.now() < elsewhen + seconds(60)


def test_it_counts_on_while_the_database_is_away() -> None:
    answers = iter([NOW])

    def ask() -> datetime:
        answer = next(answers, None)
        if answer is None:
            raise DomainError(Code.UNAVAILABLE, "away")
        return answer

    clock = DatabaseClock(ask, unavailable=DomainError)
    clock.renew()
    assert NOW <= clock.now() <= clock.now()


def test_a_database_whose_time_was_put_right_is_followed() -> None:
    answers = iter([NOW, NOW + seconds(3_600)])
    clock = DatabaseClock(lambda: next(answers), unavailable=DomainError)
    clock.renew()
    assert NOW + seconds(3_600) <= clock.now() < NOW + seconds(3_660)


def test_it_asks_no_more_once_it_is_let_go_of() -> None:
    clock = _database_clock()
    before = threading.active_count()
    with clock.kept_right():
        assert before + 1 == threading.active_count()
    assert before == threading.active_count()
