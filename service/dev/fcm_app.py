"""What does the FCM stand-in do with each request? Takes messages as Google would, and lets simulated phones read them.

| request | |
|---|---|
| `POST /token` | OAuth, the JWT bearer grant |
| `POST /v1/projects/{project}/messages:send` | checked and answered as Google does |
| `GET /deliveries?since=N&wait_s=S` | messages taken after number N, waiting up to S seconds for the first one |
| `GET /checks?since=N` | messages to be checked alone (`validate_only`): no phone ever reads those |
| `POST /faults` `{target, answer, times?, retry_after_s?}` | misbehave for a target; `times` null: for ever |
| `DELETE /faults` · `DELETE /tokens` | behave again · refuse every token given out so far |
| `DELETE /connections` | every connection that is open now is dead, and nobody says so |
"""

import asyncio
import itertools
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import orjson
from starlette.types import Receive, Scope, Send

from service.dev.fcm_answers import Answer, Reply, misbehaved, refused, taken, unauthenticated
from service.dev.fcm_checks import Violation, target_of, violations
from service.dev.fcm_oauth import Tokens
from service.dev.fcm_wire import Exchange, vanish

TOKEN_ENDPOINT = "/token"  # noqa: S105  a path, not a secret
EVERYBODY = "*"
"""The target of a fault of the whole service: of every message that has none of its own."""
NEW_CONNECTIONS = "connection"
"""The target of a fault that happens when a connection is made: `reset`."""
MAX_WAIT_S = 30.0
_KEPT = 100_000
_DELIVERED_ALL_THE_SAME = frozenset(
    {Answer.SLOW, Answer.TRICKLE, Answer.DRIP, Answer.ENDLESS, Answer.TRUNCATED, Answer.TORN, Answer.CUT}
)
_BAD_NETWORK = _DELIVERED_ALL_THE_SAME | {Answer.HANG, Answer.VANISH, Answer.RESET}
_NOTHING = Reply(204, b"")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one target. `index` counts from 1; `received_at` is this machine's clock, seconds since 1970."""

    index: int
    target: str
    message: dict[str, Any]
    received_at: float


class Fault(NamedTuple):
    answer: Answer
    retry_after: str | None = None


