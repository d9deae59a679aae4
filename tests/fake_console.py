"""The console's API as far as those who watch and act use it, in one process: for tests of what they make of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx

from service.dev.clients import Desk

END = b""
"""In place of an event: the stream ends."""


def event(name: str, data: object, *, event_id: str | None = None) -> bytes:
    identity = f"id: {event_id}\n" if event_id else ""
    return f"event: {name}\ndata: {json.dumps(data)}\n{identity}retry: 1\n\n".encode()


class _Stream(httpx.AsyncByteStream):
    def __init__(self, chunks: Sequence[bytes], *, stays: bool) -> None:
        self._chunks = chunks
        self._stays = stays

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
        if self._stays:
            await asyncio.Event().wait()


class FakeConsole:
    """`streams` are what each connection is told, one after the other; the last one stays open.

    `asked` is what was asked for, `METHOD path`, and `said` the bodies; `away` says that nobody answers.
    """

    def __init__(self, *streams: Sequence[bytes], incidents: Sequence[dict[str, Any]] = ()) -> None:
        self.incidents = {incident["incident_id"]: incident for incident in incidents}
        self.units: list[dict[str, Any]] = []
        self.streams = list(streams)
        self.asked: list[str] = []
        self.said: list[Any] = []
        self.came_back_with: list[str | None] = []
        self.away = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("nobody is there")
        self.asked.append(f"{request.method} {request.url.path.removeprefix('/v1/')}")
        self.said.append(json.loads(request.content) if request.content else None)
        if request.url.path == "/v1/session":
            return httpx.Response(204, headers={"set-cookie": "beatline_session=yes"})
        if "beatline_session" not in request.headers.get("cookie", ""):
            return httpx.Response(401)
        if request.url.path == "/v1/stream":
            self.came_back_with.append(request.headers.get("last-event-id"))
            chunks = self.streams.pop(0)
            return httpx.Response(200, stream=_Stream(chunks, stays=not self.streams))
        return httpx.Response(200, json=self._answer(request.url.path.removeprefix("/v1/").split("/")))

    def desk(self) -> Desk:
        """Somebody at a desk who has not signed in yet, and is not patient."""
        http = httpx.AsyncClient(base_url="http://demo", transport=httpx.MockTransport(self))
        return Desk(http=http, email="dispatcher@demo.example", password="right", patience_s=0.0)

    def _answer(self, path: list[str]) -> Any:
        if path == ["incidents"]:
            return {"items": list(reversed(self.incidents.values()))}
        if path == ["units"]:
            return {"items": self.units}
        return self.incidents.get(path[1], {})
