"""The door of the app in front of an app that answers when it is told to, and the requests that come to it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from builders import NOW
from fake_clock import FrozenClock
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from service.api.admission import Admission, Caller
from service.api.admitted import Admitted
from service.api.callers import Callers
from service.api.lanes import ASK, Lane

SOURCE = str(uuid4())
DETECTIONS = f"/v1/sources/{SOURCE}/detections"


@dataclass(slots=True, kw_only=True)
class Client:
    """One request as a server hands it on, piece by piece."""

    path: str = "/v1/units"
    method: str = "GET"
    token: str | None = None
    address: str = "203.0.113.9"
    announces: bool = True
    pieces: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    told: list[Message] = field(default_factory=list)

    def sends(self, *pieces: bytes, more: bool = False) -> None:
        for number, piece in enumerate(pieces):
            is_last = not more and number == len(pieces) - 1
            self.pieces.put_nowait({"type": "http.request", "body": piece, "more_body": not is_last})

    def scope(self, app: object) -> Scope:
        headers = [(b"transfer-encoding", b"chunked")] if self.method == "POST" and self.announces else []
        if self.token:
            headers.append((b"authorization", f"Bearer {self.token}".encode()))
        who = {"method": self.method, "path": self.path, "headers": headers, "client": (self.address, 1)}
        return {"type": "http", "app": app, "query_string": b"", **who}

    async def hears(self, message: Message) -> None:
        self.told.append(message)

    @property
    def refusal(self) -> dict[str, Any]:
        start, body = self.told
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        problem: dict[str, Any] = json.loads(body["body"])
        return {"status": start["status"], "retry_after_s": int(headers["retry-after"])} | problem


class Town:
    """The door in front of an app that answers when `may_answer` is set, and remembers what it was given."""

    def __init__(self, threads: int = 20) -> None:
        self.admission = Admission(threads)
        self.callers = Callers(session_cookie="session")
        self.may_answer = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.answers_with = 200
        self.given: list[Sequence[Message]] = []
        self._door = Admitted(self._app, admission=self.admission, callers=self.callers)
        backend = SimpleNamespace(ports=SimpleNamespace(clock=FrozenClock(NOW)))
        self._its_app = SimpleNamespace(state=SimpleNamespace(backend=backend))
        self._tasks: set[asyncio.Task[None]] = set()

    async def comes(self, client: Client) -> "asyncio.Task[None]":
        task = asyncio.create_task(self._door(client.scope(self._its_app), client.pieces.get, client.hears))
        self._tasks.add(task)
        await settled()
        return task

    def knows(self, client: Client, agency: Any = None) -> None:
        self.callers.remember(Request(client.scope(self._its_app)), agency or uuid4())

    def caller(self, client: Client, lane: Lane = ASK) -> Caller:
        return self.callers.caller_of(Request(client.scope(self._its_app)), lane)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            self.given.append([await receive()])
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": self.answers_with, "headers": []})
        await self.may_end.wait()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def a_detection(address: str = "203.0.113.9") -> Client:
    return Client(path=DETECTIONS, method="POST", address=address)
