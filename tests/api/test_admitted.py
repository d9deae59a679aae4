"""What every request goes through before there is a route: its body is read, then it gets a place or a refusal."""

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

from service.api.admission import Admission
from service.api.admitted import BODIES_OF_ONE_BYTES, Admitted
from service.api.callers import Callers
from service.api.lanes import ACT, ASK, DETECTION
from service.api.limits import BODY_LIMIT_BYTES

SOURCE = str(uuid4())
DETECTIONS = f"/v1/sources/{SOURCE}/detections"


@dataclass(slots=True, kw_only=True)
class Client:
    """One request as a server hands it on, piece by piece."""

    path: str = "/v1/units"
    method: str = "GET"
    token: str | None = None
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
        who = {"method": self.method, "path": self.path, "headers": headers, "client": ("203.0.113.9", 1)}
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

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            self.given.append([await receive()])
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await self.may_end.wait()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def a_detection() -> Client:
    return Client(path=DETECTIONS, method="POST")


def test_a_body_that_comes_slowly_takes_no_place() -> None:
    async def story() -> None:
        town, slow = Town(), a_detection()
        slow.sends(b"{", more=True)
        await town.comes(slow)
        assert 0 == town.admission.in_flight(DETECTION)
        slow.sends(b"}")
        await settled()
        assert 1 == town.admission.in_flight(DETECTION)

    asyncio.run(story())


def test_a_body_of_many_pieces_is_handed_on_as_one() -> None:
    async def story() -> None:
        town, client = Town(), a_detection()
        client.sends(*[b"x"] * 10_000)
        await town.comes(client)
        for _ in range(1_000):
            await settled()
        assert [[{"type": "http.request", "body": b"x" * 10_000, "more_body": False}]] == town.given

    asyncio.run(story())


def test_a_body_that_is_too_large_is_not_read_on_but_left_to_the_route() -> None:
    async def story() -> None:
        town, client = Town(), a_detection()
        client.sends(b"x" * BODY_LIMIT_BYTES, b"x", b"never read", more=True)
        await town.comes(client)
        [[handed_on]] = town.given
        assert (BODY_LIMIT_BYTES + 1, True) == (len(handed_on["body"]), handed_on["more_body"])
        assert 1 == client.pieces.qsize()

    asyncio.run(story())


def test_a_place_is_given_back_as_soon_as_the_answer_begins() -> None:
    async def story() -> None:
        town, reader = Town(), Client()
        town.may_end.clear()
        await town.comes(reader)
        assert 1 == town.admission.in_flight(ASK)
        town.may_answer.set()
        await settled()
        assert ["http.response.start"] == [message["type"] for message in reader.told]
        assert 0 == town.admission.in_flight(ASK)

    asyncio.run(story())


def test_who_goes_while_waiting_is_not_worked_for() -> None:
    """Or a server that is behind works for those who have given up, until everybody has."""

    async def story() -> None:
        town = Town(threads=1)
        await town.comes(Client())
        gone, patient = Client(), Client()
        for client in (gone, patient):
            client.sends(b"")
            await town.comes(client)
        gone.pieces.put_nowait({"type": "http.disconnect"})
        await settled()
        assert 1 == town.admission.waiting(ASK)
        town.may_answer.set()
        await settled()
        assert 200 == patient.told[0]["status"]

    asyncio.run(story())


def test_a_body_that_was_not_announced_is_there_after_a_wait() -> None:
    async def story() -> None:
        town = Town(threads=1)
        await town.comes(Client())
        client = Client(path="/v1/incidents/x/closure", method="POST", announces=False)
        client.sends(b"{}")
        await town.comes(client)
        town.may_answer.set()
        await settled()
        assert [b"{}"] == [message["body"] for [message] in town.given]

    asyncio.run(story())


def test_a_request_that_fails_gives_its_place_back() -> None:
    async def story() -> None:
        town = Town()
        task = await town.comes(Client())
        task.cancel()
        await settled()
        assert 0 == town.admission.in_flight(ASK)

    asyncio.run(story())


def test_beyond_what_may_wait_the_answer_says_when_to_come_again() -> None:
    async def story() -> None:
        town = Town()
        town.knows(a_detection())
        for _ in range(DETECTION.at_once + DETECTION.may_wait):
            client = a_detection()
            client.sends(b"{}")
            await town.comes(client)
        refused = a_detection()
        await town.comes(refused)
        assert (429, "overloaded") == (refused.refusal["status"], refused.refusal["code"])
        assert refused.refusal["retry_after_s"] in range(1, 5)

    asyncio.run(story())


def test_bodies_of_one_address_have_a_bound_and_those_of_an_agency_that_is_known_have_another() -> None:
    async def story() -> None:
        town = Town()
        for _ in range(BODIES_OF_ONE_BYTES // BODY_LIMIT_BYTES):
            client = Client(path="/v1/enrolments", method="POST")
            client.sends(b"x" * BODY_LIMIT_BYTES, more=True)
            await town.comes(client)
        refused = Client(path="/v1/enrolments", method="POST")
        refused.sends(b"x", more=True)
        await town.comes(refused)
        assert "overloaded" == refused.refusal["code"]
        town.knows(a_detection())
        sensor = a_detection()
        sensor.sends(b"{", b"}")
        await town.comes(sensor)
        assert 1 == len(town.given)

    asyncio.run(story())


def test_a_body_that_was_answered_is_counted_no_more() -> None:
    async def story() -> None:
        town = Town()
        town.may_answer.set()
        for _ in range(2 * BODIES_OF_ONE_BYTES // BODY_LIMIT_BYTES):
            client = Client(path="/v1/enrolments", method="POST")
            client.sends(b"x" * (BODY_LIMIT_BYTES - 1), b"x")
            await town.comes(client)
            assert 200 == client.told[0]["status"]

    asyncio.run(story())


def test_whoever_was_let_in_once_counts_against_its_agency_and_before_that_against_its_address() -> None:
    async def story() -> None:
        town, first, later = Town(), Client(token="a"), Client(token="a")
        await town.comes(first)
        agency = uuid4()
        town.knows(first, agency)
        await town.comes(later)
        request = Request(later.scope(town))
        assert (agency, True) == town.callers.caller_of(request, ASK)
        assert ("203.0.113.9", False) == town.callers.caller_of(Request(Client(token="b").scope(town)), ASK)

    asyncio.run(story())


def test_credentials_that_were_not_seen_for_longest_are_forgotten() -> None:
    callers = Callers(session_cookie="session", remembered_limit=2)
    requests = {token: Request(Client(token=token).scope(None)) for token in "abc"}
    for token in "abac":
        callers.remember(requests[token], uuid4())
    assert ["a", "c"] == [token for token in "abc" if callers.caller_of(requests[token], ACT).is_known]
