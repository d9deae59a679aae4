"""Statements on selections: who was asked at one moment, who was not, and why, as it was shown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from service.domain.selection import Selection
from service.store.database import Transaction
from service.store.ids import new_id
from service.store.tables import SELECTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSelection:
    """Plain JSON values with the keys of DESIGN §7; the rows of one selection share its level."""

    level: int
    selected_at: datetime
    asked: Sequence[Mapping[str, Any]]
    not_asked: Sequence[Mapping[str, Any]]
    not_asked_more: Mapping[str, int]


def add(tx: Transaction, incident_id: UUID, selection: Selection, *, level: int, now: datetime) -> None:
    """Ids and numbers as JSON knows them; distances to the decimetre, ages to the tenth of a second."""
    tx.session.execute(
        insert(SELECTIONS).values(
            agency_id=tx.agency_id,
            selection_id=new_id(),
            incident_id=incident_id,
            level=level,
            selected_at=now,
            asked=[_plain(asdict(asked)) | {"level": level} for asked in selection.asked],
            not_asked=[_plain(asdict(not_asked)) for not_asked in selection.not_asked],
            not_asked_more=dict(selection.not_asked_more),
        )
    )


def of_incident(tx: Transaction, incident_id: UUID) -> list[StoredSelection]:
    """Oldest first."""
    rows = tx.session.execute(
        select(SELECTIONS)
        .where(SELECTIONS.c.incident_id == incident_id)
        .order_by(SELECTIONS.c.selected_at, SELECTIONS.c.selection_id)
    )
    return [
        StoredSelection(
            level=row.level,
            selected_at=row.selected_at,
            asked=row.asked,
            not_asked=row.not_asked,
            not_asked_more=row.not_asked_more,
        )
        for row in rows
    ]


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, UUID) else round(value, 1) if isinstance(value, float) else value
        for name, value in values.items()
    }
