"""One who watches: a console or a phone with an open stream, what waits to be told to it, and how it ends.

Whoever does not take what is told is dropped, and nobody ever waits for anybody. Not for what is told: `lookout`.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from service.operations.credentials import Credential

WAITING_LIMIT_BYTES = 2 * 1024 * 1024
"""So far one may be behind, besides what is on its way. It costs little: all who are behind share what is told."""


class Ending(StrEnum):
    """Why a stream ends. Only the first is said: it is to come back."""

    RECONNECT = "reconnect"
    SHUT_OUT = "shut_out"
    TOO_SLOW = "too_slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """Who watches. `unit_id` is the unit of a phone, None for a console, which sees the whole agency.

    `credential` is by what it was let in; without one it is not asked again.
    """

    agency_id: UUID
    unit_id: UUID | None
    credential: Credential | None


class Watcher:
    """On one event loop. From `began_s` to `until_s` by the monotonic clock; then it has to come back."""

    def __init__(self, who: Watching, *, lives_s: float) -> None:
        self.who = who
        self.began_s = time.monotonic()
        self.until_s = self.began_s + lives_s
        self.ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._woken = asyncio.Event()

    def tell(self, told: bytes) -> None:
        """Never waits. After its end nothing is told."""
        if self.ended.done():
            return
        if self._waiting_bytes >= WAITING_LIMIT_BYTES:
            self.end(Ending.TOO_SLOW)
            return
        self._waiting.append(told)
        self._waiting_bytes += len(told)
        self._woken.set()

    def end(self, why: Ending) -> None:
        """The first reason counts. What waits is told only to one that is to come back."""
        if self.ended.done():
            return
        self.ended.set_result(why)
        if why is not Ending.RECONNECT:
            self._waiting.clear()
        self._woken.set()

    async def next(self) -> Sequence[bytes]:
        """All that waits, as soon as there is anything; nothing when it has ended and all is told."""
        await self._woken.wait()
        told, self._waiting, self._waiting_bytes = self._waiting, [], 0
        if not self.ended.done():
            self._woken.clear()
        return told
