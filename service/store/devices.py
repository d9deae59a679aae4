"""Statements on devices and the one-time codes that enrol them."""

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
from service.store.tables import DEVICES, ENROLMENT_CODES


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """What a phone says of itself when it enrols."""

    platform: Platform
    model: str
    app_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDevice:
    """`push_lost_at`: since when the push service says that the target is gone, or it is another device's."""

    device_id: UUID
    unit_id: UUID
    about: NewDevice
    target: PushTarget
    enrolled_at: datetime
    push_lost_at: datetime | None
    revoked_at: datetime | None


def add_code(tx: Transaction, code_hash: str, *, unit_id: UUID, now: datetime, expires_at: datetime) -> None:
    tx.session.execute(
        insert(ENROLMENT_CODES).values(
            agency_id=tx.agency_id, code_hash=code_hash, unit_id=unit_id, created_at=now, expires_at=expires_at
        )
    )
    directory.add(tx, Door.ENROLMENT_CODE, code_hash)


def use_code(tx: Transaction, code_hash: str, *, now: datetime) -> UUID | None:
    """The unit it enrols into; None when it was used, has expired or never was. Only one caller ever gets the unit."""
    used = tx.session.execute(
        update(ENROLMENT_CODES)
        .where(
            ENROLMENT_CODES.c.code_hash == code_hash,
            ENROLMENT_CODES.c.used_at.is_(None),
            ENROLMENT_CODES.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(ENROLMENT_CODES.c.unit_id)
    )
    unit_id: UUID | None = used.scalar_one_or_none()
    return unit_id


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


def all_of_agency(tx: Transaction) -> list[StoredDevice]:
    """Newest enrolment first, the revoked ones among them."""
    return [_device(row) for row in tx.session.execute(select(DEVICES).order_by(DEVICES.c.device_id.desc()))]


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
        push_lost_at=row.push_lost_at,
        revoked_at=row.revoked_at,
    )
