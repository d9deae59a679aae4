"""How does uvicorn let go: of a peer that takes nothing, and of open streams when it is told to stop?

By itself it would wait for both: a connection that is closed still delivers what lies in its buffers, and a stream is
an answer that is not complete. Not for how long an ordinary answer may take after SIGTERM: that is `serving`.
"""

import gc
import socket
from collections.abc import Sequence
from functools import partial
from math import ceil
from typing import Any

import uvicorn
from fastapi import FastAPI
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from service.api.event_stream import CUT
from service.cli.patience import LOOK_EVERY_S, Lobby, Patience, Patient

UNHEARD_MS = 20_000
"""So long the kernel keeps a connection whose peer confirms nothing, or has no room: a phone that lost its network."""
UNSENT_BYTES = 64 * 1024
"""What the kernel takes before it is on its way; else some megabytes, and a slow reader would be that far behind."""


TICKS_PER_S = 10
"""Of uvicorn's main loop."""


def a_server(app: FastAPI, *, patience: Patience | None = None, **where: Any) -> "Server":
    """Serves `app`, which has a hub once it has started; `where` and what else uvicorn's Config takes."""
    lobby = Lobby(patience)
    protocol: Any = partial(LettingGo, lobby=lobby)
    config = uvicorn.Config(
        app,
        http=protocol,
        loop="uvloop",
        ws="none",
        access_log=False,
        timeout_keep_alive=ceil(lobby.patience.idle_s),
        **where,
    )
    return Server(config, app, lobby)


class LettingGo(Patient):
    """Whoever writes an answer may close its connection at once."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CUT: {"now": self.transport.abort}}


class Server(uvicorn.Server):
    """Made by `a_server`."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, lobby: Lobby) -> None:
        super().__init__(config)
        self._app = app
        self.lobby = lobby
        app.state.requests.registry.register(_Connections(self, lobby))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for server in self.servers:
            for listener in server.sockets:
                _bound_buffers(listener)
        # What is there now is never garbage: with thousands of streams, looking at it again takes 0.5 s.
        gc.collect()
        gc.freeze()

    async def on_tick(self, counter: int) -> bool:
        if counter % round(LOOK_EVERY_S * TICKS_PER_S) == 0:
            self.lobby.look_around(self.server_state.connections)  # type: ignore[arg-type]  # all are of our class
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.hub.retire()
        await super().shutdown(sockets)


class _Connections(Collector):
    """For Prometheus: how many there are, and how many were ended by us, and why."""

    def __init__(self, server: Server, lobby: Lobby) -> None:
        self._server = server
        self.lobby = lobby

    def collect(self) -> Sequence[Metric]:
        open_now = GaugeMetricFamily("beatline_connections", "Open connections of clients.")
        open_now.add_metric([], len(self._server.server_state.connections))
        ended = CounterMetricFamily("beatline_connections_ended", "Connections that we ended.", labels=["reason"])
        for why, count in list(self.lobby.ended.items()):
            ended.add_metric([why], count)
        return open_now, ended


def _bound_buffers(listener: socket.socket) -> None:
    """Each connection inherits it."""
    if listener.family != socket.AF_UNIX:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNHEARD_MS)
