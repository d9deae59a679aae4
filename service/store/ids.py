"""New ids: UUIDv7, so that rows of one time lie together and ids sort by their making."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

VERSION = 7
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_BELOW_TIME_BITS = 80


def new_id() -> UUID:
    """Unique without a database. Its time is this host's: good for locality, never for order that matters."""
    return uuid7()


def made_at(new: UUID) -> datetime:
    """When an id was made, by the clock of the host that made it, to the millisecond."""
    return _EPOCH + (new.int >> _BELOW_TIME_BITS) * _MILLISECOND


def first_id_of(at: datetime) -> UUID:
    """What sorts before every id made at that time or later."""
    return UUID(int=(max(at, _EPOCH) - _EPOCH) // _MILLISECOND << _BELOW_TIME_BITS)
