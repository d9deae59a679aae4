"""How does somebody outside speak to Beatline: a source, a phone, a person at a desk? HTTP, and what DESIGN §7 says.

Not for what they do with it (`phones`, `simulator`, `replay`). They know nothing of the service but its public API.
"""

import asyncio
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import httpx
import orjson

from service.auth.signatures import sign
from service.dev.watch import Watch

MODEL = "Simulated phone"
"""What the phones here say they are: nobody mistakes them for a person's."""
PATIENCE_S = 20.0
Incident = Mapping[str, Any]
"""As the API shows it."""
_TRY_AGAIN = frozenset({429, 502, 503, 504})


class Refused(Exception):
    """The service understood and said no (4xx), or could not be used for PATIENCE_S."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code


async def call(http: httpx.AsyncClient, method: str, path: str, *, patience_s: float = PATIENCE_S, **how: Any) -> Any:
    """The answer's JSON, or None; tried again while the service is away, as every real client must. Raises Refused."""
    pause_s, left_s = 0.25, patience_s
    while True:
        try:
            answer = await http.request(method, path, **how)
        except httpx.TransportError as error:
            status, wait_s, refusal = 0, pause_s, Refused(0, "unreachable", repr(error))
        else:
            if answer.is_success:
                return orjson.loads(answer.content) if answer.content else None
            status, refusal = answer.status_code, _refusal(answer)
            wait_s = float(answer.headers.get("retry-after", pause_s))
        left_s -= wait_s
        if status not in {0, *_TRY_AGAIN} or left_s < 0.0:
            raise refusal
        await asyncio.sleep(wait_s)
        pause_s = min(2 * pause_s, 4.0)


def _refusal(answer: httpx.Response) -> Refused:
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        problem = answer.json()
        return Refused(answer.status_code, problem.get("code", ""), problem.get("detail") or problem.get("title", ""))
    return Refused(answer.status_code, "", answer.text[:200])


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A sensor network or an AVL feed: signs what it posts."""

    http: httpx.AsyncClient
    watch: Watch
    source_id: str
    secret: str

    async def post_detection(self, body: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await self._post("detections", body)
        return answer

    async def post_positions(self, units: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """`units`: `{call_sign, fixes}` each."""
        answer: dict[str, Any] = await self._post("positions", {"units": list(units)})
        return answer

    async def _post(self, what: str, body: Mapping[str, Any]) -> Any:
        return await call(
            self.http,
            "POST",
            f"/v1/sources/{self.source_id}/{what}",
            content=orjson.dumps(body),
            headers={"content-type": "application/json"},
            auth=_Signature(self.secret, self.watch),
        )


class _Signature(httpx.Auth):
    """Signs each attempt anew, since a signature is good for minutes only; the id says that it is the same message."""

    requires_request_body = True

    def __init__(self, secret: str, watch: Watch) -> None:
        self._secret = secret
        self._watch = watch
        self._message_id = f"msg_{uuid4().hex}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        body, now = request.content.decode(), self._watch.now()
        request.headers.update(sign(body, secret=self._secret, message_id=self._message_id, now=now))
        yield request


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """An enrolled device of a unit."""

    http: httpx.AsyncClient
    device_id: str
    unit_id: str
    call_sign: str
    _headers: Mapping[str, str]

    @classmethod
    async def enrol(
        cls, http: httpx.AsyncClient, *, code: str, push: Mapping[str, str], platform: str = "android"
    ) -> Self:
        device = {"platform": platform, "model": MODEL, "app_version": "1.0"}
        answer = await call(http, "POST", "/v1/enrolments", json={"code": code, "device": device, "push": push})
        return cls(
            http=http,
            device_id=answer["device_id"],
            unit_id=answer["unit"]["id"],
            call_sign=answer["unit"]["call_sign"],
            _headers={"authorization": f"Bearer {answer['device_token']}"},
        )

    async def get(self, path: str) -> Any:
        return await call(self.http, "GET", f"/v1/me/{path}", headers=self._headers)

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return await call(self.http, "POST", f"/v1/me/{path}", headers=self._headers, json=body)

    async def report(self, fix: Mapping[str, Any], *, sent_at: str) -> None:
        """Not tried again: the next fix says more, and `sent_at` is true of one attempt only."""
        body = {"sent_at": sent_at, "fixes": [fix]}
        await call(self.http, "POST", "/v1/me/positions", patience_s=0.0, headers=self._headers, json=body)

    async def put(self, path: str, body: Mapping[str, Any]) -> Any:
        return await call(self.http, "PUT", f"/v1/me/{path}", headers=self._headers, json=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A person at a desk; the session's cookie lives in `http`, so that is one desk's own.

    A session lasts a shift: when it has ended, the person signs in again. `patience_s` is how long each call is tried.
    """

    http: httpx.AsyncClient
    email: str
    password: str
    patience_s: float = PATIENCE_S

    @classmethod
    async def sign_in(cls, http: httpx.AsyncClient, *, email: str, password: str) -> Self:
        desk = cls(http=http, email=email, password=password)
        await desk.begin_session()
        return desk

    async def begin_session(self) -> None:
        body = {"email": self.email, "password": self.password}
        await call(self.http, "POST", "/v1/session", patience_s=self.patience_s, json=body)

    async def get(self, path: str, **params: Any) -> Any:
        return await self._call("GET", path, params=params)

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return await self._call("POST", path, json=body)

    async def delete(self, path: str) -> Any:
        return await self._call("DELETE", path)

    async def _call(self, method: str, path: str, **how: Any) -> Any:
        try:
            return await call(self.http, method, f"/v1/{path}", patience_s=self.patience_s, **how)
        except Refused as refused:
            if refused.status != httpx.codes.UNAUTHORIZED:
                raise
        await self.begin_session()
        return await call(self.http, method, f"/v1/{path}", patience_s=self.patience_s, **how)
