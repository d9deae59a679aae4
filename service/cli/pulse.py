"""Does the event loop still turn? A loop that hangs answers nobody, and the thread that says "alive" does not notice.

Not for how long an answer takes: that is measured for each.
"""

import asyncio
import time

BEAT_EVERY_S = 1.0
LOST_AFTER_S = 10.0
"""Longer than any answer of ours keeps the loop, on the busiest host."""


class Pulse:
    """Of one loop, made on it. `is_felt` may be asked from any thread."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, every_s: float = BEAT_EVERY_S, lost_after_s: float = LOST_AFTER_S
    ) -> None:
        self._loop = loop
        self._every_s = every_s
        self._lost_after_s = lost_after_s
        self._beat()

    def is_felt(self) -> bool:
        return time.monotonic() - self._beaten_s < self._lost_after_s

    def stop(self) -> None:
        self._next.cancel()

    def _beat(self) -> None:
        self._beaten_s = time.monotonic()
        self._next = self._loop.call_later(self._every_s, self._beat)
