"""Statements on units: what selection must know of them, and how their status changes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, func, insert, select, update

from service.domain.unit import Status, UnitKind
from service.store.database import Transaction
from service.store.ids import new_id
from service.store.tables import DEVICES, FIXES, UNITS
from service.store.taken import refusing_taken

BUSY = (Status.EN_ROUTE, Status.ON_SCENE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredUnit:
    """`has_device`: a phone is enrolled, and if it has a push target, the target is not known to be dead."""

    unit_id: UUID
    call_sign: str
    kind: UnitKind
    status: Status
    status_at: datetime
    incident_id: UUID | None
    has_device: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedUnit:
    """A unit as an administrator sees it. `devices` are the phones in service, `last_fix_at` is when it was last seen.

    That is by the copy in the store: behind by a few seconds at most.
    """

    unit: StoredUnit
    devices: int
    last_fix_at: datetime | None


def add(tx: Transaction, *, call_sign: str, kind: UnitKind, now: datetime) -> UUID:
    """A new unit, off duty until it says otherwise. Raises DomainError(already_exists)."""
    unit_id = new_id()
    row = {"agency_id": tx.agency_id, "unit_id": unit_id, "call_sign": call_sign, "kind": kind}
    with refusing_taken(f"There is a unit {call_sign} already."):
        tx.session.execute(insert(UNITS).values(row | {"status": Status.OFF_DUTY, "status_at": now}))
    return unit_id


def change(tx: Transaction, unit_id: UUID, *, call_sign: str, kind: UnitKind) -> None:
    """Raises DomainError(already_exists)."""
    with refusing_taken(f"There is a unit {call_sign} already."):
        tx.session.execute(update(UNITS).where(UNITS.c.unit_id == unit_id).values(call_sign=call_sign, kind=kind))


_HAS_DEVICE = exists().where(
    DEVICES.c.agency_id == UNITS.c.agency_id,
    DEVICES.c.unit_id == UNITS.c.unit_id,
    DEVICES.c.revoked_at.is_(None),
    DEVICES.c.push_lost_at.is_(None),
)
_UNITS = select(
    UNITS.c.unit_id,
    UNITS.c.call_sign,
    UNITS.c.kind,
    UNITS.c.status,
    UNITS.c.status_at,
    UNITS.c.incident_id,
    _HAS_DEVICE.label("has_device"),
)
_BY_ID = _UNITS.where(UNITS.c.unit_id == func.any(bindparam("unit_ids")))
# `for no key update`: a foreign key's check of a page or alert must not wait for it.
_LOCK = (
    select(UNITS.c.unit_id)
    .where(UNITS.c.unit_id == func.any(bindparam("unit_ids")))
    .order_by(UNITS.c.unit_id)
    .with_for_update(key_share=True)
)
_CENSUS = select(UNITS.c.status, func.count().label("units")).group_by(UNITS.c.status)


def by_id(tx: Transaction, unit_ids: Iterable[UUID]) -> dict[UUID, StoredUnit]:
    wanted = list(unit_ids)
    if not wanted:
        return {}
    rows = tx.session.execute(_BY_ID, {"unit_ids": wanted}).all()
    return {row.unit_id: _unit(row) for row in rows}


def ids_by_call_sign(tx: Transaction) -> dict[str, UUID]:
    """Of the whole agency."""
    return {row.call_sign: row.unit_id for row in tx.session.execute(select(UNITS.c.call_sign, UNITS.c.unit_id))}


def supervisors(tx: Transaction) -> list[StoredUnit]:
    rows = tx.session.execute(_UNITS.where(UNITS.c.kind == UnitKind.SUPERVISOR).order_by(UNITS.c.call_sign))
    return [_unit(row) for row in rows]


def first(tx: Transaction, *, limit: int | None = None) -> list[StoredUnit]:
    """The agency's units by call sign; all of them without a limit."""
    return [_unit(row) for row in tx.session.execute(_UNITS.order_by(UNITS.c.call_sign).limit(limit))]


def listed(tx: Transaction, unit_ids: Sequence[UUID] | None = None) -> list[ListedUnit]:
    """By call sign; all of the agency unless told which."""
    in_service = (
        select(func.count())
        .where(
            DEVICES.c.agency_id == UNITS.c.agency_id,
            DEVICES.c.unit_id == UNITS.c.unit_id,
            DEVICES.c.revoked_at.is_(None),
        )
        .scalar_subquery()
    )
    found = (
        _UNITS.add_columns(in_service.label("devices"), FIXES.c.at.label("last_fix_at"))
        .outerjoin(FIXES, (FIXES.c.agency_id == UNITS.c.agency_id) & (FIXES.c.unit_id == UNITS.c.unit_id))
        .order_by(UNITS.c.call_sign)
    )
    if unit_ids is not None:
        found = found.where(UNITS.c.unit_id.in_(unit_ids))
    rows = tx.session.execute(found)
    return [ListedUnit(unit=_unit(row), devices=row.devices, last_fix_at=row.last_fix_at) for row in rows]


def census(tx: Transaction, *, apart_from: Iterable[StoredUnit]) -> dict[Status, int]:
    """How many other units there are in each status.

    Counted with and taken off again: sending a hundred ids costs more than counting. One whose status changed since it
    was read is counted in the wrong place.
    """
    everybody = Counter({Status(row.status): row.units for row in tx.session.execute(_CENSUS)})
    return dict(everybody - Counter(unit.status for unit in apart_from))


def set_status(tx: Transaction, unit_id: UUID, status: Status, *, now: datetime) -> None:
    """What the unit says of itself; one that is no longer busy is no longer on an incident."""
    keeps = UNITS.c.incident_id if status in BUSY else None
    tx.session.execute(
        update(UNITS).where(UNITS.c.unit_id == unit_id).values(status=status, status_at=now, incident_id=keeps)
    )


def lock(tx: Transaction, unit_ids: Iterable[UUID]) -> None:
    """Nobody else's until the transaction ends; in one order, or two who want the same units wait for each other."""
    wanted = list(unit_ids)
    if wanted:
        tx.session.execute(_LOCK, {"unit_ids": wanted})


def make_busy(tx: Transaction, unit_id: UUID, incident_id: UUID, *, status: Status, now: datetime) -> None:
    tx.session.execute(
        update(UNITS).where(UNITS.c.unit_id == unit_id).values(status=status, status_at=now, incident_id=incident_id)
    )


def free(tx: Transaction, unit_id: UUID, incident_id: UUID, *, now: datetime) -> None:
    """Available again, unless it is not on this incident any more or has said something else of itself."""
    _leave(tx, unit_id, incident_id, status=Status.AVAILABLE, status_at=now, incident_id=None)


def go_on(tx: Transaction, unit_id: UUID, incident_id: UUID, *, to: UUID, status: Status, now: datetime) -> None:
    """On another incident instead, under the same conditions as `free`."""
    _leave(tx, unit_id, incident_id, status=status, status_at=now, incident_id=to)


def _leave(tx: Transaction, unit_id: UUID, left_id: UUID, **values: Any) -> None:
    tx.session.execute(
        update(UNITS)
        .where(UNITS.c.unit_id == unit_id, UNITS.c.incident_id == left_id, UNITS.c.status.in_(BUSY))
        .values(**values)
    )


def _unit(row: Any) -> StoredUnit:
    return StoredUnit(
        unit_id=row.unit_id,
        call_sign=row.call_sign,
        kind=UnitKind(row.kind),
        status=Status(row.status),
        status_at=row.status_at,
        incident_id=row.incident_id,
        has_device=row.has_device,
    )
