"""What does an administrator send and see of phones, and of the codes that enrol them?"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from service.domain.unit import Platform, PushKind
from service.store.devices import ListedDevice, StoredDevice

CODES_AT_ONCE = 200
"""A shift of a big city, in one transaction."""


class EnrolmentCodeBody(BaseModel):
    unit_id: UUID


class EnrolmentCodesBody(BaseModel):
    """One code for each, in this order; a unit that is named twice gets two."""

    model_config = ConfigDict(extra="forbid")

    unit_ids: Annotated[list[UUID], Field(min_length=1, max_length=CODES_AT_ONCE)]


class EnrolmentCodeAnswer(BaseModel):
    """`code` is shown this once; it enrols one phone. `code_id` names it afterwards."""

    code_id: UUID
    code: str
    unit_id: UUID
    call_sign: str
    expires_at: datetime


class EnrolmentCodesAnswer(BaseModel):
    items: list[EnrolmentCodeAnswer]


class OpenCode(BaseModel):
    """Whoever holds this code can still enrol a phone with it."""

    code_id: UUID
    unit_id: UUID
    call_sign: str
    created_at: datetime
    expires_at: datetime


class OpenCodesAnswer(BaseModel):
    """Newest first."""

    items: list[OpenCode]


class PushState(StrEnum):
    """Can a push reach it? `lost`: the push service says that the target is gone, or another phone has it now."""

    OK = "ok"
    LOST = "lost"
    NONE = "none"


class DeviceAnswer(BaseModel):
    """Its push target is told by kind alone: the value would let whoever reads it ring the phone.

    `last_seen_at` is when it last called with its token, within a minute; `last_receipt_at` when it last said that it
    received or displayed an alert.
    """

    device_id: UUID
    unit_id: UUID
    call_sign: str
    platform: Platform
    model: str
    app_version: str
    push_kind: PushKind
    push_state: PushState
    push_lost_at: datetime | None
    enrolled_at: datetime
    last_seen_at: datetime | None
    last_receipt_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, listed: ListedDevice) -> Self:
        device = listed.device
        return cls(
            device_id=device.device_id,
            unit_id=device.unit_id,
            call_sign=listed.call_sign,
            platform=device.about.platform,
            model=device.about.model,
            app_version=device.about.app_version,
            push_kind=device.target.kind,
            push_state=_push_state(device),
            push_lost_at=device.push_lost_at,
            enrolled_at=device.enrolled_at,
            last_seen_at=device.last_seen_at,
            last_receipt_at=listed.last_receipt_at,
            revoked_at=device.revoked_at,
        )


class DevicesAnswer(BaseModel):
    """Newest enrolment first."""

    items: list[DeviceAnswer]


def _push_state(device: StoredDevice) -> PushState:
    if device.target.kind is PushKind.NONE:
        return PushState.NONE
    return PushState.OK if device.push_lost_at is None else PushState.LOST
