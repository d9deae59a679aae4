"""What does every act of an administrator have in common? Who does it, at one moment, in one transaction, on record.

Not for the acts themselves: those are told by subject (`agencies`, `accounts`, `sources`, `roster`, `policies`, …).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from service.domain.errors import Code, DomainError
from service.ports import Ports
from service.store import journal
from service.store.database import Database, Transaction
from service.store.journal import Entry

NAME_LENGTH_LIMIT = 100


class Administrator(Protocol):
    """Somebody signed in at a desk, or an `Operator`. `origin` is the network address that it asks from."""

    @property
    def agency_id(self) -> UUID: ...
    @property
    def actor(self) -> str: ...
    @property
    def origin(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Somebody who is at the server itself ("admin:" and the system's name of them), or a program that sets one up."""

    agency_id: UUID
    actor: str
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One act of an administrator while it lasts."""

    tx: Transaction
    by: Administrator
    now: datetime

    def record(self, action: str, *, of_incident: UUID | None = None, **details: Any) -> None:
        """Into the journal; ids are written as text."""
        said = {name: str(value) if isinstance(value, UUID) else value for name, value in details.items()}
        entry = Entry(at=self.now, actor=self.by.actor, action=action, incident_id=of_incident, details=said)
        journal.write(self.tx, [entry])


@contextmanager
def acting(database: Database, ports: Ports, *, by: Administrator) -> Iterator[Act]:
    """A transaction of the administrator's agency, committed when the block ends and rolled back when it raises."""
    with database.transaction(by.agency_id, origin=by.origin, acts=True) as tx:
        yield Act(tx, by, ports.clock.now())


def a_name(text: str, *, field: str) -> str:
    """The text without blanks around it. Raises DomainError(invalid) naming the field: empty, too long, or unreadable.

    A call sign that ends in a blank would be another call sign, and look the same.
    """
    name = text.strip()
    if not name:
        reason = "must not be empty"
    elif len(name) > NAME_LENGTH_LIMIT:
        reason = f"must have at most {NAME_LENGTH_LIMIT} characters"
    elif not name.isprintable():
        reason = "must have no control characters or line breaks"
    else:
        return name
    raise DomainError(Code.INVALID, f"The {field.replace('_', ' ')} {reason}.", fields={field: reason})
