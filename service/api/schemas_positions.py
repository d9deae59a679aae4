"""What do phones and AVL feeds say of where units are (DESIGN §7), and what are they answered?

A fix at a place that is not on the Earth, or at an impossible time, is no mistake of the body: that fix is refused in
the answer, with the reason, and the others count. So the ranges of numbers are not checked here.
"""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

from service.api.fields import Name

FIXES_LIMIT = 100
UNITS_LIMIT = 2_000


def _written_out(value: Any) -> Any:
    """A text, and not just digits: pydantic would take those for a Unix time."""
    if isinstance(value, str) and value[4:5] == "-":
        return value
    raise PydanticCustomError("instant", "Input should be an RFC 3339 time with its offset from UTC")


# Unlike `Instant` of any year: a device's clock may be decades off, and is corrected by its own `sent_at`.
DeviceTime = Annotated[
    AwareDatetime,
    Strict(strict=False),
    BeforeValidator(_written_out),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class FixBody(BaseModel):
    """One AVL report: WGS-84 degrees; accuracy in metres (1 σ), heading in degrees from north, speed in m/s."""

    model_config = ConfigDict(strict=True)

    lat: float
    lon: float
    at: DeviceTime
    accuracy_m: float | None = None
    heading_deg: float | None = None
    speed_mps: float | None = None


Fixes = Annotated[list[FixBody], Field(min_length=1, max_length=FIXES_LIMIT)]


class PositionsBody(BaseModel):
    """`sent_at` is the phone's clock as it sends this, set anew for every attempt: by it a wrong clock is corrected."""

    sent_at: DeviceTime | None = None
    fixes: Fixes


class FeedUnitBody(BaseModel):
    call_sign: Name
    fixes: Fixes


class FeedBody(BaseModel):
    units: Annotated[list[FeedUnitBody], Field(min_length=1, max_length=UNITS_LIMIT)]


class RejectedFix(BaseModel):
    """`index` counts from 0 in the order of the request; the reason can be read by a person."""

    index: int
    reason: str


class PositionsAnswer(BaseModel):
    """The same fix again is accepted again."""

    accepted: int
    rejected: list[RejectedFix]


class RejectedFeedFix(RejectedFix):
    """`index` counts within the unit."""

    call_sign: str


class FeedAnswer(BaseModel):
    accepted: int
    rejected: list[RejectedFeedFix]
