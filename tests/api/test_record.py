"""Auditors look things up: the journal page by page, its head, and where units were."""

import pytest
from builders import id_of
from outside import Agency, Backend, Caller, Phone, Sensors, a_body, an_agency, problem_of, seat

from service.domain.geo import Point
from service.domain.unit import Fix, Track
from service.operations.sealing import seal_due
from service.store import fixes, journal
from service.store.journal import Entry
from service.store.users import UserRole

NOW_SAID = "2026-11-20T11:12:09.310000Z"


@pytest.fixture
def desk(call: Caller, backend: Backend, agency: Agency) -> Caller:
    """An auditor is signed in."""
    seat(call, backend, agency, role=UserRole.AUDITOR)
    return call


def actions(desk: Caller, query: str = "") -> list[str]:
    answer = desk("GET", f"/v1/journal?{query}")
    assert answer.status_code == 200, answer.text
    return [item["action"] for item in answer.json()["items"]]


def test_an_entry_says_who_did_what_when_and_from_where(desk: Caller, phone: Phone, alert_id: str) -> None:
    phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "accepted"})
    [item] = desk("GET", "/v1/journal?action=alert_acknowledged").json()["items"]
    assert (item["actor"], item["name"]) == (f"device:{phone.device_id}", "3A12")
    assert (item["at"], item["origin"]) == (NOW_SAID, "127.0.0.1")
    assert item["details"]["alert_id"] == alert_id


def test_an_entry_gets_its_place_in_the_chain_once_it_is_sealed(desk: Caller, backend: Backend) -> None:
    [item] = desk("GET", "/v1/journal?action=source_created").json()["items"]
    assert (item["number"], item["hash"], item["sealed_at"]) == (None, None, None)
    seal_due(backend.database, backend.ports)
    [item] = desk("GET", "/v1/journal?action=source_created").json()["items"]
    assert (item["number"], len(item["hash"]), item["sealed_at"]) == (2, 64, NOW_SAID)


def test_the_head_is_the_end_of_the_chain(desk: Caller, backend: Backend, agency: Agency) -> None:
    empty = desk("GET", "/v1/journal/head").json()
    assert empty == {"agency_id": str(agency.agency_id), "number": 0, "hash": "0" * 64, "sealed_at": None}
    seal_due(backend.database, backend.ports)
    head = desk("GET", "/v1/journal/head").json()
    [last] = [item for item in desk("GET", "/v1/journal").json()["items"] if item["number"] == head["number"]]
    assert (head["hash"], head["sealed_at"]) == (last["hash"], NOW_SAID)


def test_entries_come_newest_first_a_page_at_a_time(desk: Caller, sensors: Sensors) -> None:
    sensors.post(a_body())
    whole = actions(desk)
    assert whole.index("detection_received") < whole.index("agency_created")
    pages, address = [], "/v1/journal?limit=2&action=source_created"
    assert "link" not in desk("GET", address).headers
    address = "/v1/journal?limit=3"
    while address:
        answer = desk("GET", address)
        pages.append([item["action"] for item in answer.json()["items"]])
        address = answer.headers["link"].split(";")[0].strip("<>") if "link" in answer.headers else ""
    assert whole == [action for page in pages for action in page][2:]


def test_one_incident_s_entries_alone_can_be_asked_for(desk: Caller, sensors: Sensors) -> None:
    incident_id = sensors.post(a_body()).json()["incident_id"]
    found = desk("GET", f"/v1/journal?incident_id={incident_id}").json()["items"]
    assert {item["incident_id"] for item in found} == {incident_id}
    assert "agency_created" not in [item["action"] for item in found]


def test_what_a_person_did_includes_what_their_programs_did(desk: Caller, backend: Backend, agency: Agency) -> None:
    me = desk("GET", "/v1/session").json()["user_id"]
    desk("GET", "/v1/incidents")
    with backend.database.transaction(agency.agency_id) as tx:
        at = backend.ports.clock.now()
        others = (f"user:{me}/token:nightly", f"user:{id_of('somebody else')}", "clock")
        journal.write(tx, [Entry(at=at, actor=actor, action="incidents_listed") for actor in others])
    found = desk("GET", f"/v1/journal?actor=user:{me}").json()["items"]
    assert {item["actor"] for item in found} == {f"user:{me}", f"user:{me}/token:nightly"}


def test_a_cursor_or_filter_that_makes_no_sense_is_refused(desk: Caller, backend: Backend) -> None:
    other = an_agency(backend, name="Mission")
    for query in (
        "cursor=2",
        "cursor=0190a1b2-0000-7000-8000-000000000000",
        f"cursor={other.agency_id}",
        "limit=0",
        "limit=201",
        "incident_id=x",
        "actor=%00",
        "actor=",
        "action=" + "a" * 101,
    ):
        answer = desk("GET", f"/v1/journal?{query}")
        assert (answer.status_code, problem_of(answer)["code"]) == (422, "invalid"), query


def test_a_dispatcher_does_not_read_the_journal(call: Caller, backend: Backend, agency: Agency) -> None:
    seat(call, backend, agency, role=UserRole.DISPATCHER)
    for path in ("journal", "journal/head"):
        assert call("GET", f"/v1/{path}").status_code == 403


def test_where_units_were_on_an_incident_is_told_and_drawn(
    desk: Caller, phone: Phone, alert_id: str, backend: Backend, agency: Agency
) -> None:
    incident_id = phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "accepted"}).json()["incident_id"]
    fix = Fix(point=Point(lat=37.7371, lon=-122.3911), at=backend.ports.clock.now(), accuracy_m=5.0)
    with backend.database.transaction(agency.agency_id) as tx:
        fixes.keep(tx, {agency.unit_id: Track(last=fix)}, now=backend.ports.clock.now())
    [trail] = desk("GET", f"/v1/incidents/{incident_id}/trails").json()["items"]
    assert (trail["unit_id"], trail["call_sign"]) == (str(agency.unit_id), "3A12")
    assert trail["steps"] == [{"at": NOW_SAID, "lat": 37.7371, "lon": -122.3911, "accuracy_m": 5.0}]
    drawn = desk("GET", f"/v1/incidents/{incident_id}/trails", headers={"accept": "application/geo+json"})
    [feature] = drawn.json()["features"]
    assert drawn.headers["content-type"] == "application/geo+json"
    assert feature["geometry"] == {"type": "Point", "coordinates": [-122.3911, 37.7371]}
    assert (feature["properties"]["call_sign"], feature["properties"]["at"]) == ("3A12", NOW_SAID)
    assert ["trail_read", "trail_read"] == actions(desk, "action=trail_read")


def test_an_incident_without_trails_has_none_and_another_s_is_not_found(desk: Caller, sensors: Sensors) -> None:
    incident_id = sensors.post(a_body()).json()["incident_id"]
    assert desk("GET", f"/v1/incidents/{incident_id}/trails").json() == {"items": []}
    answer = desk("GET", "/v1/incidents/0190a1b2-0000-7000-8000-000000000000/trails")
    assert (answer.status_code, problem_of(answer)["code"]) == (404, "not_found")
