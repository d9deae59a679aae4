"""Statements on sources: who may post detections and positions, and by which secrets we know it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update

from service.store import directory
from service.store.database import Transaction
from service.store.directory import Door
from service.store.ids import new_id
from service.store.tables import DETECTIONS, SOURCES
from service.store.taken import refusing_taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """`secrets` are the live ones, newest first: two while they are being rotated.

    `last_positions_at`: when it last told positions, within a minute.
    """

    agency_id: UUID
    source_id: UUID
    name: str
    secrets: tuple[str, ...] = field(repr=False)
    created_at: datetime
    rotated_at: datetime | None
    disabled_at: datetime | None
    last_positions_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSource:
    """`last_detection_at` is when its last message about a detection came; None when none ever did."""

    source: Source
    last_detection_at: datetime | None


_SOURCE = select(SOURCES).where(SOURCES.c.source_id == bindparam("source_id"))
_KNOWN = _SOURCE.where(SOURCES.c.disabled_at.is_(None))


def add(tx: Transaction, *, name: str, secret: str, now: datetime) -> UUID:
    """Raises DomainError(already_exists)."""
    source_id = new_id()
    row = {"agency_id": tx.agency_id, "source_id": source_id, "name": name, "secrets": [secret], "created_at": now}
    with refusing_taken(f"There is a source named {name} already."):
        tx.session.execute(insert(SOURCES).values(row))
    directory.add(tx, Door.SOURCE, str(source_id))
    return source_id


def known(tx: Transaction, source_id: UUID) -> Source | None:
    """None for one that is disabled: it is a stranger until it is enabled again."""
    row = tx.session.execute(_KNOWN, {"source_id": source_id}).one_or_none()
    return _source(row) if row else None


def lock(tx: Transaction, source_id: UUID) -> Source | None:
    """Disabled or not; nobody else changes it before this transaction ends."""
    row = tx.session.execute(_SOURCE.with_for_update(), {"source_id": source_id}).one_or_none()
    return _source(row) if row else None


def listed(tx: Transaction, source_ids: Sequence[UUID] | None = None) -> list[ListedSource]:
    """By name; all of them unless told which."""
    last = (
        select(func.max(DETECTIONS.c.received_at))
        .where(DETECTIONS.c.agency_id == SOURCES.c.agency_id, DETECTIONS.c.source_id == SOURCES.c.source_id)
        .scalar_subquery()
    )
    found = select(SOURCES, last.label("last_detection_at")).order_by(SOURCES.c.name)
    if source_ids is not None:
        found = found.where(SOURCES.c.source_id.in_(source_ids))
    return [
        ListedSource(source=_source(row), last_detection_at=row.last_detection_at) for row in tx.session.execute(found)
    ]


def change(tx: Transaction, source_id: UUID, *, name: str, disabled_at: datetime | None) -> None:
    """Raises DomainError(already_exists)."""
    with refusing_taken(f"There is a source named {name} already."):
        _set(tx, source_id, name=name, disabled_at=disabled_at)


def set_secrets(tx: Transaction, source_id: UUID, secrets: Sequence[str], *, rotated_at: datetime | None) -> None:
    """Newest first."""
    _set(tx, source_id, secrets=list(secrets), rotated_at=rotated_at)


def note_positions(tx: Transaction, source_id: UUID, *, now: datetime) -> None:
    _set(tx, source_id, last_positions_at=now)


def _set(tx: Transaction, source_id: UUID, **values: Any) -> None:
    tx.session.execute(update(SOURCES).where(SOURCES.c.source_id == source_id).values(values))


def _source(row: Any) -> Source:
    return Source(
        agency_id=row.agency_id,
        source_id=row.source_id,
        name=row.name,
        secrets=tuple(row.secrets),
        created_at=row.created_at,
        rotated_at=row.rotated_at,
        disabled_at=row.disabled_at,
        last_positions_at=row.last_positions_at,
    )
