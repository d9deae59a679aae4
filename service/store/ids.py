"""New ids: UUIDv7, so that rows of one time lie together and ids sort by their making."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Unique without a database. Its time is this host's: good for locality, never for order that matters."""
    return uuid7()
