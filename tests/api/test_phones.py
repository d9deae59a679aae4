"""A phone enrols, catches up and answers."""

from typing import Any

import pytest
from fake_clock import FrozenClock
from outside import (
    Agency,
    Backend,
    Caller,
    Phone,
    Sensors,
    a_body,
    a_moment,
    an_enrolment,
    enrol,
    on_record,
    problem_of,
)

from service.operations import registry
from service.operations.accounts import SignedInUser
from service.store.users import UserRole

NO_ALERT = "0190a1b2-0000-7000-8000-000000000000"


def test_a_code_works_once(call: Caller, backend: Backend, agency: Agency) -> None:
    code, _ = registry.issue_enrolment_code(
        backend.database, backend.ports, agency_id=agency.agency_id, unit_id=agency.unit_id, actor="test"
    )
    first = call("POST", "/v1/enrolments", json=an_enrolment(code))
    again = call("POST", "/v1/enrolments", json=an_enrolment(code))
    assert (first.status_code, again.status_code) == (201, 422)
    assert first.json()["unit"] == {"id": str(agency.unit_id), "call_sign": "3A12"}
    assert problem_of(again)["code"] == "code_not_usable"


def test_it_is_on_record_from_where_a_phone_enrolled(phone: Phone, backend: Backend, agency: Agency) -> None:
    [enrolled] = on_record(backend, agency, "device_enrolled")
    assert (f"device:{phone.device_id}", "127.0.0.1") == (enrolled["actor"], enrolled["origin"])


def test_a_code_may_be_typed_in_small_letters_without_its_dash(call: Caller, backend: Backend, agency: Agency) -> None:
    code, _ = registry.issue_enrolment_code(
        backend.database, backend.ports, agency_id=agency.agency_id, unit_id=agency.unit_id, actor="test"
    )
    answer = call("POST", "/v1/enrolments", json=an_enrolment(code.lower().replace("-", "")))
    assert answer.status_code == 201


def test_a_phone_that_is_newer_than_the_server_may_say_more(call: Caller, backend: Backend, agency: Agency) -> None:
    code, _ = registry.issue_enrolment_code(
        backend.database, backend.ports, agency_id=agency.agency_id, unit_id=agency.unit_id, actor="test"
    )
    assert call("POST", "/v1/enrolments", json=an_enrolment(code, battery=0.8)).status_code == 201


def test_a_phone_without_a_push_service_may_enrol(call: Caller, backend: Backend, agency: Agency) -> None:
    code, _ = registry.issue_enrolment_code(
        backend.database, backend.ports, agency_id=agency.agency_id, unit_id=agency.unit_id, actor="test"
    )
    assert call("POST", "/v1/enrolments", json=an_enrolment(code, push={"kind": "none"})).status_code == 201


def test_a_push_target_without_a_value_is_refused(phone: Phone) -> None:
    answer = phone("PUT", "push", {"kind": "fcm_token"})
    assert (answer.status_code, problem_of(answer)["code"]) == (422, "invalid")


def test_a_phone_says_where_it_rings_and_how_its_unit_is(phone: Phone) -> None:
    assert phone("PUT", "push", {"kind": "fcm_fid", "value": "fid-2"}).status_code == 204
    assert phone("PUT", "status", {"status": "available"}).status_code == 204


def test_who_is_not_enrolled_is_told_so(call: Caller) -> None:
    for header in (None, "", "Bearer", "Bearer bld_nonsense", "Basic eDp5", "Bearer é", "Bearer " + "x" * 10_000):
        headers = {} if header is None else {b"authorization": header.encode("latin-1")}
        answer = call("GET", "/v1/me/alerts", headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), header
        assert problem_of(answer)["code"] == "unauthenticated"


