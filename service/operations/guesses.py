"""Who guesses enrolment codes? Wrong ones are counted by address, and after some of them whoever is there waits.

A wrong code is of no agency, so no journal can tell of it: it is counted and logged. How long to wait: `auth/throttle`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from math import ceil

import structlog

from service.auth import throttle
from service.domain.errors import Code, DomainError
from service.ports import Ports
from service.store import sign_in_failures
from service.store.database import Database, Transaction

log = structlog.get_logger()


@contextmanager
def counted(database: Database, ports: Ports, *, origin: str | None) -> Iterator[None]:
    """Around the trying of one code: whatever is refused in it as code_not_usable was a guess.

    Raises DomainError(throttled), before anything is tried; and in place of the refusal, when others from there were
    wrong meanwhile: many at once learn no more than one after another.
    """
    key = throttle.codes_key(origin)
    with database.transaction(sign_in_failures.OF_NO_AGENCY) as tx:
        _refuse_who_waits(tx, key, now=ports.clock.now())
    try:
        yield
    except DomainError as refusal:
        if refusal.code is Code.CODE_NOT_USABLE:
            _count(database, key, now=ports.clock.now())
        raise


def forgive_one(tx: Transaction, *, origin: str | None) -> None:
    """A right code makes up for a wrong one: a whole watch that enrols behind one address mistypes some."""
    sign_in_failures.take_one_back(tx, [throttle.codes_key(origin)])


def _count(database: Database, key: str, *, now: datetime) -> None:
    with database.transaction(sign_in_failures.OF_NO_AGENCY) as tx:
        _refuse_who_waits(tx, key, now=now)
        sign_in_failures.count(tx, [key], now=now)
        sign_in_failures.forget_old(tx, now=now)
    log.warning("enrolment_code_refused")


def _refuse_who_waits(tx: Transaction, key: str, *, now: datetime) -> None:
    [tally] = sign_in_failures.locked(tx, [key])
    wait_s = throttle.codes_wait_s(tally, now=now)
    if wait_s > 0:
        log.warning("enrolment_throttled", wait_s=ceil(wait_s))
        raise DomainError(Code.THROTTLED, f"Too many wrong codes. Try again in {ceil(wait_s)} s.", retry_after_s=wait_s)
