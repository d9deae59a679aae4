"""Statements on who was wrong at the door how often. What follows from it: `auth/throttle`.

These rows are of no agency: whoever guesses need not have guessed one.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from service.auth.throttle import KNOWN, QUIET, Tally
from service.store.database import Transaction
from service.store.tables import SIGN_IN_FAILURES

OF_NO_AGENCY = UUID(int=0)
"""What a transaction is opened for that is about nobody's rows."""
_CLEARED_AT_ONCE = 100
_KEY = SIGN_IN_FAILURES.c.key


def locked(tx: Transaction, keys: Sequence[str]) -> list[Tally]:
    """In the order of `keys`; nobody else is judged by them until the transaction ends."""
    # In one order for everybody, so that no two wait for each other.
    rows = tx.session.execute(select(SIGN_IN_FAILURES).where(_KEY.in_(keys)).order_by(_KEY).with_for_update())
    found = {row.key: Tally(failures=row.failures, last_at=row.last_at, right_at=row.right_at) for row in rows}
    return [found.get(key, Tally()) for key in keys]


def count(tx: Transaction, keys: Sequence[str], *, now: datetime) -> None:
    """One failure more for each, or the first one after a quiet time."""
    new = insert(SIGN_IN_FAILURES).values(failures=1, last_at=now)
    again = case((SIGN_IN_FAILURES.c.last_at > now - QUIET, SIGN_IN_FAILURES.c.failures + 1), else_=1)
    for key in sorted(keys):
        tx.session.execute(
            new.values(key=key).on_conflict_do_update(index_elements=[_KEY], set_={"failures": again, "last_at": now})
        )


def take_back(tx: Transaction, right: str, *, wider: Sequence[str], now: datetime) -> None:
    """What was counted before it was tried was right: nothing is left of its own count, of the wider ones the rest."""
    locked(tx, [right, *wider])
    take_one_back(tx, wider)
    tx.session.execute(update(SIGN_IN_FAILURES).where(_KEY.in_([right])).values(failures=0, right_at=now))


def take_one_back(tx: Transaction, keys: Sequence[str]) -> None:
    """One failure less for each that has any. Whoever takes back several locks them first."""
    fewer = func.greatest(SIGN_IN_FAILURES.c.failures - 1, 0)
    tx.session.execute(update(SIGN_IN_FAILURES).where(_KEY.in_(keys)).values(failures=fewer))


def forget_old(tx: Transaction, *, now: datetime) -> None:
    """Some of what counts no more. The last statement of its transaction: it waits for nobody's lock, and is short."""
    old = (
        select(_KEY)
        .where(
            SIGN_IN_FAILURES.c.last_at < now - QUIET,
            or_(SIGN_IN_FAILURES.c.right_at.is_(None), SIGN_IN_FAILURES.c.right_at < now - KNOWN),
        )
        .limit(_CLEARED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    tx.session.execute(delete(SIGN_IN_FAILURES).where(_KEY.in_(old)))
