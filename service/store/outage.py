"""Is PostgreSQL known to be away? Then nobody else waits to find out: they are refused at once, and few try again.

Only an absence that costs time counts (a server that hangs, a network gone silent): who is refused at once may as well
ask. Without it, twenty threads wait for a frozen server, the next twenty behind them, and nobody is answered in time.
And only one that is everybody's: a single slow statement, or one stuck server process, says nothing of the others.
"""

import threading
import time

from service.domain.errors import Code, DomainError

AGAIN_S = 0.5
"""One question is let through each time this has passed: so soon it is known to be back, and a hung server holds only
as many threads as such questions fit into one wait."""


class Outage:
    """Of one database, shared by all threads that use it."""

    def __init__(self, again_s: float = AGAIN_S) -> None:
        self._again_s = again_s
        self._lock = threading.Lock()
        self._is_on = False
        self._next_s = 0.0
        self._last_answer_s = float("-inf")

    def failed(self, *, begun_s: float) -> bool:
        """Somebody has waited in vain since then, by `time.monotonic`. True when that is an outage.

        It is none when anybody was answered meanwhile: not PostgreSQL was away, but one of its processes, or ours.
        """
        with self._lock:
            if begun_s < self._last_answer_s:
                return False
            self._is_on = True
            self._next_s = time.monotonic() + self._again_s
            return True

    def answered(self) -> None:
        """It has answered, whatever it said."""
        self._last_answer_s = time.monotonic()
        if self._is_on:
            self._is_on = False

    def refuse(self) -> None:
        """Raises DomainError(unavailable) while it is away, unless it is the caller's turn to find out."""
        if not self._is_on:
            return
        with self._lock:
            now_s = time.monotonic()
            if self._is_on and now_s < self._next_s:
                raise DomainError(
                    Code.UNAVAILABLE,
                    "The database is away; nothing was accepted.",
                    internal="PostgreSQL did not answer somebody else a moment ago",
                    retry_after_s=1,
                )
            self._next_s = now_s + self._again_s
