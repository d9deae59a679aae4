"""A phone and a feed tell where units are; what they get wrong is answered with the reason, and never a 500."""

import json
from typing import Any

import psycopg
import pytest
from builders import NOW, PLACE, seconds
from fake_clock import FrozenClock
from fake_positions import FakePositions
from httpx import Response
from outside import Agency, Backend, Caller, Phone, Sensors, problem_of, seat

from service.dev.embedded import Stores
from service.store.users import UserRole

A_FIX = {"lat": PLACE.lat, "lon": PLACE.lon, "at": NOW.isoformat()}


def a_fix(*, age_s: float = 0, **changes: Any) -> dict[str, Any]:
    return A_FIX | {"at": (NOW - seconds(age_s)).isoformat()} | changes


def positions(*fixes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"fixes": list(fixes)} | more


def report_raw(phone: Phone, raw: bytes) -> Response:
    return phone.call("POST", "/v1/me/positions", headers={"authorization": f"Bearer {phone.token}"}, content=raw)


def is_near(backend: Backend, agency: Agency) -> bool:
    near = backend.ports.positions.near(agency.agency_id, PLACE, limit=10)
    return agency.unit_id in [unit.unit_id for unit in near]


class Feed(Sensors):
    """The agency's source, telling where units are."""

    @property
    def path(self) -> str:
        return f"/v1/sources/{self.source.source_id}/positions"


def take_away(stores: Stores, database_name: str) -> None:
    """PostgreSQL lets nobody in there any more."""
    with psycopg.connect(stores.admin_url().replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'alter database "{database_name}" with allow_connections false')
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [database_name])


@pytest.fixture
def feed(call: Caller, clock: FrozenClock, agency: Agency) -> Feed:
    return Feed(call, clock, agency.source)


def test_a_phone_tells_where_it_is_and_its_unit_is_there(phone: Phone, backend: Backend, agency: Agency) -> None:
    backend.ports.positions.rebuild(agency.agency_id, {})
    answer = phone("POST", "positions", positions(a_fix(accuracy_m=5, heading_deg=181, speed_mps=12.5)))
    assert (200, {"accepted": 1, "rejected": []}) == (answer.status_code, answer.json())
    assert is_near(backend, agency)


def test_a_first_report_ever_needs_no_preparation(phone: Phone) -> None:
    assert 200 == phone("POST", "positions", positions(a_fix())).status_code


def test_the_same_report_twice_is_accepted_twice(phone: Phone) -> None:
    answers = [phone("POST", "positions", positions(a_fix())).json() for _ in range(2)]
    assert [{"accepted": 1, "rejected": []}] * 2 == answers


def test_a_fix_that_is_not_believed_is_named_and_the_others_count(phone: Phone) -> None:
    fixes = [a_fix(age_s=3), a_fix(lat=95), a_fix(age_s=-3_600), a_fix(lat=0, lon=0, age_s=1), a_fix()]
    assert {
        "accepted": 2,
        "rejected": [
            {"index": 1, "reason": "outside the world"},
            {"index": 2, "reason": "more than 30 s in the future"},
            {"index": 3, "reason": "at (0, 0)"},
        ],
    } == phone("POST", "positions", positions(*fixes)).json()


def test_a_phone_whose_clock_is_an_hour_ahead_is_understood(phone: Phone) -> None:
    body = positions(a_fix(age_s=-3_597), sent_at=(NOW + seconds(3_600)).isoformat())
    assert {"accepted": 1, "rejected": []} == phone("POST", "positions", body).json()


def test_a_phone_whose_clock_died_in_1970_is_understood(phone: Phone) -> None:
    body = positions(a_fix(at="1970-01-01T00:00:00Z"), sent_at="1970-01-01T00:00:03Z")
    assert {"accepted": 1, "rejected": []} == phone("POST", "positions", body).json()


def test_a_phone_that_is_newer_than_the_server_may_say_more(phone: Phone) -> None:
    body = positions(a_fix(altitude_m=12, satellites=["G1"]), battery=0.8)
    assert 200 == phone("POST", "positions", body).status_code


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "fixes"),
        (positions(), "fixes"),
        (positions(*[a_fix()] * 101), "fixes"),
        (positions(a_fix(lat=None)), "fixes.0.lat"),
        (positions(a_fix(), a_fix(lat="37.7")), "fixes.1.lat"),
        (positions(a_fix(lon=True)), "fixes.0.lon"),
        (positions(a_fix(at=0)), "fixes.0.at"),
        (positions(a_fix(at="0")), "fixes.0.at"),
        (positions(a_fix(at="1795173129")), "fixes.0.at"),
        (positions(a_fix(at="2026-11-20T11:12:09")), "fixes.0.at"),
        (positions(a_fix(at="2026-11-20")), "fixes.0.at"),
        (positions(a_fix(at="2026-13-40T11:12:09Z")), "fixes.0.at"),
        (positions(a_fix(), sent_at="yesterday"), "sent_at"),
        (positions(a_fix(speed_mps="fast")), "fixes.0.speed_mps"),
        ({"fixes": a_fix()}, "fixes"),
    ],
)
def test_a_body_that_is_not_understood_is_refused_with_the_field_named(
    phone: Phone, body: dict[str, Any], field: str
) -> None:
    answer = phone("POST", "positions", body)
    assert 422 == answer.status_code
    assert [field] == [error["field"] for error in problem_of(answer)["errors"]]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps(positions(a_fix())).replace('"lon"', '"lat"').encode(),
        json.dumps(positions(a_fix())).replace(str(PLACE.lat), "NaN").encode(),
        json.dumps(positions(a_fix())).replace(str(PLACE.lat), "1e999").encode(),
        json.dumps(positions(a_fix())).replace(str(PLACE.lat), "9" * 5_000).encode(),
        json.dumps(positions(a_fix(note="\ud800"))).encode(),
    ],
)
def test_what_is_not_json_as_we_read_it_is_refused(phone: Phone, raw: bytes) -> None:
    answer = report_raw(phone, raw)
    assert (422, "invalid") == (answer.status_code, problem_of(answer)["code"])


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_at_the_end_of_the_calendar_is_no_failure_of_ours(phone: Phone, at: str) -> None:
    for body in (positions(a_fix(at=at)), positions(a_fix(), sent_at=at), positions(a_fix(at=at), sent_at=at)):
        assert 200 == phone("POST", "positions", body).status_code


