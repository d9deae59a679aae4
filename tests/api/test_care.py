"""A phone looks after its officer: who am I, all is well, help."""

from typing import Any

import pytest
from builders import seconds
from fake_clock import FrozenClock
from outside import Agency, Backend, Caller, Phone, Sensors, a_body, enrol, problem_of

from service.operations import care
from service.store import alerts

HERE = {"lat": 37.7371, "lon": -122.3911, "accuracy_m": 8}
NO_ALERT = "0190a1b2-0000-7000-8000-000000000000"


def me(phone: Phone) -> dict[str, Any]:
    said: dict[str, Any] = phone.call("GET", "/v1/me", headers={"authorization": f"Bearer {phone.token}"}).json()
    return said


def press(phone: Phone, body: dict[str, Any]) -> str:
    answer = phone("POST", "emergency", body)
    assert answer.status_code == 200, answer.text
    incident_id: str = answer.json()["incident_id"]
    return incident_id


@pytest.fixture
def asked_id(phone: Phone, alert_id: str, backend: Backend, clock: FrozenClock) -> str:
    """The alert of an officer who has been on scene for ten minutes, and is asked how it goes."""
    phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "accepted"})
    phone("POST", f"alerts/{alert_id}/progress", {"status": "on_scene"})
    for wait_s in (0, 601):
        clock.advance(wait_s)
        care.look_after_due(backend.database, backend.ports)
    return alert_id


# -- who am I? ----------------------------------------------------------------------------------------------------


def test_a_phone_learns_who_it_is(phone: Phone, agency: Agency, clock: FrozenClock) -> None:
    phone("PUT", "status", {"status": "available"})
    assert {
        "device_id": phone.device_id,
        "unit": {"id": str(agency.unit_id), "call_sign": "3A12"},
        "status": "available",
        "status_at": clock.now().isoformat().replace("+00:00", "Z"),
        "incident_id": None,
        "emergency": None,
    } == me(phone)


def test_an_officer_who_called_for_help_sees_that_it_lives(phone: Phone, clock: FrozenClock) -> None:
    incident_id = press(phone, {"location": HERE})
    emergency = me(phone)["emergency"]
    assert {"incident_id": incident_id, "state": "unanswered", "coming": []}.items() <= emergency.items()
    assert clock.now().isoformat().replace("+00:00", "Z") == emergency["called_at"]


# -- the button ---------------------------------------------------------------------------------------------------


def test_the_button_opens_an_incident_that_the_console_sees_at_once(phone: Phone, desk: Caller, agency: Agency) -> None:
    incident_id = press(phone, {"at": "2026-11-20T03:12:09-08:00", "location": HERE})
    [shown] = desk("GET", "/v1/incidents").json()["items"]
    assert (incident_id, {"unit_id": str(agency.unit_id), "call_sign": "3A12"}) == (
        shown["incident_id"],
        shown["emergency"],
    )
    assert {"lat": 37.7371, "lon": -122.3911, "uncertainty_m": 8.0} == shown["location"]
    whole = desk("GET", f"/v1/incidents/{incident_id}").json()
    assert [] == whole["detections"]
    assert "emergency_called" in [entry["action"] for entry in whole["timeline"]]


def test_an_incident_that_was_heard_is_no_emergency(sensors: Sensors, desk: Caller) -> None:
    sensors.post(a_body())
    [shown] = desk("GET", "/v1/incidents").json()["items"]
    assert shown["emergency"] is None


def test_pressed_twice_it_is_the_same_incident(phone: Phone) -> None:
    assert press(phone, {"location": HERE}) == press(phone, {})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"at": "half past three"},
        {"at": 0, "location": None},
        {"location": {"lat": 91, "lon": 0}},
        {"location": {"lat": "37.7", "lon": True}},
        {"location": {"lat": 37.7}},
        {"location": {"lat": 37.7, "lon": -122.3, "accuracy_m": -1}},
        {"location": [37.7, -122.3]},
        {"location": {"lat": 0, "lon": 0}},
        {"battery": 0.01, "at": {"year": 2026}},
    ],
)
def test_help_is_called_whatever_is_wrong_with_what_the_phone_says(phone: Phone, body: dict[str, Any]) -> None:
    assert press(phone, body)


