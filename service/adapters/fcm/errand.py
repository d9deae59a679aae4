"""Who frees a thread that waits for an answer which never ends? Work on the network that can be given up from outside.

A socket's timeout bounds each wait and not their sum: an answer of one byte a second holds a thread for minutes, one
that never ends for ever, and 16 such answers would leave nobody to send a page. So whoever waits for the work cuts its
connection when the time is up. Not for how long that is: the caller knows.
"""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeVar

T = TypeVar("T")


class GivenUp(Exception):
    """Nobody waits any more, or hardly: what was about to leave stays here."""


class Connection(Protocol):
    """What an errand needs of urllib3's connections."""

    sock: socket.socket | None
    errand: "Errand | None"


class Errand:
    """One piece of work, done in one thread and waited for in another.

    Once it has been given up, nothing more leaves: a page that was said not to have been sent is not sent later. Nor
    after `leave_within_s`, when the answer would come too late, and nobody would know whether the phone rang.
    """

    def __init__(self, *, leave_within_s: float = float("inf")) -> None:
        self._leave_until_s = time.monotonic() + leave_within_s
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._is_given_up = False
        self._has_left = False
        self.carries_message = False
        """Set by the work itself: from now on what leaves is the message, and no longer the way to it."""

    def do(self, work: Callable[["Errand"], T]) -> T:
        """In the thread that is to be freed."""
        _of_this_thread.errand = self
        try:
            return work(self)
        finally:
            _of_this_thread.errand = None
            with self._lock:
                self._connection = None

    def leave_by(self, connection: Connection) -> None:
        """A request is about to go out on this connection. Raises GivenUp."""
        with self._lock:
            if self._is_given_up or time.monotonic() > self._leave_until_s:
                raise GivenUp
            connection.errand = self
            self._connection = connection
            self._has_left |= self.carries_message

    def give_up(self) -> bool:
        """Free the thread, where it waits for an answer. True when the message has left, and may have arrived."""
        with self._lock:
            self._is_given_up = True
            if self._connection is not None and self._connection.errand is self:
                _cut(self._connection.sock)
            return self._has_left


class _OfThisThread(threading.local):
    errand: Errand | None = None


_of_this_thread = _OfThisThread()


def current() -> Errand | None:
    """The errand that this thread is on."""
    return _of_this_thread.errand


def _cut(sock: socket.socket | None) -> None:
    if sock is not None:
        with suppress(OSError):  # closed meanwhile, by the thread that we want to free
            # Past TLS, which would first forget its state under the hands of whoever reads: it sees an end instead.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
