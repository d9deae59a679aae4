"""How does one row that fails not stand before the others? What the clock does for each of many is done inside this.

One of the places where everything is caught: whatever happened, the next row's turn must come. Not for the tick itself:
that is `escalations`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog

log = structlog.get_logger()


@contextmanager
def passed_over(event: str, **ids: UUID) -> Iterator[None]:
    """What fails inside the block is logged as `event` with these ids, and the block is over."""
    try:
        yield
    except Exception:
        # The clock loop: one row must not stand before the others.
        log.exception(event, **{name: str(value) for name, value in ids.items()})
