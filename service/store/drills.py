"""Statements on drills: begun, finished once, and handed to the clock when their time is over.

What a drill shares with incidents (its alerts, pages and receipts) is where theirs is; what was found: `domain.drill`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text, update

from service.domain.drill import LeftAlone
from service.store.database import Database, Transaction
from service.store.incidents import Due
from service.store.tables import DRILLS


@dataclass(frozen=True, slots=True, kw_only=True)
class DrilledUnit:
    """A unit that was to be rung, by the call sign it had; `left_alone` is why it was not."""

    unit_id: UUID
    call_sign: str
    left_alone: LeftAlone | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDrill:
    """`report` is None until it is finished."""

    drill_id: UUID
    started_at: datetime
    until: datetime
    units: Sequence[DrilledUnit]
    finished_at: datetime | None
    report: Mapping[str, Any] | None


def due(database: Database, *, now: datetime, at_most: int) -> list[Due]:
    """Drills of all agencies whose time is over and that nobody has finished, through the clock's narrow door."""
    with database.outside() as connection:
        statement = text("select * from due_drills(:by_time, :at_most)")
        return [Due(*row) for row in connection.execute(statement, {"by_time": now, "at_most": at_most})]


def begin(
    tx: Transaction, incident_id: UUID, drilled: Sequence[DrilledUnit], *, now: datetime, until: datetime
) -> None:
    units = [
        {"unit_id": str(unit.unit_id), "call_sign": unit.call_sign, "left_alone": unit.left_alone} for unit in drilled
    ]
    tx.session.execute(
        insert(DRILLS).values(agency_id=tx.agency_id, incident_id=incident_id, started_at=now, until=until, units=units)
    )


def find(tx: Transaction, drill_id: UUID) -> StoredDrill | None:
    row = tx.session.execute(select(DRILLS).where(DRILLS.c.incident_id == drill_id)).one_or_none()
    return _drill(row) if row else None


def running(tx: Transaction, *, now: datetime) -> Collection[UUID]:
    """Units whose phones ring for a drill now."""
    rows = tx.session.execute(select(DRILLS).where(DRILLS.c.finished_at.is_(None), DRILLS.c.until > now))
    return {unit.unit_id for row in rows for unit in _drill(row).units if unit.left_alone is None}


def finish(tx: Transaction, drill_id: UUID, report: Mapping[str, Any], *, now: datetime) -> bool:
    """False when somebody was first."""
    finished = tx.session.execute(
        update(DRILLS)
        .where(DRILLS.c.incident_id == drill_id, DRILLS.c.finished_at.is_(None))
        .values(finished_at=now, report=report)
        .returning(DRILLS.c.incident_id)
    )
    return finished.first() is not None


def _drill(row: Any) -> StoredDrill:
    return StoredDrill(
        drill_id=row.incident_id,
        started_at=row.started_at,
        until=row.until,
        units=[
            DrilledUnit(
                unit_id=UUID(unit["unit_id"]),
                call_sign=unit["call_sign"],
                left_alone=LeftAlone(unit["left_alone"]) if unit["left_alone"] else None,
            )
            for unit in row.units
        ],
        finished_at=row.finished_at,
        report=row.report,
    )
