"""Who calls Beatline from outside while things break? A balancer over its APIs, sensors that repeat themselves, phones.

They know nothing but the public API. Not for how anything is broken: `stand` and `faults`.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, Self
from uuid import UUID, uuid4

import httpx

from service.auth.signatures import sign

CALL_TIMEOUT_S = 5.0
"""What a source waits for an answer; longer than any answer is promised to take (R7)."""
PHONE_TIMEOUT_S = 30.0
"""Of a phone with a bad network; and two hundred at once on a busy machine are not asked for promptness here."""
PATIENCE_S = 120.0
_AGAIN = frozenset({429, 500, 502, 503, 504})
_PAUSE_S = 0.2


class NobodyAnswered(Exception):
    """Every call failed until patience ended; the message has the last failure."""


class Balancer:
    """One address before several API processes, asked in turn. From any thread.

    As real balancers do, it goes on to the next host when one refuses the connection: nothing was sent there.
    """

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = tuple(ports)
        self._turn = count()
        limits = httpx.Limits(max_connections=400, max_keepalive_connections=100, keepalive_expiry=2.0)
        # Without connections kept for long: a host that was killed takes them along, which is no answer of ours.
        self.http = httpx.Client(timeout=CALL_TIMEOUT_S, limits=limits, trust_env=False)

    def once(self, method: str, path: str, *, to: int | None = None, **how: Any) -> httpx.Response:
        """One call, answered or failed: raises httpx.TransportError. `to` names a port; else it is the next one's."""
        order = [to] if to else self._order()
        for port in order[:-1]:
            try:
                return self.http.request(method, f"http://127.0.0.1:{port}{path}", **how)
            except httpx.ConnectError:
                continue
        return self.http.request(method, f"http://127.0.0.1:{order[-1]}{path}", **how)

    def until_answered(self, method: str, path: str, *, patience_s: float = PATIENCE_S, **how: Any) -> httpx.Response:
        """As a client must: the same again after 429, 5xx or no answer. Raises NobodyAnswered."""
        deadline_s, failure = time.monotonic() + patience_s, "no time"
        while time.monotonic() < deadline_s:
            try:
                answer = self.once(method, path, **how)
            except httpx.TransportError as error:
                failure = repr(error)
            else:
                if answer.status_code not in _AGAIN:
                    return answer
                failure = f"{answer.status_code} {answer.text[:200]}"
            time.sleep(_PAUSE_S)
        raise NobodyAnswered(f"{method} {path}: {failure}")

    def close(self) -> None:
        self.http.close()

    def _order(self) -> list[int]:
        first = next(self._turn) % len(self.ports)
        return [*self.ports[first:], *self.ports[:first]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """An enrolled device; `target` is its name at the push service, and `lat`, `lon` where its unit stands."""

    balancer: Balancer
    call_sign: str
    unit_id: UUID
    device_id: UUID
    device_token: str
    target: str
    lat: float
    lon: float

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **how: Any) -> httpx.Response:
        """`path` after /v1/me/. Until it is answered: `patience_s` bounds that."""
        how = {"timeout": PHONE_TIMEOUT_S} | how
        return self.balancer.until_answered(method, f"/v1/me/{path}", headers=self.headers, json=body, **how)

    def acknowledge(self, alert_id: str, *, response: str = "accepted", **how: Any) -> httpx.Response:
        return self.call("POST", f"alerts/{alert_id}/acknowledgment", {"response": response}, **how)

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.device_token}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A detection that was answered 202. Times are this machine's, seconds since 1970; `calls` counts the attempts."""

    agency_id: UUID
    detection_id: str
    incident_id: UUID | None
    outcome: str
    replayed: bool
    sent_at: float
    answered_at: float
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """A police department, its sensors' keys, its phones, one a unit, and who can sign in at the desk."""

    balancer: Balancer
    agency_id: UUID
    name: str
    source_id: str
    secret: str
    dispatcher: Mapping[str, str]
    phones: Sequence[Phone]

    @classmethod
    def of(cls, balancer: Balancer, made: Mapping[str, Any]) -> Self:
        """From what `founding` printed."""
        phones = [
            Phone(
                **phone | {key: UUID(phone[key]) for key in ("unit_id", "device_id")},
                balancer=balancer,
            )
            for phone in made["phones"]
        ]
        return cls(**dict(made) | {"agency_id": UUID(made["agency_id"]), "phones": phones}, balancer=balancer)

    def signed(self, body: Mapping[str, Any], *, what: str = "detections") -> dict[str, Any]:
        """What to hand to `Balancer.once`: path, body and headers, signed as of now."""
        text = json.dumps(body)
        now = datetime.fromtimestamp(time.time(), tz=UTC)
        headers = sign(text, secret=self.secret, message_id=f"msg_{uuid4().hex}", now=now)
        return {
            "method": "POST",
            "path": f"/v1/sources/{self.source_id}/{what}",
            "content": text.encode(),
            "headers": headers | {"content-type": "application/json"},
        }

    def hears(self, lat: float, lon: float, *, patience_s: float = PATIENCE_S, **changes: Any) -> Taken:
        """Shots, now, told until the answer is 202. Raises NobodyAnswered, and AssertionError for another refusal."""
        body = shots(lat, lon, **changes)
        call, sent_at, calls = self.signed(body), time.time(), 0
        deadline_s = time.monotonic() + patience_s
        while True:
            calls += 1
            answer = self._told(call)
            if answer is not None and answer.status_code == httpx.codes.ACCEPTED:
                return self.taken(answer.json(), sent_at=sent_at, calls=calls)
            assert answer is None or answer.status_code in _AGAIN, answer.text
            if time.monotonic() > deadline_s:
                raise NobodyAnswered(f"{body['detection_id']}: {answer.text[:200] if answer else 'no answer'}")
            time.sleep(_PAUSE_S)

    def report_positions(self, phones: Sequence[Phone] | None = None) -> None:
        """Every unit stands where it stood, as of now; told by the agency's AVL feed."""
        at = datetime.fromtimestamp(time.time(), tz=UTC).isoformat()
        units = [
            {"call_sign": phone.call_sign, "fixes": [{"lat": phone.lat, "lon": phone.lon, "at": at, "accuracy_m": 5}]}
            for phone in (phones or self.phones)
        ]
        answer = self.balancer.until_answered(**self.signed({"units": units}, what="positions"))
        assert answer.status_code == httpx.codes.OK, answer.text

    @contextmanager
    def desk(self) -> Iterator[httpx.Client]:
        """The dispatcher, signed in at the first API."""
        url = f"http://127.0.0.1:{self.balancer.ports[0]}"
        with httpx.Client(base_url=url, timeout=CALL_TIMEOUT_S, trust_env=False) as http:
            http.post("/v1/session", json=dict(self.dispatcher)).raise_for_status()
            yield http

    def _told(self, call: dict[str, Any]) -> httpx.Response | None:
        try:
            return self.balancer.once(**call)
        except httpx.TransportError:
            return None

    def taken(self, said: Mapping[str, Any], *, sent_at: float, calls: int) -> Taken:
        return Taken(
            agency_id=self.agency_id,
            detection_id=said["detection_id"],
            incident_id=UUID(said["incident_id"]) if said["incident_id"] else None,
            outcome=said["outcome"],
            replayed=said["replayed"],
            sent_at=sent_at,
            answered_at=time.time(),
            calls=calls,
        )


def shots(lat: float, lon: float, **changes: Any) -> dict[str, Any]:
    """The body of a detection that rings, heard now; a new one with each call unless `detection_id` is given."""
    body = {
        "detection_id": f"SST-{uuid4().hex[:16]}",
        "revision": 0,
        "kind": "detected",
        "occurred_at": datetime.fromtimestamp(time.time(), tz=UTC).isoformat(),
        "location": {"lat": lat, "lon": lon, "uncertainty_m": 25},
        "classification": "multiple_gunshots",
        "confidence": "high",
        "rounds": 6,
    }
    return body | changes
