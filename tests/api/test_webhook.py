"""A sensor network posts what it heard, and what it is answered."""

from collections.abc import AsyncIterator

from builders import SOURCE_ID
from fake_clock import FrozenClock
from fake_feed import FakeFeed
from fake_positions import FakePositions
from fake_push import FakePush
from outside import Agency, Backend, Caller, IdleWorkers, Sensors, a_body, an_agency, calling, problem_of

from service.auth.signatures import sign
from service.auth.tokens import new_source_secret
from service.operations.sources import NewSource
from service.ports import Ports
from service.store.database import Database


def test_a_detection_is_taken_and_opens_an_incident(sensors: Sensors) -> None:
    answer = sensors.post(a_body())
    assert answer.status_code == 202
    said = answer.json()
    assert said.pop("incident_id") is not None
    assert said == {"detection_id": "SST-2026-000123", "revision": 0, "outcome": "opened", "replayed": False}


def test_the_same_again_gets_the_same_answer(sensors: Sensors) -> None:
    first = sensors.post(a_body())
    again = sensors.post(a_body())
    assert again.status_code == 202
    assert again.json() == first.json() | {"replayed": True}


def test_the_same_told_in_another_way_is_the_same(sensors: Sensors) -> None:
    sensors.post(a_body())
    assert sensors.post(a_body(rounds=6.0, occurred_at="2026-11-20T11:12:09.31Z")).json()["replayed"] is True


def test_another_body_for_a_known_revision_is_a_conflict(sensors: Sensors) -> None:
    sensors.post(a_body())
    answer = sensors.post(a_body(rounds=7))
    assert answer.status_code == 409
    assert problem_of(answer)["code"] == "detection_conflict"


def test_an_update_that_comes_first_is_parked_without_an_incident(sensors: Sensors) -> None:
    said = sensors.post(a_body(kind="updated", revision=1)).json()
    assert (said["outcome"], said["incident_id"]) == ("parked", None)


def test_a_wrong_signature_is_refused_and_says_nothing_about_why(sensors: Sensors) -> None:
    answer = sensors.post(a_body(), webhook_signature="v1,AAAA")
    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers
    assert problem_of(answer)["code"] == "unauthenticated"


def test_a_source_that_nobody_knows_is_answered_like_a_wrong_signature(call: Caller, sensors: Sensors) -> None:
    wrong = sensors.post(a_body(), webhook_signature="v1,AAAA")
    for stranger in ("0190a1b2-0000-7000-8000-000000000000", "nobody", "%00", "%F0%28%8C%28", "é"):
        unknown = call("POST", f"/v1/sources/{stranger}/detections", json=a_body())
        assert (unknown.status_code, unknown.json()) == (wrong.status_code, wrong.json()), stranger


def test_a_hostile_header_is_a_wrong_signature(sensors: Sensors) -> None:
    for name in ("webhook_id", "webhook_timestamp", "webhook_signature"):
        for value in ("", "nan", "\xff\xfe", "x" * 20_000, "v1," + "A" * 5_000):
            assert sensors.post(a_body(), **{name: value}).status_code == 401, (name, value)


def test_another_agency_s_secret_is_no_good_here(
    call: Caller, clock: FrozenClock, agency: Agency, backend: Backend
) -> None:
    other = an_agency(backend, name="Mission")
    forger = Sensors(call, clock, NewSource(source_id=agency.source.source_id, secret=other.source.secret))
    assert forger.post(a_body()).status_code == 401


def test_a_message_from_ten_minutes_ago_is_refused(sensors: Sensors, clock: FrozenClock) -> None:
    old = sign('{"a": 1}', secret=sensors.source.secret, message_id="msg_1", now=clock.now())
    clock.advance(600)
    assert sensors.call("POST", sensors.path, content='{"a": 1}', headers=old).status_code == 401


def test_a_body_that_is_too_large_is_refused_before_it_is_read(sensors: Sensors) -> None:
    answer = sensors.post(b'{"a": "' + b"x" * 262_144 + b'"}')
    assert answer.status_code == 413
    assert problem_of(answer)["code"] == "too_large"


def test_a_body_of_the_full_size_is_read(sensors: Sensors) -> None:
    body = b'{"a": "' + b"x" * (262_144 - 9) + b'"}'
    assert (len(body), sensors.post(body).status_code) == (262_144, 422)


def test_a_chunked_body_cannot_hide_its_size(sensors: Sensors) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 50_000_000:
            sent += 65_536
            yield b" " * 65_536

    answer = sensors.call("POST", sensors.path, content=endless())
    assert answer.status_code == 413
    assert sent < 50_000_000


def test_a_body_longer_than_it_announced_is_counted(sensors: Sensors) -> None:
    answer = sensors.post(b" " * 300_000, content_length="10")
    assert answer.status_code == 413


def test_a_detection_from_the_future_is_refused(sensors: Sensors) -> None:
    answer = sensors.post(a_body(occurred_at="2026-11-20T11:13:09Z"))
    assert answer.status_code == 422
    assert "future" in problem_of(answer)["detail"]


def test_a_database_that_is_away_is_said_with_a_time_to_come_back(clock: FrozenClock) -> None:
    nowhere = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing", pool_size=1)
    ports = Ports(
        push=FakePush(), positions=FakePositions(clock=clock), jobs=IdleWorkers(), feed=FakeFeed(), clock=clock
    )
    source = NewSource(source_id=SOURCE_ID, secret=new_source_secret())
    with calling(Backend(nowhere, ports)) as call:
        answer = Sensors(call, clock, source).post(a_body())
    nowhere.close()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert problem_of(answer)["code"] == "unavailable"