def test_who_is_not_enrolled_cannot_call(call: Caller) -> None:
    assert 401 == call("POST", "/v1/me/emergency", json={}).status_code


# -- all right? ---------------------------------------------------------------------------------------------------


def test_the_question_is_in_the_list_of_alerts(phone: Phone, asked_id: str, clock: FrozenClock) -> None:
    [item] = phone("GET", "alerts").json()["items"]
    asked_at, answer_by = clock.now(), clock.now() + seconds(60)
    assert asked_id == item["alert_id"]
    assert {
        "asked_at": asked_at.isoformat().replace("+00:00", "Z"),
        "answer_by": answer_by.isoformat().replace("+00:00", "Z"),
    } == item["welfare"]


def test_a_phone_that_caught_up_before_learns_of_the_question(
    phone: Phone, alert_id: str, backend: Backend, clock: FrozenClock
) -> None:
    phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "accepted"})
    phone("POST", f"alerts/{alert_id}/progress", {"status": "on_scene"})
    care.look_after_due(backend.database, backend.ports)
    following = phone("GET", "alerts").json()["next"]
    clock.advance(601)
    care.look_after_due(backend.database, backend.ports)
    [item] = phone("GET", f"alerts?since={following}").json()["items"]
    assert item["welfare"] is not None


def test_all_right_takes_the_question_away(phone: Phone, asked_id: str) -> None:
    answer = phone("POST", f"alerts/{asked_id}/welfare", {"answer": "all_right"})
    assert (200, None) == (answer.status_code, answer.json()["welfare"])
    assert answer.json() == phone("POST", f"alerts/{asked_id}/welfare", {"answer": "all_right"}).json()


def test_help_opens_an_emergency_at_the_place_that_the_phone_tells(phone: Phone, asked_id: str, desk: Caller) -> None:
    body = {"answer": "help", "location": HERE}
    assert 200 == phone("POST", f"alerts/{asked_id}/welfare", body).status_code
    assert 200 == phone("POST", f"alerts/{asked_id}/welfare", body).status_code
    shown = desk("GET", "/v1/incidents").json()["items"]
    assert ["3A12", None] == [one["emergency"] and one["emergency"]["call_sign"] for one in shown]


@pytest.mark.parametrize("body", [{}, {"answer": "fine"}, {"answer": None}])
def test_an_answer_that_is_none_is_refused(phone: Phone, asked_id: str, body: dict[str, Any]) -> None:
    answer = phone("POST", f"alerts/{asked_id}/welfare", body)
    assert (422, "answer") == (answer.status_code, problem_of(answer)["errors"][0]["field"])


def test_an_alert_of_nobody_is_not_found_and_no_emergency(phone: Phone, desk: Caller) -> None:
    for answer in ("all_right", "help"):
        assert 404 == phone("POST", f"alerts/{NO_ALERT}/welfare", {"answer": answer}).status_code
    assert [] == desk("GET", "/v1/incidents").json()["items"]


def test_an_officer_who_declined_is_not_all_right_there(phone: Phone, alert_id: str) -> None:
    phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "declined"})
    answer = phone("POST", f"alerts/{alert_id}/welfare", {"answer": "all_right"})
    assert (409, "illegal_move") == (answer.status_code, problem_of(answer)["code"])


def test_the_clock_looks_no_more_once_the_unit_is_clear(
    phone: Phone, asked_id: str, backend: Backend, agency: Agency
) -> None:
    phone("POST", f"alerts/{asked_id}/progress", {"status": "clear"})
    with backend.database.transaction(agency.agency_id) as tx:
        [stored] = alerts.of_unit(tx, agency.unit_id, since=None, limit=1)
    assert stored.next_look_at is None
    assert 0 == care.look_after_due(backend.database, backend.ports)


def test_a_second_phone_of_the_unit_sees_the_answer(
    phone: Phone, asked_id: str, call: Caller, backend: Backend, agency: Agency
) -> None:
    other = enrol(call, backend, agency)
    phone("POST", f"alerts/{asked_id}/welfare", {"answer": "all_right"})
    [item] = other("GET", "alerts").json()["items"]
    assert item["welfare"] is None
