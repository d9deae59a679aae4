"""Who may keep a copy of what /v1 answers? Nobody: it is about people, and some of it opens doors. Not for pages.

An answer that says something of its own about copies keeps it. A 500 is made outside of this; no cache keeps one by
itself. Source: RFC 9111 §3.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = "/v1/"
_NAME = b"cache-control"
_NO_STORE = (_NAME, b"no-store")


class Uncached:
    """ASGI around the whole app: refusals, and paths that are none of ours, are answers too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return

        async def send_uncached(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", ())
                if not any(name == _NAME for name, _ in headers):
                    message["headers"] = [*headers, _NO_STORE]
            await send(message)

        await self._app(scope, receive, send_uncached)
