"""A dispatcher signs in and sees what happened."""

import pytest
from fake_clock import FrozenClock
from outside import (
    BASE_URL,
    PASSWORD,
    Agency,
    Backend,
    Caller,
    Phone,
    Sensors,
    a_body,
    a_person,
    an_agency,
    calling,
    problem_of,
    seat,
)

NOW_SAID = "2026-11-20T11:12:09.310000Z"


@pytest.fixture
def desk(call: Caller, backend: Backend, agency: Agency) -> Caller:
    """A dispatcher of the agency is signed in."""
    seat(call, backend, agency)
    return call


def test_nothing_is_shown_to_who_is_not_signed_in(call: Caller) -> None:
    for path in ("incidents", "incidents/0190a1b2-0000-7000-8000-000000000000", "units", "admin/devices"):
        answer = call("GET", f"/v1/{path}")
        assert (answer.status_code, problem_of(answer)["code"]) == (401, "unauthenticated")


def test_a_session_lasts_a_shift(desk: Caller, clock: FrozenClock) -> None:
    assert desk("GET", "/v1/units").status_code == 200
    clock.advance(12 * 3600)
    assert desk("GET", "/v1/units").status_code == 401


def test_who_signed_out_is_not_signed_in(desk: Caller) -> None:
    cookie = desk.client.cookies["beatline_session"]
    assert desk("DELETE", "/v1/session").status_code == 204
    assert "beatline_session" not in desk.client.cookies
    assert desk("GET", "/v1/units", headers={"cookie": f"beatline_session={cookie}"}).status_code == 401


def test_signing_out_twice_is_no_mistake(desk: Caller) -> None:
    desk("DELETE", "/v1/session")
    assert desk("DELETE", "/v1/session").status_code == 204


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(
    call: Caller, backend: Backend, agency: Agency
) -> None:
    email = a_person(backend, agency)
    wrong = call("POST", "/v1/session", json={"email": email, "password": "wrong"})
    unknown = call("POST", "/v1/session", json={"email": "nobody@bayview.test", "password": PASSWORD})
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.status_code == 401


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(call: Caller, backend: Backend, agency: Agency) -> None:
    email = a_person(backend, agency)
    answer = call("POST", "/v1/session", json={"email": email.upper(), "password": PASSWORD})
    attributes = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert attributes == {"httponly", "samesite=lax", "path=/", "max-age=43200"}


def test_over_tls_the_cookie_stays_on_tls(backend: Backend, agency: Agency) -> None:
    with calling(backend, base_url="https://beatline.test") as call:
        email = a_person(backend, agency)
        answer = call("POST", "/v1/session", json={"email": email, "password": PASSWORD})
    assert "; secure" in answer.headers["set-cookie"].lower()


def test_behind_a_proxy_that_ends_tls_the_cookie_stays_on_tls_too(backend: Backend, agency: Agency) -> None:
    with calling(backend, base_url="https://beatline.test") as call:
        who = {"email": a_person(backend, agency), "password": PASSWORD}
        answer = call("POST", "http://beatline.test/v1/session", json=who)
    assert "; secure" in answer.headers["set-cookie"].lower()


def test_a_page_of_another_site_cannot_use_the_cookie(desk: Caller) -> None:
    for origin in ("http://evil.test", "null", "http://beatline.test.evil.test", "http://[", ""):
        answer = desk("GET", "/v1/units", headers={"origin": origin})
        assert (answer.status_code, problem_of(answer)["code"]) == (403, "forbidden"), origin


def test_a_page_of_another_site_cannot_sign_its_visitor_in(call: Caller, backend: Backend, agency: Agency) -> None:
    who = {"email": a_person(backend, agency), "password": PASSWORD}
    assert call("POST", "/v1/session", json=who, headers={"origin": "http://evil.test"}).status_code == 403


def test_our_own_page_can(desk: Caller) -> None:
    assert desk("GET", "/v1/units", headers={"origin": BASE_URL}).status_code == 200


def test_our_own_page_can_behind_a_proxy_that_asks_us_by_another_name(desk: Caller) -> None:
    headers = {"origin": BASE_URL, "host": "10.0.0.7:8000", "cookie": f"x=y; beatline_session={_token(desk)}"}
    assert desk("GET", "/v1/units", headers=headers).status_code == 200