class Mailbox:
    """Messages taken, in order; the last 100,000 of them stay readable."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.count = 0
        self._arrived = asyncio.Event()

    def put(self, target: str, message: dict[str, Any], *, received_at: float) -> None:
        self.count += 1
        self.deliveries.append(Delivery(self.count, target, message, received_at))
        if len(self.deliveries) > 2 * _KEPT:
            del self.deliveries[:_KEPT]
        self._arrived.set()
        self._arrived = asyncio.Event()

    async def after(self, index: int, *, wait_s: float) -> list[Delivery]:
        """Deliveries with a higher index, oldest first; waits when there are none yet."""
        if self.count <= index and wait_s > 0:
            arrived = self._arrived
            try:
                async with asyncio.timeout(wait_s):
                    await arrived.wait()
            except TimeoutError:
                return []
        newer = self.count - index
        return self.deliveries[-newer:] if newer > 0 else []


class FcmApp:
    """An ASGI application; one per stand-in. `fail` and `mailbox` may be used from another thread."""

    def __init__(self, *, token_life_s: int = 3_600) -> None:
        self.tokens = Tokens(life_s=token_life_s)
        self.mailbox = Mailbox()
        self.checks = Mailbox()
        self.transports: set[asyncio.Transport] = set()
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._lasting: dict[str, Fault] = {}
        violations({})  # reads Google's schema now, not while the first alert waits

    def fail(
        self, target: str, *, answer: Answer, times: int | None = 1, retry_after_s: float | str | None = None
    ) -> None:
        """Answer the target's next `times` messages like this (None: all of them), after faults set earlier.

        The target `/token` is the token endpoint, `*` whoever has no fault of its own, and `connection` is met by who
        connects. `retry_after_s` may be an HTTP-date.
        """
        fault = Fault(answer, None if retry_after_s is None else str(retry_after_s))
        if times is None:
            self._lasting[target] = fault
        else:
            self._faults[target].extend(itertools.repeat(fault, times))

    def behave(self) -> None:
        """Forget every fault."""
        self._faults.clear()
        self._lasting.clear()

    def welcome(self) -> Answer | None:
        fault = self._next_fault(NEW_CONNECTIONS)
        return fault.answer if fault else None

    def vanish(self) -> None:
        """Every connection that is open now is dead, and nobody says so; new ones are good."""
        for transport in list(self.transports):
            vanish(transport.get_extra_info("socket"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        exchange = Exchange(scope, receive, send)
        match exchange.route:
            case ("POST", path) if path.startswith("/v1/projects/") and path.endswith("/messages:send"):
                await self._take_message(exchange, project=path.split("/")[3])
            case ("POST", "/token"):
                await self._grant(exchange)
            case ("GET", "/deliveries"):
                await self._tell(exchange, self.mailbox)
            case ("GET", "/checks"):
                await self._tell(exchange, self.checks)
            case ("POST", "/faults"):
                await exchange.answer(self._add_fault(await exchange.body() or b""))
            case ("DELETE", "/faults"):
                self.behave()
                await exchange.answer(_NOTHING)
            case ("DELETE", "/tokens"):
                self.tokens.revoke_all()
                await exchange.answer(_NOTHING)
            case ("DELETE", "/connections"):
                await exchange.answer(_NOTHING)
                self.vanish()
            case _:
                await exchange.answer(misbehaved(Answer.NOT_FOUND))

    async def _take_message(self, exchange: Exchange, *, project: str) -> None:
        received_at = time.time()
        request = _parsed(await exchange.body())
        if not self.tokens.are_good(exchange.header(b"authorization")):
            await exchange.answer(unauthenticated())
            return
        wrong = violations(request)
        if wrong:
            await exchange.answer(refused(wrong))
            return
        kind, target = target_of(request["message"])
        fault = self._next_fault(target) or self._next_fault(EVERYBODY)
        is_check = bool(request.get("validate_only") or request.get("validateOnly"))
        mailbox = self.checks if is_check else self.mailbox
        if fault is None or fault.answer in _DELIVERED_ALL_THE_SAME:
            mailbox.put(target, request["message"], received_at=received_at)
        name = "fake_message_id" if is_check else f"0:{mailbox.count}"
        await _reply(exchange, fault, taken(f"projects/{project}/messages/{name}"), kind=kind)

    async def _grant(self, exchange: Exchange) -> None:
        form = await exchange.body() or b""
        await _reply(exchange, self._next_fault(TOKEN_ENDPOINT), self.tokens.grant(form))

    async def _tell(self, exchange: Exchange, mailbox: Mailbox) -> None:
        query = parse_qs(exchange.query)
        try:
            since = int(query.get("since", ["0"])[-1])
            wait_s = min(MAX_WAIT_S, float(query.get("wait_s", ["0"])[-1]))
        except ValueError:
            await exchange.answer(refused([Violation("since", "since and wait_s must be numbers")]))
            return
        newer = await mailbox.after(since, wait_s=wait_s)
        await exchange.answer(Reply(200, orjson.dumps(newer)))

    def _add_fault(self, body: bytes) -> Reply:
        wanted = _parsed(body)
        if not isinstance(wanted, dict) or wanted.get("answer") not in set(Answer) or not wanted.get("target"):
            return refused([Violation("answer", f"target, and answer: one of {', '.join(Answer)}")])
        self.fail(
            wanted["target"],
            answer=Answer(wanted["answer"]),
            times=wanted.get("times", 1),
            retry_after_s=wanted.get("retry_after_s"),
        )
        return _NOTHING

    def _next_fault(self, target: str) -> Fault | None:
        waiting = self._faults.get(target)
        return waiting.popleft() if waiting else self._lasting.get(target)


async def _reply(exchange: Exchange, fault: Fault | None, reply: Reply, *, kind: str = "token") -> None:
    if fault is None:
        await exchange.answer(reply)
    elif fault.answer in _BAD_NETWORK:
        await exchange.suffer(fault.answer, reply)
    else:
        await exchange.answer(misbehaved(fault.answer, kind=kind, retry_after=fault.retry_after))


def _parsed(body: bytes | None) -> Any:
    try:
        return orjson.loads(body or b"")
    except orjson.JSONDecodeError:
        return None
