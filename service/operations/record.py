"""Who reads the record: the journal, and where units were while they were on an incident?

Reading is on record itself. Whether it is true: `verifying`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.domain.errors import Code, DomainError, not_found
from service.operations.accounts import SignedInUser
from service.ports import Ports
from service.store import incidents, journal, names, trails
from service.store.database import Database, Transaction
from service.store.journal import Entry, Search, StoredEntry
from service.store.trails import Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPage:
    """Newest first. `names` are those of the actors that have one."""

    entries: Sequence[StoredEntry]
    names: Mapping[str, str]


def list_journal(database: Database, ports: Ports, *, user: SignedInUser, search: Search, limit: int) -> JournalPage:
    """Raises DomainError(invalid) when `search.before` is no entry of this agency."""
    with database.transaction(user.agency_id, origin=user.origin) as tx:
        if search.before is not None and not journal.knows(tx, search.before):
            raise DomainError(Code.INVALID, "cursor must be the `next` of an earlier answer.")
        found = journal.find(tx, search, limit=limit)
        before = _or_none(search.before)
        asked = {"actor": search.actor, "action": search.action, "before": before}
        looked(tx, ports, user, "journal_read", incident_id=search.incident_id, details=asked)
        return JournalPage(entries=found, names=names.of_actors(tx, {stored.entry.actor for stored in found}))


def show_trails(database: Database, ports: Ports, *, user: SignedInUser, incident_id: UUID) -> list[Trail]:
    """By call sign; those that retention has taken are gone. Raises DomainError(not_found)."""
    with database.transaction(user.agency_id, origin=user.origin) as tx:
        if incidents.find(tx, incident_id) is None:
            raise not_found("incident")
        found = trails.of_incident(tx, incident_id)
        details = {"units": [str(trail.unit_id) for trail in found]}
        looked(tx, ports, user, "trail_read", incident_id=incident_id, details=details)
        return found


def looked(
    tx: Transaction,
    ports: Ports,
    user: SignedInUser,
    action: str,
    *,
    incident_id: UUID | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Who looked at what, for the journal: the same transaction in which it was read."""
    at = ports.clock.now()
    entry = Entry(at=at, actor=user.actor, action=action, incident_id=incident_id, details=details or {})
    journal.write(tx, [entry])


def _or_none(entry_id: UUID | None) -> str | None:
    return None if entry_id is None else str(entry_id)
