"""Statements on the canary: the one agency that nobody is served by, and what of it is on its way."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, text, update

from service.domain.policy import Policy
from service.domain.retention import Retention
from service.store.database import Database, Transaction
from service.store.tables import AGENCIES, CANARIES
from service.store.taken import refusing_taken


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCanary:
    """`incident_id` is what is on its way, released at `released_at`; None when nothing is.

    `arrived_at` and `took_s` are of the last that arrived; `hatched_at` is when there was a canary for the first time.
    """

    agency_id: UUID
    source_id: UUID
    unit_id: UUID
    hatched_at: datetime
    incident_id: UUID | None
    released_at: datetime | None
    arrived_at: datetime | None
    took_s: float | None


_CANARY = select(CANARIES, AGENCIES.c.created_at.label("hatched_at")).join(
    AGENCIES, AGENCIES.c.agency_id == CANARIES.c.agency_id
)


def agency_id(database: Database) -> UUID | None:
    """Through a narrow door; None before it has hatched."""
    with database.outside() as connection:
        found: UUID | None = connection.execute(text("select agency_id from canary_agency()")).scalar_one_or_none()
    return found


def add_agency(tx: Transaction, *, policy: Policy, retention: Retention, now: datetime) -> None:
    """The agency whose id the transaction was opened with. Raises DomainError(already_exists): there is one."""
    with refusing_taken("There is a canary already."):
        tx.session.execute(
            insert(AGENCIES).values(
                agency_id=tx.agency_id,
                name="Canary",
                timezone="UTC",
                policy=policy.as_dict(),
                retention=retention.as_dict(),
                next_purge_at=now,
                created_at=now,
                canary=True,
            )
        )


def add(tx: Transaction, *, source_id: UUID, unit_id: UUID, now: datetime) -> None:
    """The first is to be released at once."""
    tx.session.execute(
        insert(CANARIES).values(agency_id=tx.agency_id, source_id=source_id, unit_id=unit_id, next_at=now)
    )


def find(tx: Transaction) -> StoredCanary | None:
    row = tx.session.execute(_CANARY).one_or_none()
    if row is None:
        return None
    return StoredCanary(
        agency_id=row.agency_id,
        source_id=row.source_id,
        unit_id=row.unit_id,
        hatched_at=row.hatched_at,
        incident_id=row.incident_id,
        released_at=row.released_at,
        arrived_at=row.arrived_at,
        took_s=row.took_s,
    )


def claim(tx: Transaction, *, now: datetime, next_at: datetime) -> bool:
    """It is the caller's to release, and nobody else's before `next_at`; False when its time has not come."""
    claimed = tx.session.execute(
        update(CANARIES).where(CANARIES.c.next_at <= now).values(next_at=next_at).returning(CANARIES.c.agency_id)
    )
    return claimed.first() is not None


def set_off(tx: Transaction, incident_id: UUID, *, now: datetime) -> None:
    """It is on its way; whatever was before is not waited for any more."""
    tx.session.execute(update(CANARIES).values(incident_id=incident_id, released_at=now))


def arrive(tx: Transaction, incident_id: UUID, *, at: datetime, took_s: float) -> bool:
    """False when it is not the one that is waited for, or somebody was first."""
    arrived = tx.session.execute(
        update(CANARIES)
        .where(CANARIES.c.incident_id == incident_id)
        .values(incident_id=None, arrived_at=at, took_s=took_s)
        .returning(CANARIES.c.agency_id)
    )
    return arrived.first() is not None
