"""How is a phone's bookmark written in an address? `next` of one answer is `since` of the next question.

A time, and after each `~` an alert of the last moments and the time of its change, in microseconds since 1970 (hex):
`2026-11-20T11:12:09.310000Z~<id>.<time>`. A plain time is a bookmark too. Phones keep it as it is.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator

from service.operations.catching_up import Bookmark

LENGTH_LIMIT = 8_192
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def write_bookmark(bookmark: Bookmark) -> str:
    """`read_bookmark` is its inverse."""
    time = bookmark.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    seen = sorted(f"{alert_id.hex}.{(at - _EPOCH) // _MICROSECOND:x}" for alert_id, at in bookmark.seen)
    return "~".join([time, *seen])


def read_bookmark(text: str) -> Bookmark:
    """Raises ValueError for anything that no answer ever gave."""
    refused = ValueError("must be the `next` of an earlier answer")
    time, *seen = text[:LENGTH_LIMIT].split("~")
    try:
        bookmark = Bookmark(at=datetime.fromisoformat(time), seen=frozenset(_read_mark(mark) for mark in seen))
    except (ValueError, OverflowError) as error:
        raise refused from error
    if bookmark.at.tzinfo is None or bookmark.at < _EPOCH or len(text) > LENGTH_LIMIT:
        raise refused
    return bookmark


def _read_mark(mark: str) -> tuple[UUID, datetime]:
    alert_id, microseconds = mark.split(".")
    return UUID(hex=alert_id), _EPOCH + int(microseconds, 16) * _MICROSECOND


def _readable(text: str) -> str:
    read_bookmark(text)
    return text


Since = Annotated[str, AfterValidator(_readable)]
"""What a phone may put into `since`."""