def test_a_lost_phone_that_was_revoked_sees_nothing_any_more(phone: Phone, backend: Backend, agency: Agency) -> None:
    user = SignedInUser(agency_id=agency.agency_id, user_id=agency.unit_id, role=UserRole.ADMINISTRATOR)
    assert phone("GET", "alerts").status_code == 200
    [listed] = registry.list_devices(backend.database, agency_id=agency.agency_id)
    registry.revoke_device(backend.database, backend.ports, user=user, device_id=listed.device.device_id)
    assert phone("GET", "alerts").status_code == 401


def test_a_phone_catches_up_with_what_it_was_not_told(phone: Phone, alert_id: str) -> None:
    answer = phone("GET", "alerts").json()
    [item] = answer["items"]
    assert (item["alert_id"], item["state"], item["role"]) == (alert_id, "queued", None)
    assert item["incident"]["location"] == {"lat": 37.737, "lon": -122.391, "uncertainty_m": 25.0}
    assert item["incident"]["occurred_at"] == "2026-11-20T11:12:09.310000Z"
    assert 10 < item["distance_m"] < 20


@pytest.mark.usefixtures("alert_id")
def test_asked_again_since_then_there_is_nothing_new(phone: Phone) -> None:
    following = phone("GET", "alerts").json()["next"]
    assert phone("GET", f"alerts?since={following}").json() == {"items": [], "next": following}


def test_what_changed_since_then_is_told(phone: Phone, alert_id: str, clock: FrozenClock) -> None:
    following = phone("GET", "alerts").json()["next"]
    clock.advance(1)
    phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "accepted"})
    [item] = phone("GET", f"alerts?since={following}").json()["items"]
    assert (item["alert_id"], item["state"]) == (alert_id, "acknowledged")


def test_a_since_that_is_no_time_is_refused(phone: Phone) -> None:
    for since in ("yesterday", "0", "2026-11-20T11:12:09", "%00", "%ED%A0%80"):
        answer = phone("GET", f"alerts?since={since}")
        assert answer.status_code == 422, since
        assert [error["field"] for error in problem_of(answer)["errors"]] == ["since"]


def test_the_first_who_accepts_is_primary(phone: Phone, alert_id: str) -> None:
    answer = phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "accepted"})
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["role"]) == ("acknowledged", "primary")


def test_accepting_twice_is_the_same_answer(phone: Phone, alert_id: str) -> None:
    first = phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "accepted"})
    assert phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "accepted"}).json() == first.json()


def test_who_declines_has_no_role(phone: Phone, alert_id: str) -> None:
    phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "accepted"})
    answer = phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "declined", "reason": "flat tire"})
    assert (answer.status_code, answer.json()["state"], answer.json()["role"]) == (200, "declined", None)


def test_after_the_incident_s_end_there_is_nothing_to_accept(phone: Phone, alert_id: str, sensors: Sensors) -> None:
    sensors.post(a_body(kind="dismissed", revision=1))
    answer = phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "accepted"})
    assert (answer.status_code, problem_of(answer)["code"]) == (409, "incident_over")


def test_a_receipt_may_come_twice(phone: Phone, alert_id: str, clock: FrozenClock) -> None:
    receipt = {"kind": "displayed", "at": a_moment(clock, -1)}
    assert phone("POST", f"alerts/{alert_id}/receipt", receipt).status_code == 204
    assert phone("POST", f"alerts/{alert_id}/receipt", receipt).status_code == 204


def test_a_unit_that_is_going_says_how_far_it_is_and_what_it_found(phone: Phone, alert_id: str) -> None:
    phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "accepted"})
    assert phone("POST", f"alerts/{alert_id}/progress", {"status": "on_scene"}).status_code == 200
    found = {"disposition": "evidence_found", "casings": 4, "note": "9 mm, under the\nblue car"}
    assert phone("POST", f"alerts/{alert_id}/disposition", found).status_code == 200
    assert phone("POST", f"alerts/{alert_id}/progress", {"status": "clear"}).status_code == 200


