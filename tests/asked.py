"""How was somebody answered who asked the database for something, and how long did it take?"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import CursorResult, text

from service.domain.errors import Code, DomainError
from service.store.database import Database, Transaction
from service.store.impatient import Limits

SOON = Limits(answer_s=0.5, connect_s=0.3)
"""A quarter of what production waits."""
SLACK = 3.0
"""Deadlines are the one thing that a test may time; other tests run beside it."""
AGENCY = UUID(int=7)


class Asking(Protocol):
    """A pool for these servers, let go of at the end."""

    def __call__(self, *names: str, pool_size: int = 4, limits: Limits = SOON) -> Database: ...


class Answer(NamedTuple):
    """`code` is None when what was asked was done; `why` is for the log."""

    code: Code | None
    took_s: float
    why: str = ""

    def came_within(self, seconds: float) -> bool:
        return self.took_s <= seconds * SLACK


def asked(act: Callable[[], object]) -> Answer:
    began_s = time.monotonic()
    try:
        act()
    except DomainError as refusal:
        return Answer(refusal.code, time.monotonic() - began_s, refusal.internal)
    return Answer(None, time.monotonic() - began_s)


def say(tx: Transaction, statement: str) -> object:
    """Run one statement; the first value that comes back, if anything does."""
    result: CursorResult[Any] = tx.session.connection().execute(text(statement))
    return result.scalar() if result.returns_rows else None


def ask_one(database: Database, statement: str = "select 1") -> Answer:
    """In a transaction of its own."""

    def act() -> None:
        with database.transaction(AGENCY) as tx:
            say(tx, statement)

    return asked(act)
