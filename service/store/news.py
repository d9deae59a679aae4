"""Statements on what the journal has new: for whoever watches, and for whoever was away for a while.

Entries are committed in another order than that of their ids, and hosts' clocks differ. But each is sealed after it was
committed, and gets the agency's next number then: so "not sealed yet, or sealed since" is everything that is new.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Row, Select, bindparam, func, select, union_all

from service.store.database import Transaction
from service.store.ids import made_at
from service.store.journal import READS
from service.store.tables import JOURNAL

AT_MOST = 2_000
"""Entries of one look; a city writes some 100 a second on its worst night, and is looked at twice."""
MISSED_AT_MOST = 5_000
"""Entries of one absence: more are no news any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """One line of the journal."""

    entry_id: UUID
    at: datetime
    actor: str
    action: str
    incident_id: UUID | None
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Up to where somebody has read: all that has a number up to `number`, and these that have none yet.

    `newest` is the greatest id among all that was read; None while there is none.
    """

    number: int = 0
    unsealed: frozenset[UUID] = frozenset()
    newest: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """What was written since a place, in the order of its ids, and the place behind it.

    `is_all`: nothing of it had to be left out.
    """

    entries: list[StoredEntry]
    place: Place
    is_all: bool


_LINE = select(
    JOURNAL.c.entry_id,
    JOURNAL.c.number,
    JOURNAL.c.at,
    JOURNAL.c.actor,
    JOURNAL.c.action,
    JOURNAL.c.incident_id,
    JOURNAL.c.details,
)


def _any_of(*parts: Select[Any]) -> CompoundSelect[Any]:
    """Each part has an index and a limit of its own, which one condition with `or` would not."""
    return union_all(*(select(part.subquery()) for part in parts))


# The newest of those that wait to be sealed: should nobody seal, the rest of them was read long ago.
_UNSEALED = _LINE.where(JOURNAL.c.number.is_(None)).order_by(JOURNAL.c.entry_id.desc()).limit(bindparam("at_most"))
_SINCE_PLACE = _any_of(
    _LINE.where(JOURNAL.c.number > bindparam("number")).order_by(JOURNAL.c.number).limit(bindparam("at_most")),
    _UNSEALED,
)
_END = _any_of(_LINE.where(JOURNAL.c.number.is_not(None)).order_by(JOURNAL.c.number.desc()).limit(1), _UNSEALED)
_TELLS = JOURNAL.c.action.not_in(READS)
_AFTER_ID = JOURNAL.c.entry_id >= bindparam("after")
# What a host with a slow clock wrote has an older id. It was sealed among the newer ones all the same, or will be.
# The smallest number of the first few: of all of them PostgreSQL would look for from the journal's beginning.
_FIRST_AFTER_ID = select(JOURNAL.c.number).where(_AFTER_ID).order_by(JOURNAL.c.entry_id).limit(100).subquery()
_SEALED_AFTER_ID = select(func.min(_FIRST_AFTER_ID.c.number)).scalar_subquery()
_SINCE_ID = _any_of(
    _LINE.where(_AFTER_ID, _TELLS).order_by(JOURNAL.c.entry_id).limit(bindparam("at_most")),
    _LINE.where(JOURNAL.c.number >= _SEALED_AFTER_ID, ~_AFTER_ID, _TELLS).limit(bindparam("at_most")),
    _LINE.where(JOURNAL.c.number.is_(None), ~_AFTER_ID, JOURNAL.c.at >= bindparam("at"), _TELLS).limit(
        bindparam("at_most")
    ),
)


def end(tx: Transaction) -> Place:
    """Where somebody begins who has read nothing, and wants to know what comes."""
    return _place(tx.session.execute(_END, {"at_most": AT_MOST}).all(), Place())


def since(tx: Transaction, place: Place) -> Fresh:
    """Everything that was committed after the place was made, whoever wrote it, and nothing that was before.

    Who only looked is left out.
    """
    rows = tx.session.execute(_SINCE_PLACE, {"number": place.number, "at_most": AT_MOST}).all()
    unread = [row for row in rows if row.entry_id not in place.unsealed]
    return Fresh(
        entries=_entries(row for row in unread if row.action not in READS),
        place=_place(rows, place),
        is_all=len(unread) < AT_MOST,
    )


def since_id(tx: Transaction, after: UUID) -> list[StoredEntry] | None:
    """What was written from the time of this id on, perhaps some of it from before. None when it is too much to tell.

    Who only looked is left out.
    """
    parameters = {"after": after, "at": made_at(after), "at_most": MISSED_AT_MOST}
    rows = tx.session.execute(_SINCE_ID, parameters).all()
    return _entries(rows) if len(rows) < MISSED_AT_MOST else None


def _entries(rows: Iterable[Row[Any]]) -> list[StoredEntry]:
    found = [
        StoredEntry(
            entry_id=row.entry_id,
            at=row.at,
            actor=row.actor,
            action=row.action,
            incident_id=row.incident_id,
            details=row.details,
        )
        for row in rows
    ]
    return sorted(found, key=lambda entry: entry.entry_id)


def _place(rows: Iterable[Row[Any]], before: Place) -> Place:
    known = list(rows)
    newest = max((row.entry_id for row in known), default=None)
    return Place(
        number=max((row.number for row in known if row.number is not None), default=before.number),
        unsealed=frozenset(row.entry_id for row in known if row.number is None),
        newest=max((each for each in (newest, before.newest) if each is not None), default=None),
    )