def test_a_body_too_large_is_refused(phone: Phone) -> None:
    assert 413 == report_raw(phone, b" " * 300_000).status_code


@pytest.mark.parametrize("token", [None, "", "bld_nonsense", "x" * 10_000, "é"])
def test_who_is_not_enrolled_is_told_so(call: Caller, token: str | None) -> None:
    headers = {} if token is None else {b"authorization": f"Bearer {token}".encode("latin-1")}
    answer = call("POST", "/v1/me/positions", headers=headers, json=positions(a_fix()))
    assert (401, "unauthenticated") == (answer.status_code, problem_of(answer)["code"])


def test_another_scheme_than_bearer_is_no_token(phone: Phone) -> None:
    headers = {"authorization": f"Basic {phone.token}"}
    assert 401 == phone.call("POST", "/v1/me/positions", headers=headers, json=positions(a_fix())).status_code


def test_without_redis_a_phone_notices_nothing(phone: Phone, backend: Backend) -> None:
    assert isinstance(backend.ports.positions, FakePositions)
    backend.ports.positions.is_away = True
    assert {"accepted": 1, "rejected": []} == phone("POST", "positions", positions(a_fix())).json()


def test_a_lost_phone_that_an_administrator_revoked_moves_nobody(
    phone: Phone, call: Caller, backend: Backend, agency: Agency
) -> None:
    assert 200 == phone("POST", "positions", positions(a_fix())).status_code
    seat(call, backend, agency, role=UserRole.ADMINISTRATOR)
    assert 204 == call("DELETE", f"/v1/admin/devices/{phone.device_id}").status_code
    assert 401 == phone("POST", "positions", positions(a_fix())).status_code


# -- AVL feeds --------------------------------------------------------------------------------------------------


def test_a_feed_tells_where_units_are_even_when_a_phone_sleeps(feed: Feed, backend: Backend, agency: Agency) -> None:
    backend.ports.positions.rebuild(agency.agency_id, {})
    answer = feed.post({"units": [{"call_sign": "3A12", "fixes": [a_fix()]}]})
    assert (200, {"accepted": 1, "rejected": []}) == (answer.status_code, answer.json())
    assert is_near(backend, agency)


def test_a_feed_is_told_which_fix_of_which_unit_it_got_wrong(feed: Feed) -> None:
    units = [
        {"call_sign": "9X99", "fixes": [a_fix()]},
        {"call_sign": "3A12", "fixes": [a_fix(age_s=5), a_fix(lat=95)]},
    ]
    assert {
        "accepted": 1,
        "rejected": [
            {"call_sign": "9X99", "index": 0, "reason": "no unit has this call sign"},
            {"call_sign": "3A12", "index": 1, "reason": "outside the world"},
        ],
    } == feed.post({"units": units}).json()


def test_a_feed_that_was_heard_before_needs_no_postgresql(
    feed: Feed, backend: Backend, agency: Agency, stores: Stores, database_name: str
) -> None:
    backend.ports.positions.rebuild(agency.agency_id, {})
    feed.post({"units": [{"call_sign": "3A12", "fixes": [a_fix(age_s=9)]}]})
    take_away(stores, database_name)
    answer = feed.post({"units": [{"call_sign": "3A12", "fixes": [a_fix()]}]})
    assert (200, 1) == (answer.status_code, answer.json()["accepted"])


def test_a_feed_that_was_never_heard_is_told_to_come_back_while_postgresql_is_away(
    feed: Feed, stores: Stores, database_name: str
) -> None:
    take_away(stores, database_name)
    answer = feed.post({"units": [{"call_sign": "3A12", "fixes": [a_fix()]}]})
    assert (503, "unavailable") == (answer.status_code, problem_of(answer)["code"])


def test_a_feed_with_a_wrong_signature_moves_nobody(feed: Feed, backend: Backend, agency: Agency) -> None:
    backend.ports.positions.rebuild(agency.agency_id, {})
    body = {"units": [{"call_sign": "3A12", "fixes": [a_fix()]}]}
    answer = feed.post(body, webhook_id="another")
    assert (401, "unauthenticated") == (answer.status_code, problem_of(answer)["code"])
    assert not is_near(backend, agency)


@pytest.mark.parametrize("units", [[], None, [{"call_sign": "3A12"}], [{"call_sign": "", "fixes": [A_FIX]}]])
def test_a_feed_that_is_not_understood_is_refused(feed: Feed, units: Any) -> None:
    answer = feed.post({"units": units})
    assert (422, "invalid") == (answer.status_code, problem_of(answer)["code"])
