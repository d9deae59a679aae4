"""The HTTP face over a real database; only Redis, push and workers are stood in for. What these are: `outside`."""

from collections.abc import Iterator

import pytest
from fake_clock import FrozenClock
from fake_feed import FakeFeed
from fake_positions import FakePositions
from fake_push import FakePush
from outside import Agency, Backend, Caller, IdleWorkers, Phone, Sensors, a_body, an_agency, calling, enrol, seat

from service.domain.geo import Point
from service.domain.unit import Fix, Track
from service.ports import Ports
from service.store.database import Database
from service.store.users import UserRole


@pytest.fixture
def backend(database_url: str, clock: FrozenClock) -> Iterator[Backend]:
    database = Database(database_url, pool_size=4)
    ports = Ports(
        push=FakePush(), positions=FakePositions(clock=clock), jobs=IdleWorkers(), feed=FakeFeed(), clock=clock
    )
    yield Backend(database, ports)
    database.close()


@pytest.fixture
def call(backend: Backend) -> Iterator[Caller]:
    with calling(backend) as caller:
        yield caller


@pytest.fixture
def agency(backend: Backend) -> Agency:
    return an_agency(backend, name="Bayview")


@pytest.fixture
def desk(call: Caller, backend: Backend, agency: Agency) -> Caller:
    """An administrator is signed in."""
    seat(call, backend, agency, role=UserRole.ADMINISTRATOR)
    return call


@pytest.fixture
def sensors(call: Caller, clock: FrozenClock, agency: Agency) -> Sensors:
    return Sensors(call, clock, agency.source)


@pytest.fixture
def phone(call: Caller, backend: Backend, agency: Agency) -> Phone:
    return enrol(call, backend, agency)


@pytest.fixture
def alert_id(sensors: Sensors, phone: Phone, backend: Backend, agency: Agency, clock: FrozenClock) -> str:
    """A shot was heard beside the unit, so that it is asked."""
    phone("PUT", "status", {"status": "available"})
    fix = Fix(point=Point(lat=37.7371, lon=-122.3911), at=clock.now(), accuracy_m=5.0)
    backend.ports.positions.rebuild(agency.agency_id, {agency.unit_id: Track(last=fix)})
    assert sensors.post(a_body()).json()["outcome"] == "opened"
    [item] = phone("GET", "alerts").json()["items"]
    found: str = item["alert_id"]
    return found
