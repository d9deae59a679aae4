"""Statements on one-time codes: each enrols one phone into one unit, once. What comes of it: `devices`.

The code is kept as a hash, and is known to administrators by an id that has nothing to do with it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from service.store import directory
from service.store.database import Transaction
from service.store.directory import Door
from service.store.ids import new_id
from service.store.tables import ENROLMENT_CODES, UNITS


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCode:
    """Open until it is used, revoked, or has expired."""

    code_id: UUID
    unit_id: UUID
    call_sign: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


_CODES = select(ENROLMENT_CODES, UNITS.c.call_sign).join(
    UNITS, (UNITS.c.agency_id == ENROLMENT_CODES.c.agency_id) & (UNITS.c.unit_id == ENROLMENT_CODES.c.unit_id)
)


def add(tx: Transaction, code_hash: str, *, unit_id: UUID, now: datetime, expires_at: datetime) -> UUID:
    code_id = new_id()
    tx.session.execute(
        insert(ENROLMENT_CODES).values(
            agency_id=tx.agency_id,
            code_hash=code_hash,
            code_id=code_id,
            unit_id=unit_id,
            created_at=now,
            expires_at=expires_at,
        )
    )
    directory.add(tx, Door.ENROLMENT_CODE, code_hash)
    return code_id


def use(tx: Transaction, code_hash: str, *, now: datetime) -> UUID | None:
    """The unit it enrols into; None when it is not open or never was. Only one caller ever gets the unit."""
    used = tx.session.execute(
        update(ENROLMENT_CODES)
        .where(
            ENROLMENT_CODES.c.code_hash == code_hash,
            ENROLMENT_CODES.c.used_at.is_(None),
            ENROLMENT_CODES.c.revoked_at.is_(None),
            ENROLMENT_CODES.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(ENROLMENT_CODES.c.unit_id)
    )
    unit_id: UUID | None = used.scalar_one_or_none()
    if unit_id is not None:
        directory.remove(tx, Door.ENROLMENT_CODE, code_hash)
    return unit_id


def open_ones(tx: Transaction, *, now: datetime) -> list[StoredCode]:
    """Newest first."""
    rows = tx.session.execute(
        _CODES.where(
            ENROLMENT_CODES.c.used_at.is_(None),
            ENROLMENT_CODES.c.revoked_at.is_(None),
            ENROLMENT_CODES.c.expires_at > now,
        ).order_by(ENROLMENT_CODES.c.code_id.desc())
    )
    return [_code(row) for row in rows]


def find(tx: Transaction, code_id: UUID) -> StoredCode | None:
    row = tx.session.execute(_CODES.where(ENROLMENT_CODES.c.code_id == code_id)).one_or_none()
    return _code(row) if row else None


def revoke(tx: Transaction, code_id: UUID, *, now: datetime) -> bool:
    """It enrols nobody from now on. False when there is no such code, or it was used or revoked before."""
    revoked = tx.session.execute(
        update(ENROLMENT_CODES)
        .where(
            ENROLMENT_CODES.c.code_id == code_id,
            ENROLMENT_CODES.c.used_at.is_(None),
            ENROLMENT_CODES.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(ENROLMENT_CODES.c.code_hash)
    )
    code_hash = revoked.scalar_one_or_none()
    if code_hash is not None:
        directory.remove(tx, Door.ENROLMENT_CODE, code_hash)
    return code_hash is not None


def _code(row: Any) -> StoredCode:
    return StoredCode(
        code_id=row.code_id,
        unit_id=row.unit_id,
        call_sign=row.call_sign,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )
