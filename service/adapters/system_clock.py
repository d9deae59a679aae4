"""The time that decides: PostgreSQL's, and the same made faster for a replay. The only place that asks for the time.

A host's own clock may be wrong, and may jump. So the database is asked now and then, and in between a clock of the
host's that cannot jump counts on from its answer.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

ASK_AGAIN_S = 30.0
"""Two quartz clocks part by less than a millisecond in this time."""
# `time.monotonic` stands still while the machine is suspended, and the service would be behind for as long.
_COUNTS_ON = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def since_boot_s() -> float:
    """Never jumps, and goes on while the machine is suspended."""
    return time.clock_gettime(_COUNTS_ON)


class DatabaseClock:
    """`ask` gives the database's time, now and every 30 s inside `kept_right()`; `now` itself never asks, nor waits."""

    def __init__(self, ask: Callable[[], datetime], *, unavailable: type[Exception]) -> None:
        self._ask = ask
        self._unavailable = unavailable
        self._mark = self._asked()

    def now(self) -> datetime:
        answer, asked_at = self._mark
        return answer + timedelta(seconds=since_boot_s() - asked_at)

    def real(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds)

    def renew(self) -> None:
        """Ask again; when the database is away, the last answer is counted on from."""
        with suppress(self._unavailable):
            self._mark = self._asked()

    @contextmanager
    def kept_right(self) -> Iterator[None]:
        """Renewed by a thread of its own while the block runs: whoever wants the time must not wait for a database."""
        done = threading.Event()
        keeper = threading.Thread(target=self._keep_right, args=(done,), name="clock-keeper")
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()

    def _keep_right(self, done: threading.Event) -> None:
        while not done.wait(ASK_AGAIN_S):
            self.renew()

    def _asked(self) -> tuple[datetime, float]:
        before = since_boot_s()
        answer = self._ask()
        # The answer was true somewhere between question and answer: in the middle is the least wrong.
        return answer, (before + since_boot_s()) / 2


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
