"""For how long has this process listened to the others without a gap, and whom has it just heard?

After an outage of the database or while this machine stood still, everybody's last heartbeat is old, although everybody
is alive; and the clock that stamps heartbeats may be set. So whoever listens measures by itself. Not for what follows
from it: `domain/vigilance`.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from service.domain.vigilance import Process

NEWS_S = 7.5
"""A heartbeat that came within so long is one of a living process: they come every 5 s."""


class Vigil:
    """`gap_s` is the longest pause between two looks. Thread-safe enough: whoever looks at once sees the same."""

    def __init__(self, *, gap_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._gap_s = gap_s
        self._monotonic = monotonic
        self._since_s = 0.0
        self._looked_s: float | None = None
        self._came_s: Mapping[Process, float] = {}

    def look(self, processes: Iterable[Process]) -> float:
        """These are the heartbeats now. For how many seconds it has looked without a gap, 0 after one."""
        now_s = self._monotonic()
        if self._looked_s is None or now_s - self._looked_s > self._gap_s:
            self._since_s = now_s
        self._looked_s = now_s
        before = self._came_s
        self._came_s = {process: before.get(process, now_s) for process in processes}
        return now_s - self._since_s

    def lapse(self) -> None:
        """It could not look."""
        self._looked_s = None

    def as_heard(self, processes: Iterable[Process], *, now: datetime) -> list[Process]:
        """Whose heartbeat has come just now was seen `now`, whatever time it says."""
        now_s, came_s = self._monotonic(), self._came_s
        return [
            replace(process, seen_at=now) if now_s - came_s.get(process, now_s) <= NEWS_S else process
            for process in processes
        ]
