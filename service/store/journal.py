"""The append-only record of everything that happened, written in the transaction in which it happened."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, insert, literal_column, or_, select

from service.ports import News
from service.store.database import Transaction
from service.store.ids import new_id
from service.store.tables import JOURNAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`actor` is who did it: "source:…", "device:…", "user:…", "clock" or "worker". `details` is plain JSON.

    `entry_id` is None until it is written.
    """

    at: datetime
    actor: str
    action: str
    incident_id: UUID | None = None
    details: dict[str, Any] = field(default_factory=dict)
    entry_id: UUID | None = None


READS = frozenset(
    {"incident_read", "incidents_listed", "incidents_watched", "trail_read", "journal_read", "policy_previewed"}
)
"""Actions that only say who looked: they change nothing, so nobody who watches is told of them."""
_ADD = insert(JOURNAL)
_USER = "user:"


def write(tx: Transaction, entries: Iterable[Entry]) -> None:
    """In their order, by one statement for all entries of a transaction, just before it is committed."""
    rows = [_row(tx, entry) for entry in entries]
    if rows and not tx.entries:
        tx.before_commit.append(partial(_insert, tx))
    tx.entries.extend(rows)


def _insert(tx: Transaction) -> None:
    tx.session.execute(_ADD, tx.entries)


def _row(tx: Transaction, entry: Entry) -> dict[str, Any]:
    return {
        "agency_id": tx.agency_id,
        "entry_id": new_id(),
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "incident_id": entry.incident_id,
        "details": entry.details,
        "origin": tx.origin,
    }


def news_of(tx: Transaction) -> News | None:
    """What whoever watches is to be told of a committed transaction; None when it only looked."""
    told = [row["entry_id"] for row in tx.entries if row["action"] not in READS]
    return News(agency_id=tx.agency_id, entry_id=told[-1]) if told else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry and its place in the chain: `number`, `hash` and `sealed_at` are None until the clock has sealed it."""

    entry_id: UUID
    entry: Entry
    origin: str | None
    number: int | None
    hash: bytes | None
    sealed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is None is not asked for. A user as `actor` stands for the user's programs too."""

    incident_id: UUID | None = None
    actor: str | None = None
    action: str | None = None
    before: UUID | None = None


def find(tx: Transaction, search: Search, *, limit: int) -> list[StoredEntry]:
    """Newest first; `before` is the last one of the page before."""
    query = select(JOURNAL).order_by(JOURNAL.c.entry_id.desc()).limit(limit)
    if search.incident_id is not None:
        query = query.where(JOURNAL.c.incident_id == search.incident_id)
    if search.actor is not None:
        query = query.where(_done_by(search.actor))
    if search.action is not None:
        query = query.where(JOURNAL.c.action == search.action)
    if search.before is not None:
        query = query.where(JOURNAL.c.entry_id < search.before)
    return [_stored(row) for row in tx.session.execute(query)]


def knows(tx: Transaction, entry_id: UUID) -> bool:
    return tx.session.execute(select(JOURNAL.c.entry_id).where(JOURNAL.c.entry_id == entry_id)).first() is not None


def of_incident(tx: Transaction, incident_id: UUID) -> list[Entry]:
    """The timeline of an incident, oldest first; who only looked at it is not part of it."""
    rows = tx.session.execute(
        select(JOURNAL)
        .where(JOURNAL.c.incident_id == incident_id, JOURNAL.c.action.not_in(READS))
        .order_by(JOURNAL.c.at, JOURNAL.c.entry_id)
    )
    return [_entry(row) for row in rows]


def _done_by(actor: str) -> ColumnElement[bool]:
    if not actor.startswith(_USER):
        return JOURNAL.c.actor == actor
    # Spelled out, as the partial index spells it: what people do is a small part of what happens, and most asked for.
    its_programs = JOURNAL.c.actor.startswith(f"{actor}/", autoescape=True)
    return and_(JOURNAL.c.actor.like(literal_column(f"'{_USER}%'")), or_(JOURNAL.c.actor == actor, its_programs))


def _stored(row: Any) -> StoredEntry:
    return StoredEntry(
        entry_id=row.entry_id,
        entry=_entry(row),
        origin=row.origin,
        number=row.number,
        hash=row.hash,
        sealed_at=row.sealed_at,
    )


def _entry(row: Any) -> Entry:
    return Entry(
        at=row.at,
        actor=row.actor,
        action=row.action,
        incident_id=row.incident_id,
        details=row.details,
        entry_id=row.entry_id,
    )
