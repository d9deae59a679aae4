"""Hosts of PostgreSQL's that are called by their names, while name servers answer, err, or hang."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import psycopg
import pytest
from asked import SLACK
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from service.store.addresses import KNOWN_S, Addresses
from service.store.impatient import Limits
from service.store.outage import Outage
from service.store.pool import pool_of_connections


class NameServer:
    """It hangs while it is told to, and counts who waits for it."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.answer: Callable[[], Sequence[str]] = lambda: ["192.0.2.1"]
        self.asked = 0

    def look_up(self, _: str) -> Sequence[str]:
        self.asked += 1
        self.goes_on.wait()
        return self.answer()

    def refuse(self, number: int) -> None:
        def raise_it() -> Sequence[str]:
            raise socket.gaierror(number, "no")

        self.answer = raise_it


@pytest.fixture
def names() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.goes_on.set()


def test_a_host_is_asked_at_each_of_its_addresses_and_one_without_a_name_as_it_is(names: NameServer) -> None:
    names.answer = lambda: ["192.0.2.1", "192.0.2.2"]
    found = Addresses(names.look_up).added_to({"host": "first,/run/second", "port": "5433,"}, within_s=1.0)
    assert {"host": "first,first,/run/second", "port": "5433,5433,", "hostaddr": "192.0.2.1,192.0.2.2,"} == found


def test_addresses_and_sockets_are_looked_up_nowhere(names: NameServer) -> None:
    named = {"host": "192.0.2.9,::1,/run/first"}
    assert named == Addresses(names.look_up).added_to(named, within_s=1.0)
    assert 0 == names.asked


def test_a_name_server_that_hangs_is_waited_for_no_longer_than_a_connection(names: NameServer) -> None:
    names.goes_on.clear()
    began_s = time.monotonic()
    with pytest.raises(psycopg.OperationalError):
        Addresses(names.look_up).added_to({"host": "first"}, within_s=0.2)
    assert time.monotonic() - began_s < 0.2 * SLACK


def test_while_the_name_server_hangs_the_last_address_is_good_enough_and_one_thread_waits(names: NameServer) -> None:
    addresses = Addresses(names.look_up)
    before = addresses.of(["first"], within_s=1.0)
    names.goes_on.clear()
    began_s = time.monotonic()
    meanwhile = [addresses.of(["first"], within_s=30.0) for _ in range(3)]
    assert [before] * 3 == meanwhile
    assert time.monotonic() - began_s < 3 * KNOWN_S * SLACK
    assert 1 + 1 == names.asked


def test_an_answer_that_comes_too_late_is_there_for_the_next(names: NameServer) -> None:
    addresses = Addresses(names.look_up)
    names.goes_on.clear()
    too_soon = addresses.of(["first"], within_s=0.05)
    names.goes_on.set()
    assert ({"first": ()}, {"first": ["192.0.2.1"]}) == (too_soon, addresses.of(["first"], within_s=5.0))


def test_a_name_server_that_errs_changes_nothing_and_one_that_knows_no_such_host_is_believed(names: NameServer) -> None:
    addresses = Addresses(names.look_up)
    addresses.of(["first"], within_s=5.0)
    names.refuse(socket.EAI_AGAIN)
    erred = addresses.of(["first"], within_s=5.0)
    names.refuse(socket.EAI_NONAME)
    unknown = addresses.of(["first"], within_s=5.0)
    assert ({"first": ["192.0.2.1"]}, {"first": ()}) == (erred, unknown)


def test_the_pool_is_refused_in_time_when_names_are_looked_up_in_vain(names: NameServer) -> None:
    names.goes_on.clear()
    limits = Limits(answer_s=0.5, connect_s=0.3)
    url = "postgresql+psycopg://nobody@first.invalid,second.invalid/nothing"
    engine = pool_of_connections(url, size=1, limits=limits, outage=Outage(), addresses=Addresses(names.look_up))
    began_s = time.monotonic()
    with pytest.raises(OperationalError, match="could not be found in time"), engine.connect() as connection:
        connection.execute(text("select 1"))
    assert time.monotonic() - began_s < limits.connect_s * SLACK
