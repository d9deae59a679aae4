"""The append-only record of everything that happened, written in the transaction in which it happened."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from service.ports import Change, News
from service.store.database import Transaction
from service.store.ids import new_id
from service.store.tables import JOURNAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`actor` is who did it: "source:…", "device:…", "user:…", "clock" or "worker". `details` is plain JSON."""

    at: datetime
    actor: str
    action: str
    incident_id: UUID | None = None
    details: dict[str, Any] = field(default_factory=dict)


READS = frozenset({"incident_read", "incidents_listed", "trail_read", "journal_read"})
"""Actions that only say who looked: they change nothing, so nobody who watches is told of them."""
_ADD = insert(JOURNAL)


def write(tx: Transaction, entries: Iterable[Entry]) -> None:
    """In their order, by one statement for all entries of a transaction, just before it is committed."""
    if not tx.entries:
        tx.before_commit.append(partial(_insert, tx))
    tx.entries.extend(_row(tx, entry) for entry in entries)


def _insert(tx: Transaction) -> None:
    if tx.entries:
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
    changes = tuple(
        Change(action=row["action"], incident_id=row["incident_id"], details=row["details"])
        for row in tx.entries
        if row["action"] not in READS
    )
    return News(agency_id=tx.agency_id, entry_id=tx.entries[-1]["entry_id"], changes=changes) if changes else None


def of_incident(tx: Transaction, incident_id: UUID) -> list[Entry]:
    """The timeline of an incident, oldest first; who only looked at it is not part of it."""
    rows = tx.session.execute(
        select(JOURNAL)
        .where(JOURNAL.c.incident_id == incident_id, JOURNAL.c.action.not_in(READS))
        .order_by(JOURNAL.c.at, JOURNAL.c.entry_id)
    )
    return [
        Entry(at=row.at, actor=row.actor, action=row.action, incident_id=row.incident_id, details=row.details)
        for row in rows
    ]
