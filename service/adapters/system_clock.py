"""The time that decides: PostgreSQL's, and the same made faster for a replay. The only place that asks for the time.

A host's own clock may be wrong, and may jump. So the database is asked now and then, and in between the host's
monotonic clock, which cannot jump, counts on from its answer.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

ASK_AGAIN_S = 30.0
"""Two quartz clocks part by less than a millisecond in this time."""


class DatabaseClock:
    """`ask` gives the database's time; when it cannot, the last answer is counted on from."""

    def __init__(
        self, ask: Callable[[], datetime], *, unavailable: type[Exception], ask_again_s: float = ASK_AGAIN_S
    ) -> None:
        self._ask = ask
        self._ask_again_s = ask_again_s
        self._unavailable = unavailable
        self._lock = threading.Lock()
        self._answer = ask()
        self._asked_at = time.monotonic()

    def now(self) -> datetime:
        waited_s = time.monotonic() - self._asked_at
        if waited_s > self._ask_again_s and self._lock.acquire(blocking=False):
            try:
                self._renew()
            finally:
                self._lock.release()
            waited_s = time.monotonic() - self._asked_at
        return self._answer + timedelta(seconds=waited_s)

    def real(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds)

    def _renew(self) -> None:
        try:
            before = time.monotonic()
            answer = self._ask()
        except self._unavailable:
            return
        # The answer was true somewhere between question and answer: in the middle is the least wrong.
        self._answer, self._asked_at = answer, (before + time.monotonic()) / 2


class ScaledClock:
    """Runs `speed` times as fast as `clock` since `start`: for the throw-away server of a replay alone."""

    def __init__(self, clock: DatabaseClock, *, start: datetime, speed: float) -> None:
        self._clock = clock
        self._start = start
        self._speed = speed

    def now(self) -> datetime:
        return self._start + (self._clock.now() - self._start) * self._speed

    def real(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds * self._speed)
