"""How is every request asked whether it may come in? Its body is read first, then it gets a place, or a refusal.

ASGI around the app. The place is given back as soon as the answer begins: a stream, or a client that reads slowly,
holds none. Who is let in when: `admission`; how long a body may take: `cli.patience`.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api import errors
from service.api.admission import Admission, Caller
from service.api.callers import Callers
from service.api.lanes import LANES, Lane, lane_of
from service.api.limits import BODY_LIMIT_BYTES
from service.domain.errors import DomainError

BODIES_OF_ONE_BYTES = 16 * 1024 * 1024
"""Of one agency or address, being read or waiting: a thousand phones that each tell their last hundred fixes."""
BODIES_OF_STRANGERS_BYTES = 32 * 1024 * 1024
BODIES_IN_ALL_BYTES = 96 * 1024 * 1024


class Bodies:
    """How much of request bodies is in memory at this moment, whose, and whether there may be more."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._of_caller: Counter[Caller] = Counter()
        self._of_strangers = 0

    async def read(self, receive: Receive, lane: Lane, caller: Caller) -> list[Message]:
        """Up to its end, or to where it is too large for any route, who then refuses it. To be let go of.

        In one piece, whatever the pieces it came in: a message for each byte would be much more than its bytes.
        Raises DomainError(overloaded).
        """
        body = bytearray()
        try:
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return [_piece(body, more_body=True), message]
                body += message.get("body", b"")
                self._count(caller, len(message.get("body", b"")))
                if not message.get("more_body") or len(body) > BODY_LIMIT_BYTES:
                    return [_piece(body, more_body=bool(message.get("more_body")))]
                self._refuse_when_full(lane, caller)
        except BaseException:
            self.let_go(caller, len(body))
            raise

    def let_go(self, caller: Caller, size_bytes: int) -> None:
        self._count(caller, -size_bytes)

    def _refuse_when_full(self, lane: Lane, caller: Caller) -> None:
        if (
            self._of_caller[caller] > BODIES_OF_ONE_BYTES
            or self._of_strangers > BODIES_OF_STRANGERS_BYTES
            or self._of_caller.total() > BODIES_IN_ALL_BYTES
        ):
            raise self._admission.refusal(lane, "too_many_bytes")

    def _count(self, caller: Caller, change: int) -> None:
        self._of_caller[caller] += change
        if not self._of_caller[caller]:
            del self._of_caller[caller]
        if not caller.is_known:
            self._of_strangers += change


class Admitted:
    """`admission` and `callers` are the app's; whoever knows a credential tells `callers`, and here a 401 does."""

    def __init__(self, app: ASGIApp, *, admission: Admission, callers: Callers) -> None:
        self._app = app
        self._admission = admission
        self._callers = callers
        self._bodies = Bodies(admission)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        lane = lane_of(scope) if scope["type"] == "http" else None
        if lane is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        # Before anybody waits: what a detection spent in line is part of the time between shot and phone.
        request.state.arrived_at = request.app.state.backend.ports.clock.now()
        caller = self._callers.caller_of(request, lane)
        try:
            self._admission.refuse_when_full(lane, caller)
            body = await self._bodies.read(receive, lane, caller) if _has_body(request) else []
        except DomainError as refusal:
            await errors.answer_to(refusal)(scope, receive, send)
            return
        size_bytes = sum(len(message.get("body", b"")) for message in body)
        try:
            await self._enter(receive, body, lane=lane, caller=caller)
        except DomainError as refusal:
            await errors.answer_to(refusal)(scope, receive, send)
        else:
            await self._with_a_place(scope, _again(body, receive), send, lane=lane, caller=caller)
        finally:
            self._bodies.let_go(caller, size_bytes)

    async def _enter(self, receive: Receive, body: list[Message], *, lane: Lane, caller: Caller) -> None:
        """Returns with a place. Whoever goes while waiting is worked for no more: or a server that is behind would work
        for those who gave up, and everybody would give up. What they wanted they send again.

        Raises DomainError(overloaded).
        """
        if self._admission.enter_at_once(lane, caller):
            return
        waiting = asyncio.create_task(self._admission.enter(lane, caller))
        leaving = asyncio.create_task(_until_left(receive, body))
        try:
            await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                raise self._admission.refusal(lane, "left_the_line")
            waiting.result()
        finally:
            waiting.cancel()
            leaving.cancel()

    async def _with_a_place(self, scope: Scope, receive: Receive, send: Send, *, lane: Lane, caller: Caller) -> None:
        has_place = True

        def give_back() -> None:
            nonlocal has_place
            if has_place:
                has_place = False
                self._admission.leave(lane, caller)

        async def send_and_give_back(message: Message) -> None:
            give_back()
            if message.get("status") == HTTPStatus.UNAUTHORIZED:
                self._callers.forget(Request(scope))
            await send(message)

        try:
            await self._app(scope, receive, send_and_give_back)
        finally:
            give_back()


class Crowd(Collector):
    """For Prometheus: who is worked on, who waits, and who was refused and why, by lane."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    def collect(self) -> Sequence[Metric]:
        in_flight = GaugeMetricFamily("beatline_requests_in_flight", "Requests worked on now.", labels=["lane"])
        waiting = GaugeMetricFamily("beatline_requests_waiting", "Requests that wait for a place now.", labels=["lane"])
        refused = CounterMetricFamily(
            "beatline_requests_refused", "Requests refused because of overload.", labels=["lane", "reason"]
        )
        for lane in LANES:
            in_flight.add_metric([lane.name], self._admission.in_flight(lane))
            waiting.add_metric([lane.name], self._admission.waiting(lane))
        for (lane, why), count in list(self._admission.refused.items()):
            refused.add_metric([lane.name, why], count)
        return in_flight, waiting, refused


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _piece(body: bytearray, *, more_body: bool) -> Message:
    return {"type": "http.request", "body": bytes(body), "more_body": more_body}


async def _until_left(receive: Receive, body: list[Message]) -> None:
    """What comes meanwhile is kept: for who reads a body, though none was announced."""
    while (message := await receive())["type"] != "http.disconnect":
        body.append(message)
    body.append(message)


def _again(body: list[Message], receive: Receive) -> Receive:
    """What was read is received as if it came now, and not kept; then whatever comes."""

    async def receive_again() -> Message:
        return body.pop(0) if body else await receive()

    return receive_again