def test_a_script_may_send_its_session_in_a_header_from_anywhere(desk: Caller) -> None:
    token = _token(desk)
    desk.client.cookies.clear()
    headers = {"authorization": f"Bearer {token}", "origin": "http://scripts.test"}
    assert desk("GET", "/v1/units", headers=headers).status_code == 200


def test_a_phone_s_token_opens_no_desk(call: Caller, phone: Phone) -> None:
    assert call("GET", "/v1/units", headers={"authorization": f"Bearer {phone.token}"}).status_code == 401


def test_a_desk_s_session_is_no_phone(desk: Caller) -> None:
    assert desk("GET", "/v1/me/alerts", headers={"authorization": f"Bearer {_token(desk)}"}).status_code == 401


def test_the_whole_of_an_incident_tells_its_story(desk: Caller, phone: Phone, alert_id: str) -> None:
    accepted = phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "accepted"}).json()
    incident = desk("GET", f"/v1/incidents/{accepted['incident_id']}").json()

    [asked], [alert], [going] = incident["selection"]["asked"], incident["alerts"], incident["acknowledgments"]
    assert incident["state"] == "open"
    assert [each["detection_id"] for each in incident["detections"]] == ["SST-2026-000123"]
    assert (asked["call_sign"], asked["rank"], asked["level"]) == ("3A12", 1, 1)
    assert (alert["alert_id"], alert["state"], alert["acknowledged_at"]) == (alert_id, "acknowledged", NOW_SAID)
    assert (going["call_sign"], going["role"]) == ("3A12", "primary")
    assert "alert" in [page["kind"] for page in incident["pages"]]
    assert "detection_received" in [entry["action"] for entry in incident["timeline"]]
    assert "token-1" not in str(incident)


def test_another_agency_s_incident_does_not_exist(desk: Caller, backend: Backend, clock: FrozenClock) -> None:
    other = Sensors(desk, clock, an_agency(backend, name="Mission").source)
    incident_id = other.post(a_body()).json()["incident_id"]
    answer = desk("GET", f"/v1/incidents/{incident_id}")
    assert (answer.status_code, problem_of(answer)["code"]) == (404, "not_found")
    assert desk("GET", "/v1/incidents").json()["items"] == []


def test_incidents_come_newest_first_a_page_at_a_time(desk: Caller, sensors: Sensors) -> None:
    opened = [_shot_somewhere(sensors, number) for number in range(3)]
    first = desk("GET", "/v1/incidents?limit=2")
    assert [item["incident_id"] for item in first.json()["items"]] == [opened[2], opened[1]]
    address, relation = first.headers["link"].split(";")
    assert relation.strip() == 'rel="next"'
    second = desk("GET", address.strip("<>"))
    assert [item["incident_id"] for item in second.json()["items"]] == [opened[0]]
    assert "link" not in second.headers
    assert second.json()["next"] is None


def test_incidents_of_some_states_alone_can_be_asked_for(desk: Caller, sensors: Sensors) -> None:
    held = sensors.post(a_body(confidence="low")).json()["incident_id"]
    _shot_somewhere(sensors, 1)
    answer = desk("GET", "/v1/incidents?state=held&state=covered&limit=1")
    assert [item["incident_id"] for item in answer.json()["items"]] == [held]


def test_a_question_that_makes_no_sense_is_refused(desk: Caller) -> None:
    for query, field in (
        ("state=lost", "state.0"),
        ("state=%00", "state.0"),
        ("cursor=2", "cursor"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=" + "9" * 5_000, "limit"),
    ):
        answer = desk("GET", f"/v1/incidents?{query}")
        assert answer.status_code == 422, query
        assert [error["field"] for error in problem_of(answer)["errors"]] == [field]


def test_units_are_shown_with_what_they_say_of_themselves(desk: Caller, phone: Phone, agency: Agency) -> None:
    phone("PUT", "status", {"status": "available"})
    [unit] = desk("GET", "/v1/units").json()["items"]
    assert (unit["unit_id"], unit["call_sign"], unit["status"]) == (str(agency.unit_id), "3A12", "available")
    assert unit["has_device"] is True


def _token(call: Caller) -> str:
    token: str = call.client.cookies["beatline_session"]
    return token


def _shot_somewhere(sensors: Sensors, number: int) -> str:
    """Kilometres apart, so that each is an incident of its own."""
    place = {"lat": 37.70 + number / 20, "lon": -122.391, "uncertainty_m": 25}
    answer = sensors.post(a_body(detection_id=f"SST-{number}", location=place))
    incident_id: str = answer.json()["incident_id"]
    return incident_id
