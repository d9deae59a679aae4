"""What time is it for those outside: a simulated phone, a sensor, a replay? Not the server's clock (`system_clock`)."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


def _world() -> datetime:
    return datetime.fromtimestamp(time.time(), tz=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Runs `speed` times as fast as the world since `started_at`, and is `ahead` of it; plainly, it shows the time."""

    speed: float = 1.0
    started_at: datetime = field(default_factory=_world)
    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return self.started_at + (_world() - self.started_at) * self.speed + self.ahead

    async def sleep(self, seconds: float) -> None:
        """So many seconds of this watch."""
        await asyncio.sleep(max(0.0, seconds) / self.speed)

    async def sleep_until(self, moment: datetime) -> None:
        """Returns at once when that is past."""
        await self.sleep((moment - self.now()).total_seconds())

    def real_s(self, span: timedelta) -> float:
        """How long the world needs for what takes `span` by this watch."""
        return span.total_seconds() / self.speed
