"""How does uvicorn let go: of a peer that takes nothing, and of open streams when it is told to stop?

By itself it would wait for both: a connection that is closed still delivers what lies in its buffers, and a stream is
an answer that is not complete. Not for how long an ordinary answer may take after SIGTERM: that is `serving`.
"""

import gc
import socket

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.api.event_stream import CUT

UNHEARD_MS = 20_000
"""So long the kernel keeps a connection whose peer confirms nothing, or has no room: a phone that lost its network."""
UNSENT_BYTES = 64 * 1024
"""What the kernel takes before it is on its way; else some megabytes, and a slow reader would be that far behind."""


class LettingGo(HttpToolsProtocol):
    """Whoever writes an answer may close its connection at once."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CUT: {"now": self.transport.abort}}


class Server(uvicorn.Server):
    """Serves `app`, which has a hub once it has started."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for server in self.servers:
            for listener in server.sockets:
                _bound_buffers(listener)
        # What is there now is never garbage: with thousands of streams, looking at it again takes 0.5 s.
        gc.collect()
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.hub.retire()
        await super().shutdown(sockets)


def _bound_buffers(listener: socket.socket) -> None:
    """Each connection inherits it."""
    if listener.family != socket.AF_UNIX:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNHEARD_MS)
