"""Statements on the chain of a journal: what waits to be sealed, its seals, and its entries in their order.

What a chain is: `domain/chain`. Writing and reading the journal otherwise: `journal`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, bindparam, cast, func, literal, select, text, tuple_

from service.domain.chain import Head, Line, Sealed
from service.store.database import Database, Transaction
from service.store.tables import JOURNAL

# An advisory lock beside the agency's own one, under which detections are correlated: a shot must not wait for this.
_LOCK = text("select pg_try_advisory_xact_lock(hashtextextended('journal ' || :agency_id, 0))")
_SEAL = text(
    """
    update journal set number = given.number, hash = given.hash, sealed_at = :sealed_at
    from unnest(cast(:entry_ids as uuid[]), cast(:numbers as bigint[]), cast(:hashes as bytea[]))
         as given (entry_id, number, hash)
    where journal.agency_id = :agency_id and journal.entry_id = given.entry_id
    """
)
_LAST_NUMBER = 2**63 - 1
_ENTRY = JOURNAL.c


def _told(time: Any) -> Any:
    """The nearest time that we can tell: `infinity`, which an owner may write, is none. For no time at all the last."""
    first, last = (literal(at) for at in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)))
    return func.greatest(func.least(time, last), first)


# Nothing that somebody has made of a row may hide it: what cannot be read is read as something that was never sealed.
_AT = _told(_ENTRY.at)
_SEAL_OF = (_told(_ENTRY.sealed_at).label("sealed_at"), func.coalesce(_ENTRY.hash, b"").label("hash"))
_LINE = select(
    *(_ENTRY[name] for name in ("agency_id", "entry_id", "actor", "origin", "action", "incident_id")),
    _AT.label("at"),
    cast(_ENTRY.details, Text).label("details"),
)
_SEALED = _LINE.add_columns(_ENTRY.number, *_SEAL_OF).order_by(_ENTRY.number, _ENTRY.entry_id)
_WAITING = _LINE.where(_ENTRY.number.is_(None)).limit(bindparam("at_most"))
_UNSEALED = _WAITING.order_by(_ENTRY.at, _ENTRY.entry_id)
_UNSEALED_AFTER = _WAITING.where(
    tuple_(_AT, _ENTRY.entry_id) > tuple_(bindparam("at"), bindparam("entry_id"))
).order_by(_AT, _ENTRY.entry_id)
_HEAD = select(_ENTRY.number, *_SEAL_OF).where(_ENTRY.number.is_not(None)).order_by(_ENTRY.number.desc()).limit(1)
_BETWEEN = _SEALED.where(_ENTRY.number.between(bindparam("first"), bindparam("last")))
_NEXT = select(func.min(_ENTRY.number)).where(_ENTRY.number > bindparam("after"))
_OF_INCIDENT = _SEALED.where(_ENTRY.incident_id == bindparam("incident_id"), _ENTRY.number > bindparam("after"))


def unsealed_agencies(database: Database, *, at_most: int) -> list[UUID]:
    """Agencies with entries that wait for their seal, through the clock's narrow door."""
    with database.outside() as connection:
        rows = connection.execute(text("select agency_id from unsealed_agencies(:at_most)"), {"at_most": at_most})
        return [row.agency_id for row in rows]


def try_lock(tx: Transaction) -> bool:
    """Nobody else seals this agency's journal until the transaction ends; False when somebody does right now."""
    return bool(tx.session.execute(_LOCK, {"agency_id": str(tx.agency_id)}).scalar_one())


def head(tx: Transaction) -> Head:
    """The end of the chain; number 0 when nothing is sealed yet."""
    row = tx.session.execute(_HEAD).one_or_none()
    if row is None:
        return Head(agency_id=tx.agency_id)
    return Head(agency_id=tx.agency_id, number=row.number, hash=row.hash, sealed_at=row.sealed_at)


def unsealed(tx: Transaction, last: Line | None = None, *, at_most: int) -> list[Line]:
    """What waits, in the order in which it is to be sealed; after `last`, if that is given."""
    if last is None:
        rows = tx.session.execute(_UNSEALED, {"at_most": at_most})
    else:
        after = {"at": last.at, "entry_id": last.entry_id}
        rows = tx.session.execute(_UNSEALED_AFTER, after | {"at_most": at_most})
    return [_line(row) for row in rows]


def seal(tx: Transaction, sealed: Sequence[Sealed]) -> None:
    """By one statement, all with the same time of sealing. The caller has the lock."""
    if sealed:
        tx.session.execute(
            _SEAL,
            {
                "agency_id": tx.agency_id,
                "sealed_at": sealed[0].sealed_at,
                "entry_ids": [each.line.entry_id for each in sealed],
                "numbers": [each.number for each in sealed],
                "hashes": [each.hash for each in sealed],
            },
        )


def sealed_after(tx: Transaction, number: int, *, at_most: int) -> list[Sealed]:
    """The next entries by number, about `at_most`; none when there are no more.

    By a range of numbers, so that it takes as long whatever the planner thinks of the table.
    """
    first = tx.session.execute(_NEXT, {"after": number}).scalar_one()
    if first is None:
        return []
    rows = tx.session.execute(_BETWEEN, {"first": first, "last": min(first + at_most - 1, _LAST_NUMBER)})
    return [_sealed(row) for row in rows]


def sealed_of_incident(tx: Transaction, incident_id: UUID, *, after: int) -> list[Sealed]:
    """By number; all of one incident at once, since they are few."""
    return [_sealed(row) for row in tx.session.execute(_OF_INCIDENT, {"incident_id": incident_id, "after": after})]


def _line(row: Any) -> Line:
    return Line(
        agency_id=row.agency_id,
        entry_id=row.entry_id,
        at=row.at,
        actor=row.actor,
        origin=row.origin,
        action=row.action,
        incident_id=row.incident_id,
        details=row.details,
    )


def _sealed(row: Any) -> Sealed:
    return Sealed(line=_line(row), number=row.number, sealed_at=row.sealed_at, hash=row.hash)
