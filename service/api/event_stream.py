"""How is a stream written, and how does it end? Events as they come, a sign of life in between, never a wait for long.

A peer that does not read is cut off: what lies in the buffers on the way to it must not hold up anything, least of all
the end of this process. That takes a server that lets us (`CUT`, see `cli.letting_go`).
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.api.schemas_streams import RECONNECT, frame
from service.operations.watchers import Ending, Watcher

CUT = "beatline.cut"
"""An extension of ASGI: the server's `{"now": …}` closes the connection at once, whatever is still on its way."""
HEARTBEAT = b":\n\n"
RETRY_MS = (1_000, 4_000)
"""A client waits so long before it comes back: not all of those whom one server served in the same moment."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A silence is broken every `heartbeat_s`.

    A peer may leave what lies in the buffers there for `send_s`, and has `last_word_s` to take the end.
    """

    heartbeat_s: float = 10.0
    send_s: float = 10.0
    last_word_s: float = 1.0


class EventStream(Response):
    """Tells `opening`, then what `watcher` is told, until it ends or the client goes; `leave` is called at the end."""

    media_type = "text/event-stream"

    def __init__(
        self,
        watcher: Watcher,
        *,
        opening: Sequence[bytes],
        leave: Callable[[Watcher], None],
        pace: Pace = Pace(),
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._watcher = watcher
        self._opening = opening
        self._leave = leave
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        writing = asyncio.create_task(self._write(send))
        leaving = asyncio.create_task(_until_left(receive))
        ended = self._watcher.ended
        whatever_is_first: set[asyncio.Future[Any]] = {writing, leaving, ended}
        try:
            await asyncio.wait(whatever_is_first, return_when=asyncio.FIRST_COMPLETED)
            if ended.done() and ended.result() is not Ending.TOO_SLOW:
                await asyncio.wait(
                    {writing, leaving}, return_when=asyncio.FIRST_COMPLETED, timeout=self._pace.last_word_s
                )
            if not leaving.done() and not _is_written(writing):
                _log.info("stream_cut", agency_id=str(self._watcher.who.agency_id))
                _cut(scope)
                await asyncio.wait({leaving}, timeout=self._pace.last_word_s)
        finally:
            self._leave(self._watcher)
            writing.cancel()
            leaving.cancel()

    async def _write(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        told = self._opening
        while told:
            async with asyncio.timeout(self._pace.send_s):
                await send({"type": "http.response.body", "body": b"".join(told), "more_body": True})
            told = await self._next()
        last = frame("reconnect", RECONNECT) if self._watcher.ended.result() is Ending.RECONNECT else b""
        await send({"type": "http.response.body", "body": last, "more_body": False})

    async def _next(self) -> Sequence[bytes]:
        """Nothing when it has ended."""
        try:
            async with asyncio.timeout(self._pace.heartbeat_s):
                return await self._watcher.next()
        except TimeoutError:
            return [HEARTBEAT]


def retry_ms() -> int:
    return random.randint(*RETRY_MS)  # noqa: S311  spreads load, guards nothing


def _is_written(writing: "asyncio.Task[None]") -> bool:
    """False when it waits for its peer, or has waited for too long."""
    if not writing.done():
        return False
    try:
        writing.result()
    except TimeoutError:
        return False
    return True


def _cut(scope: Scope) -> None:
    """A server that cannot do that closes the connection in its own way, once we return."""
    extension = scope.get("extensions", {}).get(CUT)
    if extension:
        extension["now"]()


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
