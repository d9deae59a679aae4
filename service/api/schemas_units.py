"""What does a phone send (DESIGN §7)? Unknown fields are ignored here: a phone may be newer than the server.

What a phone is answered is in `answers`, since the console shows the same things.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from service.api.fields import Instant, Line, Name, Prose, Rounds, Token
from service.domain.disposition import Disposition
from service.domain.unit import Platform, PushKind, PushTarget, Status


class PushBody(BaseModel):
    """Where this device can be made to ring; kind `none` needs no value and relies on the stream.

    Any PushKind but `canary`, which is ours alone: a phone that said so would never ring.
    """

    kind: Literal["fcm_fid", "fcm_token", "web_push", "none"]
    value: Annotated[Token, Field(min_length=0)] = ""

    @model_validator(mode="after")
    def _has_a_value_unless_none(self) -> "PushBody":
        if self.kind != "none" and not self.value:
            raise PydanticCustomError("push_value", "Input should have a value unless its kind is 'none'")
        return self

    def to_target(self) -> PushTarget:
        kind = PushKind(self.kind)
        return PushTarget(kind=kind, value="" if kind is PushKind.NONE else self.value)


class DeviceBody(BaseModel):
    platform: Platform
    model: Name
    app_version: Name


class EnrolmentBody(BaseModel):
    code: Name
    device: DeviceBody
    push: PushBody


class StatusBody(BaseModel):
    status: Status


class ReceiptBody(BaseModel):
    kind: Literal["received", "displayed"]
    at: Instant


class AcknowledgmentBody(BaseModel):
    """`declined` after `accepted` withdraws."""

    response: Literal["accepted", "declined"]
    reason: Line | None = None
    at: Instant | None = None


class ProgressBody(BaseModel):
    status: Literal["en_route", "on_scene", "clear"]
    at: Instant | None = None


class DispositionBody(BaseModel):
    disposition: Disposition
    casings: Rounds | None = None
    note: Prose | None = None


class EnrolledUnit(BaseModel):
    id: UUID
    call_sign: str


class EnrolmentAnswer(BaseModel):
    """`device_token` is said once and never again."""

    device_id: UUID
    device_token: str
    unit: EnrolledUnit
