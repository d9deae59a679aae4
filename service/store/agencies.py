"""Statements on agencies: what they are called, and by which rules they are served. Their people: `users`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text, update

from service.domain.policy import Policy
from service.domain.retention import Retention
from service.store.database import Database, Transaction
from service.store.tables import AGENCIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """`timezone` is an IANA name: what its officers read is in their own time."""

    agency_id: UUID
    name: str
    timezone: str
    policy: Policy
    retention: Retention


_OWN_AGENCY = select(AGENCIES)


def all_ids(database: Database) -> list[UUID]:
    """Of every agency there is, through a narrow door, oldest first: for whoever is at the server itself."""
    with database.outside() as connection:
        return list(connection.execute(text("select agency_id from all_agencies()")).scalars())


def add_agency(tx: Transaction, *, name: str, timezone: str, policy: Policy, now: datetime) -> None:
    """The agency whose id the transaction was opened with."""
    tx.session.execute(
        insert(AGENCIES).values(
            agency_id=tx.agency_id,
            name=name,
            timezone=timezone,
            policy=policy.as_dict(),
            retention={},
            next_purge_at=now,
            created_at=now,
        )
    )


def agency(tx: Transaction) -> Agency:
    """The transaction's own agency."""
    return _agency(tx.session.execute(_OWN_AGENCY).one())


def lock(tx: Transaction) -> Agency | None:
    """The transaction's own agency, None when there is none; nobody else changes it before this transaction ends."""
    row = tx.session.execute(_OWN_AGENCY.with_for_update(key_share=True)).one_or_none()
    return _agency(row) if row else None


def change(tx: Transaction, *, name: str, timezone: str) -> None:
    _set(tx, name=name, timezone=timezone)


def set_policy(tx: Transaction, policy: Policy) -> None:
    """For incidents that open from now on."""
    _set(tx, policy=policy.as_dict())


def set_retention(tx: Transaction, retention: Retention) -> None:
    """From the next purge on."""
    _set(tx, retention=retention.as_dict())


def _set(tx: Transaction, **values: Any) -> None:
    tx.session.execute(update(AGENCIES).where(AGENCIES.c.agency_id == tx.agency_id).values(values))


def _agency(row: Any) -> Agency:
    return Agency(
        agency_id=row.agency_id,
        name=row.name,
        timezone=row.timezone,
        policy=Policy.from_dict(row.policy),
        retention=Retention.from_dict(row.retention),
    )
