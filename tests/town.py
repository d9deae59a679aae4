"""A police department with one of everything, and every call as it would make it: for tests made of all routes."""

import json
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from bodies import BODIES, Things
from fake_clock import FrozenClock
from httpx import Response
from outside import Agency, Backend, Caller, Phone, Sensors, a_body, a_session, a_user, an_agency, enrol

from service.api.access import ACCESS, Desks
from service.api.access import Caller as Known
from service.api.app import openapi_document
from service.auth.signatures import sign
from service.domain.geo import Point
from service.domain.unit import Fix, Track
from service.store.users import UserRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call of the document. `path` has its ids in braces; `asks` are the names that may stand behind its `?`."""

    name: str
    method: str
    path: str
    asks: frozenset[str]
    takes_body: bool
    streams: bool

    @property
    def takes_id(self) -> bool:
        return "{" in self.path

    @property
    def row(self) -> Known | Desks | None:
        return ACCESS.get(self.name)

    def path_to(self, things: Things) -> str:
        """Fails for an id of a kind that no town has yet: give it one in `bodies.Things` and in `a_town`."""
        return self.path.format(**asdict(things))

    def body_of(self, things: Things) -> Any:
        """Fails for a body that nobody has thought of yet: give it a row in `bodies.BODIES`."""
        return BODIES[self.name](things) if self.takes_body else None


@cache
def operations() -> tuple[Operation, ...]:
    return tuple(
        Operation(
            name=operation["operationId"],
            method=method.upper(),
            path=path,
            asks=frozenset(each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"),
            takes_body="requestBody" in operation,
            streams="text/event-stream" in json.dumps(operation["responses"]),
        )
        for path, methods in openapi_document()["paths"].items()
        for method, operation in methods.items()
    )


def names_ids(operation: Operation) -> bool:
    """Its body says something else for another town."""
    if operation.name not in BODIES:
        return False
    one, other = (Things(**dict.fromkeys(Things.__dataclass_fields__, letter) | {"now": ""}) for letter in "ab")
    return bool(operation.body_of(one) != operation.body_of(other))


@dataclass(frozen=True, slots=True)
class Town:
    """Who calls: its administrator, its officer's phone, or its sensors; each with what it has."""

    call: Caller
    clock: FrozenClock
    agency: Agency
    phone: Phone
    session: str
    things: Things

    def asks(self, operation: Operation, *, path_of: Things, body_of: Things) -> Response:
        """As whoever may do this, about things that may be another town's."""
        path, body = operation.path_to(path_of), operation.body_of(body_of)
        if operation.row is Known.SOURCES:
            headers = sign(_written(body), secret=self.agency.source.secret, message_id="msg_1", now=self.clock.now())
        else:
            headers = bearer(self.phone.token if operation.row is Known.DEVICES else self.session)
        return ask(self.call, operation, path, body=body, headers=headers)


def ask(call: Caller, operation: Operation, path: str, *, body: Any, headers: dict[str, str]) -> Response:
    media_type = {"content-type": "application/json"} if operation.takes_body else {}
    return call(operation.method, path, content=_written(body), headers=media_type | headers)


def _written(body: Any) -> str:
    return "" if body is None else json.dumps(body)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def a_town(call: Caller, backend: Backend, clock: FrozenClock, *, name: str) -> Town:
    """Two incidents; of the first its only car has accepted the alert, and two detections belong to it."""
    agency = an_agency(backend, name=name)
    phone, session = enrol(call, backend, agency), a_session(backend, agency, role=UserRole.ADMINISTRATOR)
    incident_id, other_incident_id = _two_incidents(call, backend, clock, agency, phone)
    [alert] = [each for each in phone("GET", "alerts").json()["items"] if each["incident_id"] == incident_id]
    phone("POST", f"alerts/{alert['alert_id']}/acknowledgment", {"response": "accepted"})

    def desk(method: str, path: str, body: Any = None) -> Any:
        answer = call(method, f"/v1/{path}", json=body, headers=bearer(session))
        assert answer.is_success, answer.text
        return answer.json()

    desk("POST", "admin/enrolment-codes", {"unit_id": str(agency.unit_id)})
    token = desk("POST", "admin/api-tokens", {"name": "Nightly report", "scopes": ["read"], "days": 30})
    things = Things(
        agency_id=str(agency.agency_id),
        source_id=str(agency.source.source_id),
        unit_id=str(agency.unit_id),
        device_id=phone.device_id,
        user_id=str(a_user(backend, agency)),
        token_id=token["token_id"],
        code_id=desk("GET", "admin/enrolment-codes")["items"][0]["code_id"],
        incident_id=incident_id,
        other_incident_id=other_incident_id,
        alert_id=alert["alert_id"],
        drill_id=desk("POST", f"units/{agency.unit_id}/drills")["drill_id"],
        now=clock.now().isoformat(),
    )
    return Town(call, clock, agency, phone, session, things)


def _two_incidents(call: Caller, backend: Backend, clock: FrozenClock, agency: Agency, phone: Phone) -> tuple[str, str]:
    phone("PUT", "status", {"status": "available"})
    fix = Fix(point=Point(lat=37.7371, lon=-122.3911), at=clock.now(), accuracy_m=5.0)
    backend.ports.positions.rebuild(agency.agency_id, {agency.unit_id: Track(last=fix)})
    sensors = Sensors(call, clock, agency.source)
    far_away = {"lat": 37.79, "lon": -122.45, "uncertainty_m": 25}
    bodies = (
        a_body(detection_id="SST-1"),
        a_body(detection_id="SST-2"),
        a_body(detection_id="SST-3", location=far_away),
    )
    answers = [sensors.post(body).json() for body in bodies]
    assert ["opened", "joined", "opened"] == [answer["outcome"] for answer in answers]
    return answers[0]["incident_id"], answers[2]["incident_id"]
