"""The dispatcher's acts as an outside program calls them: paths, bodies, answers, refusals."""

from typing import Any
from uuid import uuid4

import pytest
from fake_clock import FrozenClock
from outside import Agency, Backend, Caller, Phone, Sensors, a_body, problem_of, seat

from service.domain.geo import Point
from service.domain.unit import Fix, Track
from service.store import fixes

GEOJSON = "application/geo+json"
NOW_SAID = "2026-11-20T11:12:09.310000Z"


@pytest.fixture
def incident_id(phone: Phone, alert_id: str) -> str:
    """The unit rings for it."""
    [item] = phone("GET", "alerts").json()["items"]
    assert alert_id == item["alert_id"]
    found: str = item["incident_id"]
    return found


@pytest.fixture
def desk(call: Caller, backend: Backend, agency: Agency) -> Caller:
    seat(call, backend, agency)
    return call


def test_every_act_answers_with_the_incident(desk: Caller, phone: Phone, incident_id: str, alert_id: str) -> None:
    phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "accepted"})
    for method, path, body in (
        ("POST", f"acknowledgments/{alert_id}/confirmation", None),
        ("POST", "escalation", None),
        ("POST", "escalation", {"level": 1}),
        ("POST", "release", None),
        ("POST", "notes", {"text": "caller says two men"}),
        ("POST", "legal-hold", {"reason": "court order"}),
        ("DELETE", f"acknowledgments/{alert_id}/confirmation", None),
        ("POST", "cancellation", {"reason": "a car backfired"}),
        ("POST", "reopening", None),
        ("POST", "closure", {"disposition": "no_evidence", "note": "nothing there"}),
    ):
        answer = _act(desk, incident_id, path, body, method=method)
        assert 200 == answer.status_code, (path, answer.text)
        assert incident_id == answer.json()["incident_id"]


def test_a_confirmation_shows_who_and_when(desk: Caller, phone: Phone, incident_id: str, alert_id: str) -> None:
    phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "accepted"})
    seen = _act(desk, incident_id, f"acknowledgments/{alert_id}/confirmation").json()
    [going] = seen["acknowledgments"]
    assert ("dispatcher", True) == (going["confirmed_by"], going["confirmed_at"] is not None)
    assert seen["stages"]["confirmed"]["at"] == going["confirmed_at"]
    assert phone("GET", "alerts").json()["items"][0]["confirmed_at"] == going["confirmed_at"]


def test_a_unit_is_sent_by_its_id(desk: Caller, agency: Agency, incident_id: str) -> None:
    answer = _act(desk, incident_id, "dispatches", {"unit_ids": [str(agency.unit_id)]})
    assert 200 == answer.status_code
    unknown = _act(desk, incident_id, "dispatches", {"unit_ids": [str(uuid4())]})
    assert (404, "not_found") == (unknown.status_code, problem_of(unknown)["code"])


def test_two_incidents_become_one_and_one_becomes_two(desk: Caller, sensors: Sensors, incident_id: str) -> None:
    other = sensors.post(a_body(detection_id="elsewhere", location={"lat": 37.76, "lon": -122.42, "uncertainty_m": 9}))
    other_id = other.json()["incident_id"]
    merged = _act(desk, incident_id, "merge", {"into": other_id}).json()
    assert ("closed", "duplicate", other_id) == (merged["state"], merged["disposition"], merged["merged_into"])
    split = _act(desk, other_id, "split", {"detection_ids": ["elsewhere"]}).json()
    assert ["SST-2026-000123"] == [message["detection_id"] for message in split["detections"]]
    listed = desk("GET", "/v1/incidents").json()["items"]
    assert [other_id] == [one["split_from"] for one in listed if one["split_from"]]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("dispatches", {"unit_ids": []}),
        ("dispatches", {}),
        ("cancellation", {"reason": ""}),
        ("cancellation", {}),
        ("merge", {"into": "not an id"}),
        ("split", {"detection_ids": []}),
        ("notes", {"text": ""}),
        ("notes", {"text": "x" * 2_001}),
        ("closure", {"disposition": "ghosts"}),
        ("legal-hold", {}),
        ("escalation", {"level": "two"}),
    ],
)
def test_what_is_not_understood_is_named(desk: Caller, incident_id: str, path: str, body: dict[str, Any]) -> None:
    answer = _act(desk, incident_id, path, body)
    assert (422, "invalid") == (answer.status_code, problem_of(answer)["code"])


def test_a_confirmation_of_nobody_s_acknowledgment_is_no_legal_move(
    desk: Caller, incident_id: str, alert_id: str
) -> None:
    answer = _act(desk, incident_id, f"acknowledgments/{alert_id}/confirmation")
    assert (409, "illegal_move") == (answer.status_code, problem_of(answer)["code"])


def test_an_alert_of_another_incident_is_not_found(desk: Caller, incident_id: str) -> None:
    answer = _act(desk, incident_id, f"acknowledgments/{uuid4()}/confirmation")
    assert (404, "not_found") == (answer.status_code, problem_of(answer)["code"])


def test_incidents_and_units_are_places_on_a_map(desk: Caller, agency: Agency, incident_id: str) -> None:
    answer = desk("GET", "/v1/incidents", headers={"accept": GEOJSON})
    assert GEOJSON == answer.headers["content-type"]
    [place] = answer.json()["features"]
    assert (incident_id, {"type": "Point", "coordinates": [-122.391, 37.737]}) == (place["id"], place["geometry"])
    assert ("open", 25) == (place["properties"]["state"], place["properties"]["uncertainty_m"])
    [unit] = desk("GET", "/v1/units?format=geojson").json()["features"]
    assert (str(agency.unit_id), None) == (unit["id"], unit["geometry"])


def test_a_page_of_a_map_leads_to_the_next_page_of_the_map(desk: Caller, sensors: Sensors, incident_id: str) -> None:
    sensors.post(a_body(detection_id="elsewhere", location={"lat": 37.76, "lon": -122.42, "uncertainty_m": 9}))
    first = desk("GET", "/v1/incidents?limit=1&format=geojson")
    following = first.headers["link"].split(">")[0].lstrip("<")
    [last] = desk("GET", following).json()["features"]
    assert incident_id == last["id"]


def test_a_made_up_cursor_is_refused(desk: Caller, incident_id: str) -> None:
    assert 200 == desk("GET", f"/v1/incidents?cursor={incident_id}").status_code
    for cursor in (uuid4(), "tomorrow", ""):
        answer = desk("GET", f"/v1/incidents?cursor={cursor}")
        assert (422, "invalid") == (answer.status_code, problem_of(answer)["code"])


def test_a_unit_is_on_the_board_where_it_was_last(
    desk: Caller, backend: Backend, clock: FrozenClock, agency: Agency
) -> None:
    fix = Fix(point=Point(lat=37.74, lon=-122.4), at=clock.now(), accuracy_m=8)
    with backend.database.transaction(agency.agency_id) as tx:
        fixes.keep(tx, {agency.unit_id: Track(last=fix)}, now=clock.now())
    [unit] = desk("GET", "/v1/units").json()["items"]
    where = {"lat": 37.74, "lon": -122.4, "at": NOW_SAID, "accuracy_m": 8, "heading_deg": None, "speed_mps": None}
    assert where == unit["position"]
    [place] = desk("GET", "/v1/units", headers={"accept": GEOJSON}).json()["features"]
    assert [-122.4, 37.74] == place["geometry"]["coordinates"]


def _act(desk: Caller, incident_id: str, path: str, body: Any = None, *, method: str = "POST") -> Any:
    return desk(method, f"/v1/incidents/{incident_id}/{path}", json=body)
