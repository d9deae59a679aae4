"""How long may an answer wait for PostgreSQL? So long over all that a request asks it, until it is answered.

Not for how a single wait ends: that is `store/impatient`. Streams are answered when they begin; what they ask later has
nobody waiting for it.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.store.patience import answering

WAITS_S = 2.2
"""Promise R7 is a 503 within 3 s; the rest of them is for reading a request, threads, and whoever stands in between."""


class InTime:
    """ASGI around the whole app."""

    def __init__(self, app: ASGIApp, *, waits_s: float = WAITS_S) -> None:
        self._app = app
        self._waits_s = waits_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with answering(self._waits_s) as patience:

            async def send_in_time(message: Message) -> None:
                if message["type"] == "http.response.start":
                    patience.end()
                await send(message)

            await self._app(scope, receive, send_in_time)
