"""Who was wrong at the door how often, also when many are wrong at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event

import pytest
from builders import NOW

from service.auth.throttle import KNOWN, QUIET, Tally
from service.store import sign_in_failures
from service.store.database import Database

KEYS = ("pair", "place", "name")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, pool_size=4)
    yield database
    database.close()


def count(database: Database, *keys: str, at: datetime = NOW) -> None:
    with database.transaction(sign_in_failures.OF_NO_AGENCY) as tx:
        sign_in_failures.count(tx, keys or KEYS, now=at)


def tallies(database: Database, *keys: str) -> list[Tally]:
    with database.transaction(sign_in_failures.OF_NO_AGENCY) as tx:
        return sign_in_failures.locked(tx, keys or KEYS)


def take_back(database: Database, *, at: datetime = NOW) -> None:
    with database.transaction(sign_in_failures.OF_NO_AGENCY) as tx:
        sign_in_failures.take_back(tx, "pair", wider=("place", "name"), now=at)


def test_each_count_is_told_in_the_order_it_was_asked_for(database: Database) -> None:
    count(database, "name")
    count(database, "name", "pair")
    assert [1, 0, 2] == [tally.failures for tally in tallies(database, "pair", "place", "name")]


def test_after_a_quiet_day_counting_begins_again(database: Database) -> None:
    count(database)
    count(database, at=NOW + QUIET)
    assert [1, 1, 1] == [tally.failures for tally in tallies(database)]


def test_who_was_right_leaves_the_mistakes_of_others_in_the_wider_counts(database: Database) -> None:
    count(database, "place", "name")
    count(database)
    take_back(database)
    pair, place, name = tallies(database)
    assert (0, NOW) == (pair.failures, pair.right_at)
    assert [1, 1] == [place.failures, name.failures]


def test_two_at_once_are_judged_one_after_the_other(database: Database) -> None:
    count(database)
    is_asking = Event()

    def ask() -> list[Tally]:
        is_asking.set()
        return tallies(database)

    with ThreadPoolExecutor(1) as threads:
        with database.transaction(sign_in_failures.OF_NO_AGENCY) as tx:
            sign_in_failures.locked(tx, KEYS)
            second = threads.submit(ask)
            is_asking.wait()
            with pytest.raises(TimeoutError):
                second.result(timeout=0.2)
            sign_in_failures.count(tx, KEYS, now=NOW)
        assert [2, 2, 2] == [tally.failures for tally in second.result()]


def test_what_counts_no_more_is_forgotten_but_not_who_is_known(database: Database) -> None:
    count(database)
    take_back(database)
    _forget(database, at=NOW + QUIET + timedelta(seconds=1))
    pair, place, _ = tallies(database)
    assert (NOW, None) == (pair.right_at, place.last_at)
    _forget(database, at=NOW + KNOWN + timedelta(seconds=1))
    assert [Tally()] * 3 == tallies(database)


def _forget(database: Database, *, at: datetime) -> None:
    with database.transaction(sign_in_failures.OF_NO_AGENCY) as tx:
        sign_in_failures.forget_old(tx, now=at)
