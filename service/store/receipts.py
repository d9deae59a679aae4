"""Statements on receipts: what devices say that they received and displayed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from service.store.database import Transaction
from service.store.tables import ALERTS, RECEIPTS

_RECEIVERS = (
    select(RECEIPTS.c.alert_id, RECEIPTS.c.device_id, func.max(RECEIPTS.c.recorded_at).label("last_at"))
    .where(tuple_(RECEIPTS.c.alert_id, RECEIPTS.c.device_id).in_(bindparam("keys", expanding=True)))
    .group_by(RECEIPTS.c.alert_id, RECEIPTS.c.device_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A device said that it received or displayed something of an alert: `at` by its clock, `recorded_at` by ours."""

    alert_id: UUID
    device_id: UUID
    kind: str
    at: datetime
    recorded_at: datetime


def add(tx: Transaction, alert_id: UUID, device_id: UUID, *, kind: str, at: datetime, now: datetime) -> bool:
    """False when this device has sent this receipt before."""
    added = tx.session.execute(
        insert(RECEIPTS)
        .values(agency_id=tx.agency_id, alert_id=alert_id, device_id=device_id, kind=kind, at=at, recorded_at=now)
        .on_conflict_do_nothing()
        .returning(RECEIPTS.c.kind)
    )
    return added.first() is not None


def of_incident(tx: Transaction, incident_id: UUID) -> list[Receipt]:
    """Oldest first."""
    rows = tx.session.execute(
        select(RECEIPTS)
        .join(ALERTS, and_(ALERTS.c.agency_id == RECEIPTS.c.agency_id, ALERTS.c.alert_id == RECEIPTS.c.alert_id))
        .where(ALERTS.c.incident_id == incident_id)
        .order_by(RECEIPTS.c.recorded_at, RECEIPTS.c.device_id)
    )
    return [
        Receipt(alert_id=row.alert_id, device_id=row.device_id, kind=row.kind, at=row.at, recorded_at=row.recorded_at)
        for row in rows
    ]


def last_of(tx: Transaction, keys: Iterable[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], datetime]:
    """Those of the (alert, device) pairs from which receipts have come, and when the last one did."""
    wanted = list(keys)
    if not wanted:
        return {}
    rows = tx.session.execute(_RECEIVERS, {"keys": wanted})
    return {(row.alert_id, row.device_id): row.last_at for row in rows}
