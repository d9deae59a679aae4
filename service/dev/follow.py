"""How does somebody outside see what happens as it happens? `GET /v1/stream`, event by event, for ever.

A stream ends after minutes, with its server, and with the network: then it is asked for again with the id of the last
event, and nothing was missed. Not for what an event means to whoever follows.
"""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from service.dev.clients import Desk, Refused

SILENT_S = 25.0
"""More than two signs of life were missed: whoever was there is gone."""
RETRY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event. `event_id` and `retry_ms` are None when it does not say so."""

    event: str
    data: dict[str, Any]
    event_id: str | None = None
    retry_ms: int | None = None

    @classmethod
    def of_block(cls, block: bytes) -> "Told | None":
        """What stands between two blank lines; None for a sign of life. Source: WHATWG HTML, server-sent events."""
        fields = {name: value.strip() for name, _, value in (line.partition(b":") for line in block.split(b"\n"))}
        if b"data" not in fields:
            return None
        event_id, retry_ms = fields.get(b"id"), fields.get(b"retry")
        return cls(
            event=fields.get(b"event", b"message").decode(),
            data=orjson.loads(fields[b"data"]),
            event_id=event_id.decode() if event_id else None,
            retry_ms=int(retry_ms) if retry_ms else None,
        )


@dataclass(slots=True, kw_only=True)
class Follower:
    """`desk` is whose eyes these are."""

    desk: Desk
    _last_id: str | None = field(default=None, init=False)
    _retry_s: float = field(default=RETRY_S, init=False)

    async def events(self) -> AsyncGenerator[Told]:
        """For ever, however often the stream ends. After `hello` with an id, and after `reset`, lists are to be read
        anew; before, what comes was missed or is new.
        """
        while True:
            try:
                async with aclosing(self._stream()) as stream:
                    async for told in stream:
                        self._last_id = told.event_id or self._last_id
                        yield told
            except httpx.TransportError:
                pass  # the network's way of ending a stream
            except Refused as refused:
                if refused.status == httpx.codes.UNPROCESSABLE_ENTITY:
                    self._last_id = None  # a server whose data were made anew has never told that event
            # Not all of those who were cut off come back in the same moment.
            await asyncio.sleep(self._retry_s * random.uniform(0.5, 1.5))

    async def _stream(self) -> AsyncGenerator[Told]:
        answer = await self._open()
        try:
            # Not by lines: what divides lines for Python may stand in the middle of a note.
            left = b""
            async for chunk in answer.aiter_bytes():
                *blocks, left = (left + chunk).split(b"\n\n")
                for told in filter(None, map(Told.of_block, blocks)):
                    self._retry_s = told.retry_ms / 1_000 if told.retry_ms else self._retry_s
                    yield told
        finally:
            await answer.aclose()

    async def _open(self) -> httpx.Response:
        """Signed in again when the session has ended. Raises Refused."""
        answer = await self._ask()
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            await answer.aclose()
            await self.desk.begin_session()
            answer = await self._ask()
        if not answer.is_success:
            await answer.aclose()
            raise Refused(answer.status_code, "", "no stream")
        return answer

    async def _ask(self) -> httpx.Response:
        headers = {"last-event-id": self._last_id} if self._last_id else {}
        timeout = httpx.Timeout(10.0, read=SILENT_S)
        request = self.desk.http.build_request("GET", "/v1/stream", headers=headers, timeout=timeout)
        return await self.desk.http.send(request, stream=True)
