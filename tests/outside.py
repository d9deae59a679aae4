"""The HTTP face over a real database, as a source, a phone and a person at a desk meet it.

Only Redis, the push service and the clock are stood in for.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from builders import seconds
from fake_clock import FrozenClock
from httpx import Response

from service.api.app import create_app
from service.auth.signatures import sign
from service.auth.tokens import new_session_token, token_hash
from service.domain.policy import Policy
from service.operations import registry
from service.operations.registry import NewSource, NewUser
from service.ports import Ports
from service.store import agencies
from service.store.agencies import UserRole
from service.store.database import Database

EXAMPLES = Path(__file__).parents[1] / "openapi" / "examples"
BASE_URL = "http://beatline.test"
PASSWORD = "correct horse battery staple"


class IdleWorkers:
    """The jobs port when nobody works: a nudge that no test here waits for."""

    def page(self, agency_id: UUID, incident_id: UUID) -> None:
        """Nothing is sent."""


@dataclass(frozen=True, slots=True)
class Backend:
    database: Database
    ports: Ports


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody outside. Cookies are kept between calls, as a browser does; a failure is answered, never raised."""

    portal: BlockingPortal
    client: httpx.AsyncClient

    def __call__(self, method: str, path: str, **how: Any) -> Response:
        return self.portal.call(partial(self.client.request, method, path, **how))


@contextmanager
def calling(backend: Backend, *, base_url: str = BASE_URL) -> Iterator[Caller]:
    """An app that is started, called and stopped, all in one event loop."""

    @contextmanager
    def open_backend() -> Iterator[Backend]:
        yield backend

    app = create_app(open_backend, base_url=base_url)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    with start_blocking_portal() as portal:
        client = httpx.AsyncClient(transport=transport, base_url=base_url)
        started = portal.wrap_async_context_manager(app.router.lifespan_context(app))
        with started, portal.wrap_async_context_manager(client):
            yield Caller(portal, client)


@dataclass(frozen=True, slots=True)
class Agency:
    """A police department with one source and one unit."""

    agency_id: UUID
    source: NewSource
    unit_id: UUID


def an_agency(backend: Backend, *, name: str) -> Agency:
    where = (backend.database, backend.ports)
    agency_id = registry.create_agency(*where, name=name, timezone="America/Los_Angeles", policy=Policy())
    source = registry.create_source(*where, agency_id=agency_id, name="Microphones")
    unit_id = registry.create_unit(*where, agency_id=agency_id, call_sign="3A12")
    return Agency(agency_id, source, unit_id)


@dataclass(frozen=True, slots=True)
class Sensors:
    """The agency's source as it calls us."""

    call: Caller
    clock: FrozenClock
    source: NewSource

    def post(self, body: str | bytes | dict[str, Any], **changed_headers: str) -> Response:
        """Signed as it should be; `webhook_id="x"` sends another `webhook-id` than was signed."""
        raw = json.dumps(body).encode() if isinstance(body, dict) else body
        raw = raw.encode() if isinstance(raw, str) else raw
        text = raw.decode("utf-8", errors="replace")
        headers = sign(text, secret=self.source.secret, message_id="msg_1", now=self.clock.now())
        headers |= {name.replace("_", "-"): value for name, value in changed_headers.items()}
        sent = {name: value.encode("latin-1") for name, value in headers.items()}
        return self.call("POST", self.path, content=raw, headers=sent)

    @property
    def path(self) -> str:
        return f"/v1/sources/{self.source.source_id}/detections"


def a_body(**changes: Any) -> dict[str, Any]:
    """The example of DESIGN §7, which was heard at the builders' NOW."""
    body: dict[str, Any] = json.loads((EXAMPLES / "detected.json").read_text())
    return body | changes


@dataclass(frozen=True, slots=True)
class Phone:
    """An enrolled phone of a unit."""

    call: Caller
    device_id: str
    token: str

    def __call__(self, method: str, path: str, body: Any = None) -> Response:
        headers = {"authorization": f"Bearer {self.token}"}
        return self.call(method, f"/v1/me/{path}", headers=headers, json=body)


def enrol(call: Caller, backend: Backend, agency: Agency) -> Phone:
    code, _ = registry.issue_enrolment_code(
        backend.database, backend.ports, agency_id=agency.agency_id, unit_id=agency.unit_id, actor="test"
    )
    answer = call("POST", "/v1/enrolments", json=an_enrolment(code))
    assert answer.status_code == 201, answer.text
    return Phone(call, answer.json()["device_id"], answer.json()["device_token"])


def an_enrolment(code: str, **changes: Any) -> dict[str, Any]:
    device = {"platform": "android", "model": "Pixel 9", "app_version": "1.0"}
    return {"code": code, "device": device, "push": {"kind": "fcm_token", "value": "token-1"}} | changes


def a_person(backend: Backend, agency: Agency, *, role: UserRole = UserRole.DISPATCHER) -> str:
    """Somebody who can sign in with PASSWORD; returns the e-mail address. Takes its time, as passwords do."""
    email = f"{role}@{agency.agency_id}.test"
    user = NewUser(email=email, name=role, role=role, password=PASSWORD)
    registry.create_user(backend.database, backend.ports, agency_id=agency.agency_id, user=user)
    return email


def seat(call: Caller, backend: Backend, agency: Agency, *, role: UserRole = UserRole.DISPATCHER) -> None:
    """Somebody is at a desk of the agency and has signed in before: `call` has the cookie."""
    now = backend.ports.clock.now()
    token = new_session_token()
    with backend.database.transaction(agency.agency_id) as tx:
        user_id = agencies.add_user(
            tx, email=f"{role}@{agency.agency_id}.test", name=role, role=role, password_hash="none", now=now
        )
        expires_at = now + registry.SESSION_LIFETIME
        agencies.add_session(tx, token_hash(token).hex(), user_id=user_id, now=now, expires_at=expires_at)
    call.client.cookies.set("beatline_session", token, domain="beatline.test", path="/")


def problem_of(answer: Response) -> dict[str, Any]:
    """The problem in an answer that must be one."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:beatline:problem:{problem['code']}"
    return problem


def a_moment(clock: FrozenClock, later_s: float) -> str:
    return (clock.now() + seconds(later_s)).isoformat()
