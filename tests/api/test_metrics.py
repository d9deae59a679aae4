"""Figures that take too long are left out; that the database is up, and which alarms stand, is told all the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from outside import Backend, calling
from sqlalchemy import Connection

from service.domain.errors import Code, DomainError
from service.store.database import Database


@dataclass(frozen=True, slots=True)
class Busy:
    """A connection on which some questions take too long."""

    connection: Connection
    too_long: str

    def execute(self, statement: Any, *values: Any) -> Any:
        if self.too_long in str(statement):
            raise DomainError(Code.UNAVAILABLE, "canceling statement due to statement timeout")
        return self.connection.execute(statement, *values)


class BusyDatabase(Database):
    too_long = "nothing"

    @contextmanager
    def outside(self) -> Iterator[Connection]:
        with super().outside() as connection:
            yield Busy(connection, self.too_long)  # type: ignore[misc]


@pytest.fixture
def busy(database_url: str) -> Iterator[BusyDatabase]:
    database = BusyDatabase(database_url, pool_size=4)
    yield database
    database.close()


def scraped(backend: Backend, busy: BusyDatabase) -> str:
    with calling(Backend(busy, backend.ports)) as call:
        return call("GET", "/metrics").text


def test_a_slow_question_does_not_say_that_the_database_is_away(backend: Backend, busy: BusyDatabase) -> None:
    busy.too_long = "vital_signs"
    told = scraped(backend, busy)
    assert "beatline_database_up 1.0" in told
    assert 'beatline_alarm{alarm="no_clock",severity="urgent"} 0.0' in told
    assert "beatline_pages_waiting" not in told


def test_a_database_that_does_not_even_say_one_word_is_away(backend: Backend, busy: BusyDatabase) -> None:
    busy.too_long = "pg_is_in_recovery"
    told = scraped(backend, busy)
    assert "beatline_database_up 0.0" in told
    assert "beatline_alarm{" not in told
