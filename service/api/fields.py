"""What may one field of a body hold? Types that schemas are put together from, each with the reason for its refusal.

Pydantic's own are either too kind (true is 1, "6" is 6, 0 is a time) or, in strict mode, too strict for what JSON can
say (6.0 is a whole number there, and every time is a text).
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

FIRST_YEAR = 2000
LAST_YEAR = 2100
URL_LENGTH_LIMIT = 2_048
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise PydanticCustomError("number", "Input should be a number")
    return value + 0  # makes 0.0 of -0.0, which is the same place and must have the same hash


def _instant(value: Any) -> Any:
    """RFC 3339 with its offset, kept in UTC: what it says is an instant, whatever the sender's offset."""
    if isinstance(value, datetime):
        return value
    if not (isinstance(value, str) and _RFC3339.fullmatch(value.upper())):
        raise PydanticCustomError("instant", "Input should be an RFC 3339 time with its offset from UTC")
    try:
        instant = datetime.fromisoformat(value.upper())
    except ValueError as error:
        raise PydanticCustomError("instant", "Input should be a time that exists") from error
    if not FIRST_YEAR <= instant.year < LAST_YEAR:
        raise PydanticCustomError("instant", f"Input should be a time of the years {FIRST_YEAR} to {LAST_YEAR - 1}")
    return instant.astimezone(UTC)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError("printable", "Input should have no control characters or line breaks")
    return text


def _web_address(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or " " in url or not url.isprintable():
        raise PydanticCustomError("web_address", "Input should be an http or https address")
    if "@" in parts.netloc:
        raise PydanticCustomError("web_address", "Input should not carry a name or password")
    return url


# A constraint stands before the validator in each of these, so that the OpenAPI document says it too.
Latitude = Annotated[float, Field(ge=-90, le=90), BeforeValidator(_number)]
Longitude = Annotated[float, Field(ge=-180, le=180), BeforeValidator(_number)]
Metres = Annotated[float, Field(ge=0, le=10_000), BeforeValidator(_number)]
Rounds = Annotated[int, Field(ge=0, le=1_000), BeforeValidator(_number)]
Revision = Annotated[int, Field(ge=0, le=2**31 - 1), BeforeValidator(_number)]
Whole = Annotated[int, BeforeValidator(_number)]
Days = Annotated[int, Field(ge=1, le=400), BeforeValidator(_number)]
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Name = Annotated[str, Strict(), Field(min_length=1, max_length=100), AfterValidator(_printable)]
Line = Annotated[str, Strict(), Field(max_length=300), AfterValidator(_printable)]
Prose = Annotated[str, Strict(), Field(max_length=2_000)]
WebAddress = Annotated[
    str,
    Strict(),
    Field(max_length=URL_LENGTH_LIMIT, json_schema_extra={"format": "uri"}),
    AfterValidator(_web_address),
]
Token = Annotated[str, Strict(), Field(max_length=4_096), AfterValidator(_printable)]
Secret = Annotated[str, Strict(), Field(min_length=1, max_length=1_024)]
