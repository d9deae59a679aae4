"""How does the FCM stand-in speak HTTP, and how does it break off? Raw ASGI: it sits in benchmarks.

Not for what is said: that is `fcm_answers`. Every fault is one that the client's own TCP stack sees, none is pretended.
"""

import asyncio
import ctypes
import socket
import struct
from typing import Any, Protocol

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.dev.fcm_answers import Answer, Reply

MAX_BODY_BYTES = 1 << 20
SLOW_S = 0.3
_TRICKLE_EVERY_S = 0.5
_ENDLESS_CHUNK = b" " * 65_536
_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27
_DROP_EVERYTHING = struct.pack("HBBI", 0x06, 0, 0, 0)
"""A program of one instruction for the kernel's packet filter: of each packet keep nothing."""


class Connections(Protocol):
    """What the app decides and keeps of connections, apart from requests."""

    transports: set[asyncio.Transport]

    def welcome(self) -> Answer | None:
        """How the next connection is treated when it is made, before anything is asked on it."""


class CuttableProtocol(HttpToolsProtocol):
    """Gives the app its connection, which ASGI has no word for, so that it can reset it as a network would."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own does
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}
        app: Any = self.config.app
        connections: Connections = app
        connections.transports.add(transport)
        if connections.welcome() is Answer.RESET:
            reset(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        app: Any = self.config.app
        app.transports.discard(self.transport)
        super().connection_lost(exc)


def reset(transport: asyncio.Transport) -> None:
    """Over a unix socket it stays a plain end."""
    # Only with a linger of zero does closing send a reset.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.close()


def vanish(end: socket.socket) -> None:
    """From now on it neither hears nor acknowledges anything, and never says so: a peer gone without a FIN.

    A socket that listens lets nobody in any more, and does not say that either.
    """
    program = ctypes.create_string_buffer(_DROP_EVERYTHING)
    head = struct.pack("HL", 1, ctypes.addressof(program))
    end.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, head)


def appear(end: socket.socket) -> None:
    """It hears again."""
    end.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)


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
        match answer:
            case Answer.SLOW:
                await asyncio.sleep(SLOW_S)
                await self.answer(reply)
            case Answer.HANG:
                await self._until_gone()
            case Answer.VANISH:
                vanish(self._transport.get_extra_info("socket"))
                await self._until_gone()
            case Answer.TRICKLE:
                await self._trickle(reply)
            case Answer.DRIP:
                await self._drip(reply)
            case Answer.ENDLESS:
                await self._go_on_for_ever(reply)
            case Answer.TRUNCATED | Answer.TORN:
                await self._begin(reply)
                await self._end(politely=answer is Answer.TRUNCATED)
            case _:
                await self._end(politely=False)

    @property
    def _transport(self) -> Any:
        return self._scope["state"]["transport"]

    async def _begin(self, reply: Reply) -> None:
        await self._start(reply)
        await self._send({"type": "http.response.body", "body": reply.body[:5], "more_body": True})
        await asyncio.sleep(0)  # so that it is on its way before the connection ends

    async def _drip(self, reply: Reply) -> None:
        """From the first byte of the head on: nothing that could be called an answer ever arrives."""
        whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(reply.body), reply.body)
        for position in range(len(whole)):
            if self._transport.is_closing():
                return
            self._transport.write(whole[position : position + 1])
            await asyncio.sleep(_TRICKLE_EVERY_S)

    async def _go_on_for_ever(self, reply: Reply) -> None:
        head = [(b"content-type", reply.content_type)]
        await self._send({"type": "http.response.start", "status": reply.status, "headers": head})
        while not self._transport.is_closing():
            await self._send({"type": "http.response.body", "body": _ENDLESS_CHUNK, "more_body": True})
            await asyncio.sleep(0)

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

    async def _end(self, *, politely: bool) -> None:
        if politely:
            self._transport.close()
        else:
            reset(self._transport)
        await self._until_gone()
