"""Which police departments are there when a promise is tested? Each with a source, and units that stand where told.

A program of its own, `python -m chaos.founding < wishes.json`, because a rolling upgrade is founded by the code of the
release before: it must use nothing but what both releases have. Prints what it made as JSON.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from service import runtime
from service.domain.geo import METRES_PER_DEGREE, Point
from service.domain.policy import Policy
from service.domain.unit import Fix, Platform, PushKind, PushTarget, Status, Track, UnitKind
from service.operations import accounts, registry
from service.operations.accounts import NewUser
from service.operations.administration import Operator
from service.operations.registry import Enrolment, SignedInDevice
from service.runtime import Runtime
from service.store import fixes
from service.store.devices import NewDevice
from service.store.users import UserRole


def founded(here: Runtime, wish: Mapping[str, Any]) -> dict[str, Any]:
    """`wish` is a `Wish` of `plan`, as JSON."""
    database, ports = here.database, here.ports
    policy = Policy.from_dict(Policy().as_dict() | wish["policy"])
    agency_id = registry.create_agency(
        database, ports, name=wish["name"], timezone="America/Los_Angeles", policy=policy
    )
    source = registry.create_source(database, ports, agency_id=agency_id, name="sensors")
    patrols = ((f"{1 + n // 20}A{1 + n % 20:02d}", UnitKind.PATROL) for n in range(wish["units"]))
    supervisors = ((f"1S{10 + n}", UnitKind.SUPERVISOR) for n in range(wish["supervisors"]))
    made = [_on_duty(here, agency_id, wish, call_sign, kind) for call_sign, kind in (*patrols, *supervisors)]
    places = list(zip(made, _grid(wish), strict=False))
    now = ports.clock.now()
    with database.transaction(agency_id) as tx:
        tracks = {unit.unit_id: Track(last=Fix(point=place, at=now, accuracy_m=5)) for unit, place in places}
        fixes.keep(tx, tracks, now=now)
    return {
        "agency_id": str(agency_id),
        "name": wish["name"],
        "source_id": str(source.source_id),
        "secret": source.secret,
        "dispatcher": _dispatcher(here, agency_id, wish["name"]),
        "phones": [_phone(unit, place, wish["name"]) for unit, place in places],
    }


def _on_duty(here: Runtime, agency_id: UUID, wish: Mapping[str, Any], call_sign: str, kind: UnitKind) -> Enrolment:
    database, ports = here.database, here.ports
    unit_id = registry.create_unit(database, ports, agency_id=agency_id, call_sign=call_sign, kind=kind)
    code, _ = registry.issue_enrolment_code(database, ports, agency_id=agency_id, unit_id=unit_id, actor="setup")
    about = NewDevice(platform=Platform(wish["platform"]), model="Chaos", app_version="1.0")
    target = PushTarget(kind=PushKind.FCM_TOKEN, value=_target(wish["name"], call_sign))
    phone = registry.enrol(database, ports, code=code, about=about, target=target)
    device = SignedInDevice(agency_id=agency_id, unit_id=unit_id, device_id=phone.device_id)
    registry.set_status(database, ports, device=device, status=Status.AVAILABLE)
    return phone


def _dispatcher(here: Runtime, agency_id: UUID, agency: str) -> dict[str, str]:
    email, password = f"dispatcher@{agency.replace(' ', '-').lower()}.example", "correct horse battery staple"
    user = NewUser(email=email, name="Dispatcher", role=UserRole.DISPATCHER, password=password)
    accounts.create_user(here.database, here.ports, by=Operator(agency_id=agency_id, actor="setup"), user=user)
    return {"email": email, "password": password}


def _grid(wish: Mapping[str, Any]) -> Iterator[Point]:
    """Rows of a square around the middle, from its south-west corner."""
    count = wish["units"] + wish["supervisors"]
    side = max(1, round(count**0.5))
    step_deg = wish["spacing_m"] / METRES_PER_DEGREE
    lat, lon = wish["middle"]
    for number in range(count):
        north, east = divmod(number, side)
        yield Point(lat=lat + step_deg * (north - side / 2), lon=lon + step_deg * (east - side / 2))


def _phone(unit: Enrolment, place: Point, agency: str) -> dict[str, Any]:
    return {
        "call_sign": unit.call_sign,
        "unit_id": str(unit.unit_id),
        "device_id": str(unit.device_id),
        "device_token": unit.device_token,
        "target": _target(agency, unit.call_sign),
        "lat": place.lat,
        "lon": place.lon,
    }


def _target(agency: str, call_sign: str) -> str:
    return f"token-of-{agency.replace(' ', '-')}-{call_sign}"


def main() -> None:
    wishes = json.load(sys.stdin)
    with runtime.running(sends=False) as here:
        print(json.dumps([founded(here, wish) for wish in wishes]))  # noqa: T201  its answer


if __name__ == "__main__":
    main()
