"""How does the FCM stand-in speak HTTP, and how does it break off? Raw ASGI: it sits in benchmarks.

Not for what is said: that is `fcm_answers`.
"""

import asyncio
import socket
import struct
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.dev.fcm_answers import Answer, Reply

MAX_BODY_BYTES = 1 << 20
SLOW_S = 0.3
_TRICKLE_EVERY_S = 0.5


class CuttableProtocol(HttpToolsProtocol):
    """Gives the app its connection, which ASGI has no word for, so that it can reset it as a network would."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own does
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self.route: tuple[str, str] = (scope["method"], scope["path"])
        self.query: str = scope["query_string"].decode("latin-1")

    def header(self, name: bytes) -> str:
        """The first header of that lower-case name, or nothing."""
        return next((value.decode("latin-1") for known, value in self._scope["headers"] if known == name), "")

    async def body(self) -> bytes | None:
        """The whole body; None when it is larger than a megabyte or the client went away."""
        chunks, size = [], 0
        while True:
            event = await self._receive()
            if event["type"] != "http.request":
                return None
            chunks.append(event.get("body", b""))
            size += len(chunks[-1])
            if size > MAX_BODY_BYTES:
                return None
            if not event.get("more_body"):
                return b"".join(chunks)

    async def answer(self, reply: Reply) -> None:
        await self._start(reply)
        await self._send({"type": "http.response.body", "body": reply.body, "more_body": False})

    async def suffer(self, answer: Answer, reply: Reply) -> None:
        """Do what a bad network does: `reply` is what would have been said."""
        if answer is Answer.SLOW:
            await asyncio.sleep(SLOW_S)
            await self.answer(reply)
        elif answer is Answer.HANG:
            await self._until_gone()
        elif answer is Answer.TRICKLE:
            await self._trickle(reply)
        else:
            if answer is Answer.TRUNCATED:
                await self._start(reply)
                await self._send({"type": "http.response.body", "body": reply.body[:5], "more_body": True})
            await self._reset(politely=answer is Answer.TRUNCATED)

    async def _start(self, reply: Reply) -> None:
        headers = [(b"content-type", reply.content_type), (b"content-length", str(len(reply.body)).encode())]
        if reply.retry_after is not None:
            headers.append((b"retry-after", reply.retry_after.encode()))
        await self._send({"type": "http.response.start", "status": reply.status, "headers": headers})

    async def _trickle(self, reply: Reply) -> None:
        """One byte every half second: no single read ever times out."""
        await self._start(reply)
        for position in range(len(reply.body)):
            await self._send(
                {"type": "http.response.body", "body": reply.body[position : position + 1], "more_body": True}
            )
            await asyncio.sleep(_TRICKLE_EVERY_S)
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _reset(self, *, politely: bool) -> None:
        transport: Any = self._scope["state"]["transport"]
        if not politely:
            # Only with a linger of zero does closing send a reset; over a unix socket it stays a plain end.
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.close()
        await self._until_gone()
