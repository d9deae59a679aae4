"""Is this process alive, and is it any use?"""

from fake_clock import FrozenClock
from fake_feed import FakeFeed
from fake_positions import FakePositions
from fake_push import FakePush
from outside import Backend, Caller, IdleWorkers, calling, problem_of

from service.ports import Ports
from service.store.database import Database


def _backend(database: Database, clock: FrozenClock) -> tuple[Backend, FakePositions]:
    positions = FakePositions(clock=clock)
    return Backend(
        database, Ports(push=FakePush(), positions=positions, jobs=IdleWorkers(), feed=FakeFeed(), clock=clock)
    ), positions


def test_with_everything_there_it_is_ready(call: Caller) -> None:
    answer = call("GET", "/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_without_redis_it_goes_on_and_says_so(backend: Backend, clock: FrozenClock) -> None:
    without, positions = _backend(backend.database, clock)
    positions.is_away = True
    with calling(without) as call:
        answer = call("GET", "/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "degraded"})


def test_without_the_database_it_is_alive_but_no_use(clock: FrozenClock) -> None:
    nowhere = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing", pool_size=1)
    with calling(_backend(nowhere, clock)[0]) as call:
        alive, ready = call("GET", "/livez"), call("GET", "/readyz")
    nowhere.close()
    assert (alive.status_code, ready.status_code) == (200, 503)
    assert problem_of(ready)["code"] == "unavailable"


def test_requests_are_counted_by_route_and_status(call: Caller) -> None:
    call("GET", "/v1/incidents/0190a1b2-0000-7000-8000-000000000000")
    answer = call("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    counted = 'request_duration_seconds_count{method="GET",route="/v1/incidents/{incident_id}",status="401"} 1.0'
    assert counted in answer.text


def test_a_scanner_s_guesses_are_counted_as_one(call: Caller) -> None:
    for guess in ("/wp-admin", "/.env", "/v1/nothing"):
        call("GET", guess)
    text = call("GET", "/metrics").text
    assert 'request_duration_seconds_count{method="GET",route="unknown",status="404"} 3.0' in text
    assert "wp-admin" not in text