def test_a_unit_that_is_not_going_cannot_be_on_the_scene(phone: Phone, alert_id: str) -> None:
    answer = phone("POST", f"alerts/{alert_id}/progress", {"status": "on_scene"})
    assert (answer.status_code, problem_of(answer)["code"]) == (409, "illegal_move")


WRONG: list[tuple[str, str, Any]] = [
    ("PUT", "push", {"kind": "carrier_pigeon", "value": "x"}),
    ("PUT", "push", {"kind": "fcm_token", "value": "x" * 5_000}),
    ("PUT", "status", {"status": "asleep"}),
    ("PUT", "status", {"status": None}),
    ("PUT", "status", ["available"]),
    ("POST", f"alerts/{NO_ALERT}/receipt", {"kind": "seen", "at": "2026-11-20T11:12:09Z"}),
    ("POST", f"alerts/{NO_ALERT}/receipt", {"kind": "received", "at": 0}),
    ("POST", f"alerts/{NO_ALERT}/acknowledgment", {"response": "maybe"}),
    ("POST", f"alerts/{NO_ALERT}/acknowledgment", {"response": True}),
    ("POST", f"alerts/{NO_ALERT}/acknowledgment", {"response": "declined", "reason": "x" * 301}),
    ("POST", f"alerts/{NO_ALERT}/acknowledgment", {"response": "accepted", "at": "noon"}),
    ("POST", f"alerts/{NO_ALERT}/progress", {"status": "off_duty"}),
    ("POST", f"alerts/{NO_ALERT}/disposition", {"disposition": "boring"}),
    ("POST", f"alerts/{NO_ALERT}/disposition", {"disposition": "other", "casings": -1}),
    ("POST", "alerts/not-an-alert/acknowledgment", {"response": "accepted"}),
]


def test_what_a_phone_says_wrongly_is_refused_with_the_reason(phone: Phone) -> None:
    for method, path, body in WRONG:
        answer = phone(method, path, body)
        assert answer.status_code == 422, (path, body, answer.text)
        assert problem_of(answer)["code"] == "invalid"


def test_a_phone_s_json_is_read_as_strictly_as_a_sensor_s(call: Caller, phone: Phone) -> None:
    headers = {"authorization": f"Bearer {phone.token}", "content-type": "application/json"}
    for raw in ('{"status": NaN}', '{"status": "\\ud800"}', '{"status": 1, "status": 2}', "", "\x00"):
        answer = call("PUT", "/v1/me/status", headers=headers, content=raw)
        assert (answer.status_code, problem_of(answer)["code"]) == (422, "invalid"), raw


def test_a_phone_s_body_is_bounded_too(call: Caller, phone: Phone) -> None:
    headers = {"authorization": f"Bearer {phone.token}", "content-type": "application/json"}
    assert call("PUT", "/v1/me/status", headers=headers, content=" " * 300_000).status_code == 413


def test_a_form_is_not_json(call: Caller, phone: Phone) -> None:
    answer = call("PUT", "/v1/me/status", headers={"authorization": f"Bearer {phone.token}"}, data={"status": "x"})
    assert (answer.status_code, problem_of(answer)["code"]) == (415, "unsupported_media_type")


def test_another_unit_s_alert_does_not_exist(call: Caller, backend: Backend, agency: Agency, alert_id: str) -> None:
    unit_id = registry.create_unit(backend.database, backend.ports, agency_id=agency.agency_id, call_sign="3A14")
    other = enrol(call, backend, Agency(agency.agency_id, agency.source, unit_id))
    for path, body in [
        ("acknowledgment", {"response": "accepted"}),
        ("acknowledgment", {"response": "declined"}),
        ("receipt", {"kind": "received", "at": "2026-11-20T11:12:10Z"}),
        ("progress", {"status": "clear"}),
        ("disposition", {"disposition": "other"}),
    ]:
        answer = other("POST", f"alerts/{alert_id}/{path}", body)
        assert (answer.status_code, problem_of(answer)["code"]) == (404, "not_found")
