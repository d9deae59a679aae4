"""A storm in one agency, as the others live through it: the whole app on a real database, requests side by side."""

import json
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import pytest
from builders import seconds
from fake_clock import FrozenClock
from fake_feed import FakeFeed
from fake_positions import FakePositions
from fake_push import FakePush
from httpx import Response
from outside import Agency, Backend, Caller, IdleWorkers, Phone, Sensors, a_body, an_agency, enrol
from streaming import wait

from service.api.app import THREADS
from service.api.lanes import DETECTION
from service.auth.signatures import sign
from service.ports import Ports
from service.store import detections
from service.store.database import Database
from service.store.detections import StoredDetection

STORM = 3 * THREADS


@pytest.fixture
def backend(database_url: str, clock: FrozenClock) -> Iterator[Backend]:
    """As large as in production: the threads that wait for a lock must not find the pool empty first."""
    database = Database(database_url, pool_size=THREADS + 10)
    ports = Ports(
        push=FakePush(), positions=FakePositions(clock=clock), jobs=IdleWorkers(), feed=FakeFeed(), clock=clock
    )
    yield Backend(database, ports)
    database.close()


@pytest.fixture
def bayview(backend: Backend) -> Agency:
    return an_agency(backend, name="Bayview")


@pytest.fixture
def mission(backend: Backend) -> Agency:
    return an_agency(backend, name="Mission")


@contextmanager
def busy(backend: Backend, agency: Agency) -> Iterator[None]:
    """Somebody else's detection of this agency is being stored for as long as the block runs."""
    with backend.database.transaction(agency.agency_id, exclusive=True):
        yield


def storm(sensors: Sensors) -> list[Future[Response]]:
    """Many detections of one agency at the same moment, not waited for. It was heard of before."""
    call = sensors.call
    answers = []
    for number in range(STORM):
        raw = json.dumps(a_body(detection_id=f"shot-{number}"))
        headers = sign(raw, secret=sensors.source.secret, message_id=str(number), now=sensors.clock.now())
        post = partial(call.client.post, sensors.path, content=raw, headers=headers)
        answers.append(call.portal.start_task_soon(post))
    wait(lambda: waiting(call) == STORM - DETECTION.at_once)
    return answers


def waiting(call: Caller) -> int:
    """Detections in line, as Prometheus is told."""
    said = call("GET", "/metrics").text
    [line] = [each for each in said.splitlines() if each.startswith('beatline_requests_waiting{lane="detection"}')]
    return round(float(line.split()[-1]))


def test_a_storm_in_one_agency_holds_up_nobody_else(
    backend: Backend, call: Caller, clock: FrozenClock, bayview: Agency, mission: Agency
) -> None:
    stormed, elsewhere = Sensors(call, clock, bayview.source), Sensors(call, clock, mission.source)
    phone: Phone = enrol(call, backend, bayview)
    assert 202 == stormed.post(a_body()).status_code == elsewhere.post(a_body()).status_code
    with busy(backend, bayview):
        answers = storm(stormed)
        assert 202 == elsewhere.post(a_body(detection_id="elsewhere")).status_code
        assert 204 == phone("PUT", "status", {"status": "available"}).status_code
        assert 200 == phone("GET", "alerts").status_code
        assert 200 == call("GET", "/readyz").status_code
        assert not any(answer.done() for answer in answers)
    assert {202} == {answer.result().status_code for answer in answers}


def test_a_detection_that_waits_in_line_came_when_it_came(
    backend: Backend, call: Caller, clock: FrozenClock, bayview: Agency
) -> None:
    """The time between shot and phone has that wait in it; else a storm would look as fast as a quiet night."""
    sensors = Sensors(call, clock, bayview.source)
    sensors.post(a_body())
    with busy(backend, bayview):
        answers = storm(sensors)
        came_at = clock.now()
        clock.advance(1)
    incident_id = {answer.result().json()["incident_id"] for answer in answers}.pop()
    assert {came_at} == {detection.received_at for detection in stored(backend, bayview, incident_id)}
    assert came_at + seconds(1) == clock.now()


def stored(backend: Backend, agency: Agency, incident_id: str) -> list[StoredDetection]:
    """Of the storm: the first one, that told us who the source is, came before."""
    with backend.database.transaction(agency.agency_id) as tx:
        known = detections.of_incidents(tx, [UUID(incident_id)])[UUID(incident_id)]
    return [each for each in known if each.detection.detection_id.startswith("shot-")]
