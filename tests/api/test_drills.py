"""A unit is drilled from a desk: its phones are rung, and the answer says how far each has come."""

import pytest
from fake_clock import FrozenClock
from outside import Agency, Backend, Caller, Phone, a_session, problem_of

from service.store.users import UserRole


@pytest.fixture
def unit(agency: Agency, phone: Phone) -> str:
    """Its officer is on duty."""
    phone("PUT", "status", {"status": "available"})
    return f"/v1/units/{agency.unit_id}/drills"


def test_a_drill_is_started_and_looked_at_until_it_is_over(desk: Caller, unit: str, clock: FrozenClock) -> None:
    started = desk("POST", unit, json={"wait_s": 10})
    assert 201 == started.status_code
    drill_id = started.json()["drill_id"]
    assert not started.json()["is_ready"]
    clock.advance(11)
    shown = desk("GET", f"{unit}/{drill_id}").json()
    assert "3A12" == shown["call_sign"]
    assert ["not_sent"] == [finding["code"] for finding in shown["phones"][0]["findings"]]


def test_the_phone_is_told_that_it_is_a_drill_and_its_receipt_is_shown(desk: Caller, unit: str, phone: Phone) -> None:
    started = desk("POST", unit).json()
    [alert] = phone("GET", "alerts").json()["items"]
    assert alert["incident"]["drill"]
    phone("POST", f"alerts/{alert['alert_id']}/receipt", {"kind": "displayed", "at": started["started_at"]})
    assert desk("GET", f"{unit}/{started['drill_id']}").json()["is_ready"]


def test_received_is_answered_and_going_is_refused(desk: Caller, unit: str, phone: Phone) -> None:
    desk("POST", unit)
    [alert] = phone("GET", "alerts").json()["items"]
    received = phone("POST", f"alerts/{alert['alert_id']}/acknowledgment", {"response": "accepted"})
    assert (200, "acknowledged", None) == (received.status_code, received.json()["state"], received.json()["role"])
    going = phone("POST", f"alerts/{alert['alert_id']}/progress", {"status": "en_route"})
    assert 409 == going.status_code
    assert "This is a drill" in problem_of(going)["detail"]


def test_an_incident_is_no_drill_of_a_unit(desk: Caller, unit: str, agency: Agency) -> None:
    assert 404 == desk("GET", f"{unit}/{agency.unit_id}").status_code


def test_drills_are_listed_only_when_they_are_asked_for(desk: Caller, unit: str) -> None:
    drill_id = desk("POST", unit).json()["drill_id"]
    assert [] == desk("GET", "/v1/incidents").json()["items"]
    [listed] = desk("GET", "/v1/incidents?drills=true").json()["items"]
    assert (drill_id, True) == (listed["incident_id"], listed["drill"])


def test_an_auditor_may_look_at_a_drill_and_start_none(
    call: Caller, desk: Caller, unit: str, backend: Backend, agency: Agency
) -> None:
    drill_id = desk("POST", unit).json()["drill_id"]
    call.client.cookies.clear()
    auditor = {"authorization": f"Bearer {a_session(backend, agency, role=UserRole.AUDITOR)}"}
    assert 200 == call("GET", f"{unit}/{drill_id}", headers=auditor).status_code
    assert 403 == call("POST", unit, headers=auditor).status_code
