import socket
import threading
import time
from collections.abc import Iterator

import pytest

from service.adapters.fcm.errand import Errand, GivenUp, current


class Line:
    """A connection as an errand sees it, to a peer that says nothing."""

    def __init__(self) -> None:
        self.sock: socket.socket | None
        self.sock, self.peer = socket.socketpair()
        self.errand: Errand | None = None

    def read(self, errand: Errand) -> bytes:
        errand.leave_by(self)
        assert self.sock is not None
        return self.sock.recv(1)


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.peer.close()
    if made.sock:
        made.sock.close()


def test_whoever_reads_for_ever_is_freed(line: Line) -> None:
    errand, told = Errand(), []
    reader = threading.Thread(target=lambda: told.append(errand.do(line.read)))
    reader.start()
    while line.errand is None:
        time.sleep(0.001)
    errand.give_up()
    reader.join(1)

    assert [b""] == told


def test_a_message_that_was_given_up_before_it_left_never_leaves(line: Line) -> None:
    errand = Errand()
    errand.carries_message = True

    assert not errand.give_up()
    with pytest.raises(GivenUp):
        errand.leave_by(line)


def test_a_message_that_has_left_may_have_arrived(line: Line) -> None:
    errand = Errand()
    errand.carries_message = True
    errand.leave_by(line)

    assert errand.give_up()


def test_asking_for_a_token_is_no_message(line: Line) -> None:
    errand = Errand()
    errand.leave_by(line)

    assert not errand.give_up()


def test_nothing_leaves_so_late_that_nobody_would_hear_the_answer(line: Line) -> None:
    errand = Errand(leave_within_s=-1)

    with pytest.raises(GivenUp):
        errand.leave_by(line)


def test_a_connection_that_another_errand_has_by_now_is_left_alone(line: Line) -> None:
    ours, theirs = Errand(), Errand()
    ours.leave_by(line)
    theirs.leave_by(line)
    ours.give_up()
    line.peer.send(b"x")

    assert line.sock is not None
    assert b"x" == line.sock.recv(1)


def test_a_thread_is_on_an_errand_only_while_it_does_it() -> None:
    errand = Errand()

    assert errand is errand.do(lambda _: current())
    assert current() is None
