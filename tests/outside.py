"""The HTTP face over a real database, as a source, a phone and a person at a desk meet it.

Only Redis, the push service and the clock are stood in for.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from builders import seconds
from fake_clock import FrozenClock
from httpx import Response
from sqlalchemy import select

from service.api.app import create_app
from service.auth.passwords import hash_password
from service.auth.signatures import sign
from service.auth.tokens import new_session_token, token_hash
from service.domain.policy import Policy
from service.operations import registry
from service.operations.sessions import SESSION_LIFETIME
from service.operations.sources import NewSource
from service.ports import Ports
from service.store import sessions, users
from service.store.database import Database
from service.store.tables import JOURNAL
from service.store.users import User, UserRole

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
def calling(backend: Backend, *, base_url: str = BASE_URL, address: str = "127.0.0.1") -> Iterator[Caller]:
    """An app that is started, called from an address and stopped, all in one event loop."""

    @contextmanager
    def open_backend() -> Iterator[Backend]:
        yield backend

    app = create_app(open_backend, base_url=base_url)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 50_000))
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


@cache
def password_hash() -> str:
    """Of PASSWORD; made once, since it takes its time on purpose."""
    return hash_password(PASSWORD)


def a_person(backend: Backend, agency: Agency, *, role: UserRole = UserRole.DISPATCHER) -> str:
    """Somebody who can sign in with PASSWORD; returns the e-mail address."""
    return _a_user(backend, agency, role=role, hashed=password_hash()).email


def a_user(backend: Backend, agency: Agency, *, role: UserRole = UserRole.DISPATCHER) -> UUID:
    """Somebody whom no password lets in."""
    return _a_user(backend, agency, role=role, hashed="none").user_id


def _a_user(backend: Backend, agency: Agency, *, role: UserRole, hashed: str) -> User:
    email, now = f"{role}-{uuid4().hex[:8]}@{agency.agency_id}.test", backend.ports.clock.now()
    with backend.database.transaction(agency.agency_id) as tx:
        return users.add(tx, email=email, name=role, role=role, password_hash=hashed, now=now)


def a_session(backend: Backend, agency: Agency, *, role: UserRole = UserRole.DISPATCHER) -> str:
    """The token of somebody's session, who has signed in before."""
    user_id, token, now = a_user(backend, agency, role=role), new_session_token(), backend.ports.clock.now()
    with backend.database.transaction(agency.agency_id) as tx:
        expires_at = now + SESSION_LIFETIME
        sessions.add(tx, token_hash(token).hex(), user_id=user_id, now=now, expires_at=expires_at)
    return token


def seat(call: Caller, backend: Backend, agency: Agency, *, role: UserRole = UserRole.DISPATCHER) -> None:
    """Somebody is at a desk of the agency and has signed in before: `call` has the cookie."""
    token = a_session(backend, agency, role=role)
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


def on_record(backend: Backend, agency: Agency, *actions: str) -> list[dict[str, Any]]:
    """What the agency's journal says of these actions, oldest first: who, from where, and the details."""
    wanted = select(JOURNAL).where(JOURNAL.c.action.in_(actions)).order_by(JOURNAL.c.at, JOURNAL.c.entry_id)
    with backend.database.transaction(agency.agency_id) as tx:
        return [{"actor": row.actor, "origin": row.origin} | row.details for row in tx.session.execute(wanted)]
