"""Is the push service away, so that asking it once more only holds a thread for three seconds? A circuit breaker.

It judges the service as a whole, and our way in; a phone that is gone says nothing of either. Pure but for its lock:
who sends tells it what came of it, and both clocks are handed in. Not for when a page is tried again: that is a row's.
"""

import threading
from collections.abc import Callable
from datetime import datetime

from service.ports import PushCondition

FAILURES = 5
"""In a row. Fewer would open it for a hiccup; each more is a page that waits for three seconds."""
PROBE_EVERY_S = 1.0


class Breaker:
    """Closed while all is well; open after so many failures in a row; one attempt a second may try whether it is back.

    `monotonic_s` is a clock that never jumps. Thread-safe.
    """

    def __init__(self, *, monotonic_s: Callable[[], float], failures: int = FAILURES) -> None:
        self._monotonic_s = monotonic_s
        self._most = failures
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._since: datetime | None = None
        self._reason = ""
        self._last_success_s = float("-inf")
        self._next_probe_s = float("-inf")

    @property
    def is_open(self) -> bool:
        return self._in_a_row >= self._most

    @property
    def is_in_doubt(self) -> bool:
        """Nothing good has been heard for more than one attempt; one alone may be a phone's bad luck."""
        return self._in_a_row > 1

    def admits(self) -> bool:
        """May this attempt go? When it is open, one a second may, and the first at once."""
        with self._lock:
            if not self.is_open:
                return True
            now_s = self._monotonic_s()
            if now_s < self._next_probe_s:
                return False
            self._next_probe_s = now_s + PROBE_EVERY_S
            return True

    def succeeded(self) -> bool:
        """The service took something, or said no for a reason that is not its own. True when it was away until now."""
        with self._lock:
            was_open = self.is_open
            self._in_a_row, self._since = 0, None
            self._last_success_s = self._monotonic_s()
            return was_open

    def failed(self, reason: str, *, begun_s: float, now: datetime) -> bool:
        """An attempt begun then (on the monotonic clock) failed for a reason of the service. True when that opens it.

        What began before the last success says nothing: a phone may hang for three seconds while others ring.
        """
        with self._lock:
            if begun_s < self._last_success_s:
                return False
            was_open = self.is_open
            self._in_a_row += 1
            self._since = self._since or now
            self._reason = reason
            if was_open or not self.is_open:
                return False
            self._next_probe_s = float("-inf")
            return True

    def condition(self) -> PushCondition:
        """Away since the first of the failures that opened it, for the reason of the last."""
        with self._lock:
            if not self.is_open:
                return PushCondition()
            return PushCondition(down_since=self._since, reason=self._reason)
