"""Time that stands still until a test moves it. Passes the clock's contract suite, as the real one does."""

import time
from datetime import UTC, datetime, timedelta


class FrozenClock:
    """The clock port, at `now` until told otherwise; real seconds and this clock's are the same."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def real(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds)

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class HostClock:
    """The clock port by this machine's own time: what a push service on the same machine has, too."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time(), tz=UTC)

    def real(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds)
