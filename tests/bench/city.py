"""What happens in the benchmark's city? Units that stand in it, shots that are heard, and quiet after each of them.

Its 200 patrol units are more than a selection looks at by name, as in a large city; the policy is the default one.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

import psycopg
from bench.wire import post
from builders import PLACE

from service.auth.signatures import sign
from service.domain.geo import METRES_PER_DEGREE, Point
from service.domain.policy import Policy
from service.domain.unit import Fix, Platform, PushKind, PushTarget, Status, Track
from service.operations import registry
from service.operations.registry import Enrolment, SignedInDevice
from service.operations.sources import NewSource
from service.runtime import Runtime
from service.store.devices import NewDevice

UNITS = 200
WIDTH_M = 20_000

# Even and never periodic: the R2 sequence, after the plastic number, fills a square better than chance does.
_STEP_EAST, _STEP_NORTH = 0.7548776662466927, 0.5698402909980532

_QUIET = """
update incidents set state = 'closed', ended_at = now(), next_action_at = null
 where state in ('covered', 'held', 'open', 'unanswered');
update pages set state = 'dead', settled_at = now(), next_action_at = null where state in ('pending', 'sending');
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """`phones` are one of each unit; `numbers` have not been used for a detection yet."""

    agency_id: UUID
    source: NewSource
    phones: Sequence[Enrolment]
    numbers: Iterator[int] = field(default_factory=count)


def places(*, width_m: float = WIDTH_M, start: int = 0) -> Iterator[Point]:
    """Spread evenly over a square around the city's middle, for ever."""
    side_deg = width_m / METRES_PER_DEGREE
    for number in count(start):
        north, east = (number * step % 1 - 0.5 for step in (_STEP_NORTH, _STEP_EAST))
        yield Point(lat=PLACE.lat + side_deg * north, lon=PLACE.lon + side_deg * east)


def founded(here: Runtime) -> City:
    """A new agency with all of its units on duty, each with one phone."""
    database, ports = here.database, here.ports
    agency_id = registry.create_agency(
        database, ports, name="Benchmark", timezone="America/Los_Angeles", policy=Policy()
    )
    source = registry.create_source(database, ports, agency_id=agency_id, name="sensors")
    phones = [_unit_on_duty(here, agency_id, f"{1 + n // 20}A{1 + n % 20:02d}") for n in range(UNITS)]
    return City(agency_id=agency_id, source=source, phones=phones)


def report_all(here: Runtime, city: City) -> None:
    """Every unit has just told where it is."""
    now = here.ports.clock.now()
    where = zip(city.phones, places(), strict=False)
    fixes = {phone.unit_id: Track(last=Fix(point=point, at=now, accuracy_m=5)) for phone, point in where}
    here.ports.positions.rebuild(city.agency_id, fixes)


def shot(city: City, number: int, place: Point, *, heard_at: float) -> bytes:
    """A signed detection as its source posts it; `heard_at` is Unix time."""
    now = datetime.fromtimestamp(heard_at, UTC)
    body = json.dumps(
        {
            "detection_id": f"SST-2026-{number:06d}",
            "revision": 0,
            "kind": "detected",
            "occurred_at": now.isoformat(),
            "location": {"lat": round(place.lat, 6), "lon": round(place.lon, 6), "uncertainty_m": 25},
            "classification": "multiple_gunshots",
            "confidence": "high",
            "rounds": 6,
            "tactical_notes": ["full_auto"],
            "address": "1200 block of Quesada Ave",
        }
    )
    headers = sign(body, secret=city.source.secret, message_id=f"msg_{number}", now=now)
    return post(f"/v1/sources/{city.source.source_id}/detections", body.encode(), headers)


def quieten(owner: psycopg.Connection) -> None:
    """Every incident is over: the next shot joins none, finds all units free, and no clock has work meanwhile.

    `owner` sees all agencies and commits by itself.
    """
    owner.execute(_QUIET)


def _unit_on_duty(here: Runtime, agency_id: UUID, call_sign: str) -> Enrolment:
    database, ports = here.database, here.ports
    unit_id = registry.create_unit(database, ports, agency_id=agency_id, call_sign=call_sign)
    code, _ = registry.issue_enrolment_code(database, ports, agency_id=agency_id, unit_id=unit_id, actor="setup")
    about = NewDevice(platform=Platform.ANDROID, model="Benchmark", app_version="1.0")
    target = PushTarget(kind=PushKind.FCM_TOKEN, value=f"token-of-{call_sign}")
    phone = registry.enrol(database, ports, code=code, about=about, target=target)
    device = SignedInDevice(agency_id=agency_id, unit_id=unit_id, device_id=phone.device_id)
    registry.set_status(database, ports, device=device, status=Status.AVAILABLE)
    return phone
