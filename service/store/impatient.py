"""What if PostgreSQL does not answer? A connection that waits so long and no longer, whatever it waits for.

The server's own timeouts do not help against a server that is frozen, or behind a network that has gone silent: nobody
is there to keep them, the kernel still says that all is well, and a unix socket knows no timeout. So every wait has an
end on this side. A connection that was given up is closed: what it was doing may still be done, or not.
"""

import select
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen, PQGenConn
from psycopg.errors import Diagnostic
from psycopg.pq import TransactionStatus

from service.store import patience

T = TypeVar("T")
_ANSWERED = frozenset({TransactionStatus.IDLE, TransactionStatus.INTRANS, TransactionStatus.INERROR})
SERVER_IS_FASTER_S = 0.25
"""A server that can still answer says by itself that it took too long, and its connection is still good then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`answer_s`: for one statement, rollback or commit. `connect_s`: for one host, until it lets us in."""

    answer_s: float = 1.75
    connect_s: float = 1.0

    @property
    def statement_s(self) -> float:
        """What the server is told; it does not count while a commit waits for a standby."""
        return self.answer_s - SERVER_IS_FASTER_S


class NotAnswered(psycopg.OperationalError):
    """The server did not answer in time. `patiently`: it had all the time that a server may need.

    `begun_s` is when it was asked, by `time.monotonic`.
    """

    def __init__(self, message: str, *, patiently: bool, begun_s: float) -> None:
        super().__init__(message)
        self.patiently = patiently
        self.begun_s = begun_s


def _told_nobody() -> None:
    """Not everybody wants to know when a server has answered."""


class CommitInDoubt(psycopg.OperationalError):
    """It is committed here, and the server has warned that a standby may not have it: no reason to say that it is safe.

    PostgreSQL answers COMMIT with success and a WARNING when somebody cancels its wait for a synchronous standby.
    """


class Impatient(psycopg.Connection[Any]):
    """psycopg's connection, with an end to each wait. `limited` makes one with limits of one's own."""

    limits = Limits()
    answered: Callable[[], None] = staticmethod(_told_nobody)
    """Called for each answer, whatever it says."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._warning: str | None = None
        self.add_notice_handler(self._note_warning)

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Raises NotAnswered, and is closed then; raises CommitInDoubt, and is fine."""
        limit_s = self.limits.answer_s
        allowed_s = patience.left_s(limit_s if timeout is None else timeout)
        begun_s = time.monotonic()
        try:
            result = super().wait(gen, interval, max(0.0, allowed_s))
        except psycopg.OperationalError as error:
            # An answer, whichever, ends what was asked.
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            self.close()
            message = f"PostgreSQL has not answered for {max(0.0, allowed_s):.2f} s"
            raise NotAnswered(message, patiently=allowed_s >= limit_s, begun_s=begun_s) from error
        finally:
            patience.spend(time.monotonic() - begun_s)
            if self.pgconn.transaction_status in _ANSWERED:
                self.answered()
        if self._warning is not None and self.autocommit:
            self._doubt()
        return result

    def commit(self) -> None:
        """Raises CommitInDoubt when the server warns of anything: then nobody may be told that it is safe."""
        self._warning = None
        super().commit()
        if self._warning is not None:
            self._doubt()

    @property
    def has_ended(self) -> bool:
        """Has the server closed it while nobody asked anything? It has, if there is something to read. Costs 2 µs."""
        if self.closed:
            return True
        idle = select.poll()
        idle.register(self.pgconn.socket, select.POLLIN)
        return bool(idle.poll(0))

    @property
    def is_read_only(self) -> bool:
        """As the server said with its last answer."""
        told = self.pgconn.parameter_status
        return told(b"default_transaction_read_only") == b"on" or told(b"in_hot_standby") == b"on"

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> PQGenConn["Impatient"]:
        # psycopg's own timeout for connecting is two whole seconds at least, for each host.
        return _given_up_after(cls.limits.connect_s, super()._connect_gen(conninfo))

    def _note_warning(self, notice: Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self._warning = notice.message_primary or "a warning"

    def _doubt(self) -> None:
        warning, self._warning = self._warning, None
        raise CommitInDoubt(f"committed, but PostgreSQL warns: {warning}")


def limited(limits: Limits, *, answered: Callable[[], None] = _told_nobody) -> type[Impatient]:
    """Connections with these limits, which tell of each answer."""
    return type("Impatient", (Impatient,), {"limits": limits, "answered": staticmethod(answered)})


def _given_up_after(limit_s: float, attempt: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
    """`attempt`, which is asked at least every 0.1 s whether it goes on, until it has taken too long."""
    began_s = time.monotonic()
    until_s = began_s + patience.left_s(limit_s)
    try:
        return (yield from _watched(attempt, until_s))
    finally:
        patience.spend(time.monotonic() - began_s)


def _watched(attempt: Generator[Any, Any, T], until_s: float) -> Generator[Any, Any, T]:
    wanted = next(attempt)
    while True:
        ready = yield wanted
        if not ready and time.monotonic() > until_s:
            raise psycopg.errors.ConnectionTimeout("PostgreSQL has not let us in in time")
        try:
            wanted = attempt.send(ready)
        except StopIteration as done:
            connected: T = done.value
            return connected
