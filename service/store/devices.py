"""Statements on devices: the phones of units. The one-time codes that enrol them: `enrolment_codes`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update

from service.domain.unit import Platform, PushKind, PushTarget
from service.store import directory
from service.store.database import Transaction
from service.store.directory import Door
from service.store.ids import new_id
from service.store.tables import DEVICES, RECEIPTS, UNITS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """What a phone says of itself when it enrols."""

    platform: Platform
    model: str
    app_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDevice:
    """`push_lost_at`: since when the push service says that the target is gone, or it is another device's.

    `last_seen_at`: when it last knocked with its token, within a minute.
    """

    device_id: UUID
    unit_id: UUID
    about: NewDevice
    target: PushTarget
    enrolled_at: datetime
    last_seen_at: datetime | None
    push_lost_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDevice:
    """A device as an administrator judges it by; `last_receipt_at`: when it last said that it received or displayed."""

    device: StoredDevice
    call_sign: str
    last_receipt_at: datetime | None


def add(
    tx: Transaction, about: NewDevice, *, unit_id: UUID, target: PushTarget, token_hash: str, now: datetime
) -> UUID:
    """A device, and the directory's way to it. A target that another device held is that one's no more."""
    device_id = new_id()
    _release_target(tx, target, now=now)
    tx.session.execute(
        insert(DEVICES).values(
            agency_id=tx.agency_id,
            device_id=device_id,
            unit_id=unit_id,
            platform=about.platform,
            model=about.model,
            app_version=about.app_version,
            push_kind=target.kind,
            push_value=target.value,
            token_hash=token_hash,
            enrolled_at=now,
        )
    )
    directory.add(tx, Door.DEVICE_TOKEN, token_hash)
    return device_id


def by_token(tx: Transaction, token_hash: str) -> StoredDevice | None:
    """None when it was revoked."""
    row = tx.session.execute(
        select(DEVICES).where(DEVICES.c.token_hash == token_hash, DEVICES.c.revoked_at.is_(None))
    ).one_or_none()
    return _device(row) if row else None


_OF_UNITS = (
    select(DEVICES)
    .where(
        DEVICES.c.unit_id == func.any(bindparam("unit_ids")),
        DEVICES.c.revoked_at.is_(None),
        DEVICES.c.push_lost_at.is_(None),
        DEVICES.c.push_kind != PushKind.NONE,
    )
    .order_by(DEVICES.c.device_id)
)
_BY_ID = select(DEVICES).where(DEVICES.c.device_id == func.any(bindparam("device_ids")))


def of_units(tx: Transaction, unit_ids: Iterable[UUID]) -> list[StoredDevice]:
    """Devices that can be made to ring: enrolled, with a push target that is not known to be dead."""
    return [_device(row) for row in tx.session.execute(_OF_UNITS, {"unit_ids": list(unit_ids)})]


def by_id(tx: Transaction, device_ids: Iterable[UUID]) -> dict[UUID, StoredDevice]:
    rows = tx.session.execute(_BY_ID, {"device_ids": list(device_ids)})
    return {row.device_id: _device(row) for row in rows}


def listed(tx: Transaction) -> list[ListedDevice]:
    """Newest enrolment first, the revoked ones among them."""
    last = (
        select(func.max(RECEIPTS.c.recorded_at))
        .where(RECEIPTS.c.agency_id == DEVICES.c.agency_id, RECEIPTS.c.device_id == DEVICES.c.device_id)
        .scalar_subquery()
    )
    rows = tx.session.execute(
        select(DEVICES, UNITS.c.call_sign, last.label("last_receipt_at"))
        .join(UNITS, (UNITS.c.agency_id == DEVICES.c.agency_id) & (UNITS.c.unit_id == DEVICES.c.unit_id))
        .order_by(DEVICES.c.device_id.desc())
    )
    return [
        ListedDevice(device=_device(row), call_sign=row.call_sign, last_receipt_at=row.last_receipt_at) for row in rows
    ]


def see(tx: Transaction, device_id: UUID, *, now: datetime) -> None:
    """It has knocked with its token."""
    tx.session.execute(update(DEVICES).where(DEVICES.c.device_id == device_id).values(last_seen_at=now))


def set_target(tx: Transaction, device_id: UUID, target: PushTarget, *, now: datetime) -> None:
    """One live target a device, and one device a target: a phone that was handed on rings for its new unit alone."""
    _release_target(tx, target, now=now)
    tx.session.execute(
        update(DEVICES)
        .where(DEVICES.c.device_id == device_id)
        .values(push_kind=target.kind, push_value=target.value, push_lost_at=None)
    )


def lose_target(tx: Transaction, device_id: UUID, target: PushTarget, *, now: datetime) -> bool:
    """The push service says that the target is gone. False when the device has another one by now."""
    lost = tx.session.execute(
        update(DEVICES)
        .where(
            DEVICES.c.device_id == device_id,
            DEVICES.c.push_kind == target.kind,
            DEVICES.c.push_value == target.value,
            DEVICES.c.push_lost_at.is_(None),
        )
        .values(push_lost_at=now)
        .returning(DEVICES.c.device_id)
    )
    return lost.first() is not None


def revoke(tx: Transaction, device_id: UUID, *, now: datetime) -> bool:
    """Its token is good for nothing from now on. A second call does nothing; False when there is no such device."""
    row = tx.session.execute(
        update(DEVICES)
        .where(DEVICES.c.device_id == device_id)
        .values(revoked_at=func.coalesce(DEVICES.c.revoked_at, now))
        .returning(DEVICES.c.token_hash)
    ).one_or_none()
    if row:
        directory.remove(tx, Door.DEVICE_TOKEN, row.token_hash)
    return row is not None


def _release_target(tx: Transaction, target: PushTarget, *, now: datetime) -> None:
    if target.kind is PushKind.NONE:
        return
    tx.session.execute(
        update(DEVICES)
        .where(
            DEVICES.c.push_kind == target.kind,
            DEVICES.c.push_value == target.value,
            DEVICES.c.push_lost_at.is_(None),
        )
        .values(push_lost_at=now)
    )


def _device(row: Any) -> StoredDevice:
    return StoredDevice(
        device_id=row.device_id,
        unit_id=row.unit_id,
        about=NewDevice(platform=Platform(row.platform), model=row.model, app_version=row.app_version),
        target=PushTarget(kind=PushKind(row.push_kind), value=row.push_value),
        enrolled_at=row.enrolled_at,
        last_seen_at=row.last_seen_at,
        push_lost_at=row.push_lost_at,
        revoked_at=row.revoked_at,
    )
