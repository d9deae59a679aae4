"""How is a whole journal read, in its order and whatever its length? To verify it, and to hand it out.

What can be wrong with it is decided in `domain/verification`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain as chained
from uuid import UUID

from service.domain.chain import Head, Line, Sealed, exported
from service.domain.verification import Finding, Verification
from service.store import agencies, chain
from service.store.database import Database

PIECE = 2_000
"""Entries read by one transaction, which has 1.5 s."""
_BEFORE_ALL = -(2**63)
"""No entry is given a number below 1, so that is where one could be hidden."""


def agencies_with_journals(database: Database) -> list[UUID]:
    """All of this installation: for whoever is at the server itself."""
    return agencies.all_ids(database)


def journal_head(database: Database, *, agency_id: UUID) -> Head:
    with database.transaction(agency_id) as tx:
        return chain.head(tx)


def verify_journal(
    database: Database, verification: Verification, *, agency_id: UUID, now: datetime
) -> Iterator[Finding]:
    """Walks one agency's journal while it is written on; `verification` knows afterwards how far it went.

    `now` is when it begins; a long journal takes minutes, and what is sealed meanwhile is not from the future.
    """
    ahead = now - database.now()
    yield from _add_sealed(database, verification, agency_id, after=_BEFORE_ALL, ahead=ahead)
    for piece in _unsealed(database, agency_id):
        read_at = database.now() + ahead
        for line in piece:
            yield from verification.wait(line, now=read_at)
    # Once more to the end: a receipt that was sealed meanwhile was among neither.
    end = verification.last.number if verification.last else _BEFORE_ALL
    yield from _add_sealed(database, verification, agency_id, after=end, ahead=ahead)
    yield from verification.end()


def export_journal(
    database: Database, *, agency_id: UUID, after: int = 0, incident_id: UUID | None = None
) -> Iterator[bytes]:
    """One line of JSON for each sealed entry with a number above `after`, by number; of one incident, or of all."""
    if incident_id is None:
        entries: Iterator[Sealed] = chained.from_iterable(_sealed_after(database, agency_id, after))
    else:
        with database.transaction(agency_id) as tx:
            entries = iter(chain.sealed_of_incident(tx, incident_id, after=after))
    return (exported(sealed) for sealed in entries)


def _add_sealed(
    database: Database, verification: Verification, agency_id: UUID, *, after: int, ahead: timedelta
) -> Iterator[Finding]:
    """`ahead` of the database's own clock is whoever asks."""
    for piece in _sealed_after(database, agency_id, after):
        read_at = database.now() + ahead
        for sealed in piece:
            yield from verification.add(sealed, now=read_at)


def _sealed_after(database: Database, agency_id: UUID, number: int) -> Iterator[list[Sealed]]:
    while True:
        with database.transaction(agency_id) as tx:
            piece = chain.sealed_after(tx, number, at_most=PIECE)
        if not piece:
            return
        yield piece
        number = piece[-1].number


def _unsealed(database: Database, agency_id: UUID) -> Iterator[list[Line]]:
    last = None
    while True:
        with database.transaction(agency_id) as tx:
            piece = chain.unsealed(tx, last, at_most=PIECE)
        yield piece
        if len(piece) < PIECE:
            return
        last = piece[-1]
