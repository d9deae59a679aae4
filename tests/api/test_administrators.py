"""An administrator hands out codes and takes lost phones out of service; nobody else does."""

from fake_clock import FrozenClock
from outside import Agency, Backend, Caller, Phone, a_moment, an_agency, an_enrolment, problem_of, seat

from service.store.users import UserRole


def test_a_code_from_the_administrator_enrols_a_phone(desk: Caller, agency: Agency) -> None:
    issued = desk("POST", "/v1/admin/enrolment-codes", json={"unit_id": str(agency.unit_id)})
    assert (issued.status_code, issued.json()["unit_id"]) == (201, str(agency.unit_id))
    enrolled = desk("POST", "/v1/enrolments", json=an_enrolment(issued.json()["code"]))
    assert enrolled.json()["unit"]["call_sign"] == "3A12"


def test_another_agency_s_unit_gets_no_code(desk: Caller, backend: Backend) -> None:
    other = an_agency(backend, name="Mission")
    answer = desk("POST", "/v1/admin/enrolment-codes", json={"unit_id": str(other.unit_id)})
    assert (answer.status_code, problem_of(answer)["code"]) == (404, "not_found")


def test_a_lost_phone_is_found_in_the_list_and_taken_out_of_service(desk: Caller, phone: Phone) -> None:
    [device] = desk("GET", "/v1/admin/devices").json()["items"]
    assert (device["device_id"], device["revoked_at"]) == (phone.device_id, None)
    assert desk("DELETE", f"/v1/admin/devices/{phone.device_id}").status_code == 204
    assert desk("DELETE", f"/v1/admin/devices/{phone.device_id}").status_code == 204
    [device] = desk("GET", "/v1/admin/devices").json()["items"]
    assert device["revoked_at"] is not None


def test_a_phone_out_of_service_is_heard_and_answered_no_more(desk: Caller, phone: Phone, clock: FrozenClock) -> None:
    report = {"fixes": [{"lat": 37.737, "lon": -122.391, "at": a_moment(clock, -1)}]}
    assert phone("POST", "positions", report).status_code == 200
    desk("DELETE", f"/v1/admin/devices/{phone.device_id}")
    assert phone("POST", "positions", report).status_code == 401
    assert phone("GET", "alerts").status_code == 401


def test_the_list_of_phones_does_not_tell_how_to_ring_them(desk: Caller, phone: Phone) -> None:
    listed = desk("GET", "/v1/admin/devices").text
    assert "token-1" not in listed
    assert phone.token not in listed


def test_a_phone_that_never_was_cannot_be_revoked(desk: Caller) -> None:
    answer = desk("DELETE", "/v1/admin/devices/0190a1b2-0000-7000-8000-000000000000")
    assert (answer.status_code, problem_of(answer)["code"]) == (404, "not_found")


def test_a_dispatcher_is_no_administrator(call: Caller, backend: Backend, agency: Agency, phone: Phone) -> None:
    seat(call, backend, agency, role=UserRole.DISPATCHER)
    for method, path, body in [
        ("POST", "enrolment-codes", {"unit_id": str(agency.unit_id)}),
        ("GET", "devices", None),
        ("DELETE", f"devices/{phone.device_id}", None),
    ]:
        answer = call(method, f"/v1/admin/{path}", json=body)
        assert (answer.status_code, problem_of(answer)["code"]) == (403, "forbidden")
