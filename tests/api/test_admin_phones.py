"""What an administrator knows of phones and codes: which can ring, which was heard of when, and who can still enrol."""

import pytest
from fake_clock import FrozenClock
from outside import Agency, Backend, Caller, Phone, an_agency, an_enrolment, enrol, on_record, problem_of, seat

from service.operations import roster
from service.operations.administration import Operator
from service.store.users import UserRole

CODES = "/v1/admin/enrolment-codes"
NOBODY = "0190a1b2-0000-7000-8000-000000000000"


def the_device(desk: Caller) -> dict[str, object]:
    [device] = desk("GET", "/v1/admin/devices").json()["items"]
    found: dict[str, object] = device
    return found


def test_a_phone_in_the_list_has_the_call_sign_of_its_unit(desk: Caller, phone: Phone) -> None:
    assert ("3A12", "ok", None) == tuple(the_device(desk)[name] for name in ("call_sign", "push_state", "push_lost_at"))
    assert phone.device_id == the_device(desk)["device_id"]


def test_a_phone_is_seen_when_it_calls(desk: Caller, phone: Phone, clock: FrozenClock) -> None:
    assert the_device(desk)["last_seen_at"] is None
    phone("GET", "alerts")
    assert _moment(clock) == the_device(desk)["last_seen_at"]


def test_that_a_phone_was_seen_is_noted_once_a_minute(desk: Caller, phone: Phone, clock: FrozenClock) -> None:
    phone("GET", "alerts")
    first = _moment(clock)
    clock.advance(59)
    phone("GET", "alerts")
    assert first == the_device(desk)["last_seen_at"]
    clock.advance(1)
    phone("GET", "alerts")
    assert _moment(clock) == the_device(desk)["last_seen_at"]


def test_a_phone_that_only_reports_positions_is_seen_too(desk: Caller, phone: Phone, clock: FrozenClock) -> None:
    phone("POST", "positions", {"fixes": [{"lat": 37.737, "lon": -122.391, "at": _moment(clock)}]})
    assert _moment(clock) == the_device(desk)["last_seen_at"]


def test_the_last_receipt_of_a_phone_is_told(desk: Caller, phone: Phone, alert_id: str, clock: FrozenClock) -> None:
    assert the_device(desk)["last_receipt_at"] is None
    phone("POST", f"alerts/{alert_id}/receipt", {"kind": "received", "at": _moment(clock)})
    clock.advance(3)
    phone("POST", f"alerts/{alert_id}/receipt", {"kind": "displayed", "at": _moment(clock)})
    assert _moment(clock) == the_device(desk)["last_receipt_at"]


def test_a_phone_without_a_push_target_is_told_as_one_that_cannot_be_pushed(desk: Caller, phone: Phone) -> None:
    phone("PUT", "push", {"kind": "none", "value": ""})
    assert "none" == the_device(desk)["push_state"]


def test_a_phone_whose_target_another_one_took_has_lost_it(
    desk: Caller, phone: Phone, backend: Backend, agency: Agency, clock: FrozenClock
) -> None:
    clock.advance(60)
    second = enrol(desk, backend, agency)
    states = {each["device_id"]: each for each in desk("GET", "/v1/admin/devices").json()["items"]}
    assert ("ok", None) == (states[second.device_id]["push_state"], states[second.device_id]["push_lost_at"])
    assert ("lost", _moment(clock)) == (
        states[phone.device_id]["push_state"],
        states[phone.device_id]["push_lost_at"],
    )


def test_an_open_code_is_listed_without_itself_and_gone_once_it_was_used(desk: Caller, agency: Agency) -> None:
    issued = desk("POST", CODES, json={"unit_id": str(agency.unit_id)}).json()
    listed = desk("GET", CODES)
    [item] = listed.json()["items"]
    assert (issued["code_id"], "3A12", issued["expires_at"]) == (item["code_id"], item["call_sign"], item["expires_at"])
    assert issued["code"] not in listed.text
    assert 201 == desk("POST", "/v1/enrolments", json=an_enrolment(issued["code"])).status_code
    assert [] == desk("GET", CODES).json()["items"]


def test_a_code_that_has_expired_is_open_no_more(
    desk: Caller, backend: Backend, agency: Agency, clock: FrozenClock
) -> None:
    desk("POST", CODES, json={"unit_id": str(agency.unit_id)})
    clock.advance(24 * 3600)
    seat(desk, backend, agency, role=UserRole.ADMINISTRATOR)  # the session was shorter
    assert [] == desk("GET", CODES).json()["items"]


def test_a_revoked_code_enrols_nobody_and_may_be_revoked_twice(desk: Caller, agency: Agency) -> None:
    issued = desk("POST", CODES, json={"unit_id": str(agency.unit_id)}).json()
    for _ in range(2):
        assert 204 == desk("DELETE", f"{CODES}/{issued['code_id']}").status_code
    assert [] == desk("GET", CODES).json()["items"]
    refused = desk("POST", "/v1/enrolments", json=an_enrolment(issued["code"]))
    assert (422, "code_not_usable") == (refused.status_code, problem_of(refused)["code"])


def test_revoking_a_used_code_says_that_the_phone_is_in(desk: Caller, agency: Agency) -> None:
    issued = desk("POST", CODES, json={"unit_id": str(agency.unit_id)}).json()
    desk("POST", "/v1/enrolments", json=an_enrolment(issued["code"]))
    refused = desk("DELETE", f"{CODES}/{issued['code_id']}")
    assert (409, "illegal_move") == (refused.status_code, problem_of(refused)["code"])
    assert "revoke the phone" in problem_of(refused)["detail"]


def test_a_code_that_never_was_cannot_be_revoked(desk: Caller) -> None:
    assert 404 == desk("DELETE", f"{CODES}/{NOBODY}").status_code


def test_a_shift_gets_its_codes_at_once(desk: Caller, backend: Backend, agency: Agency) -> None:
    by = Operator(agency_id=agency.agency_id, actor="test")
    second = roster.create_unit(backend.database, backend.ports, by=by, call_sign="3A14")
    answer = desk("POST", f"{CODES}/batch", json={"unit_ids": [str(second), str(agency.unit_id)]})
    assert 201 == answer.status_code
    assert ["3A14", "3A12"] == [item["call_sign"] for item in answer.json()["items"]]
    assert 2 == len({item["code"] for item in answer.json()["items"]})


def test_a_shift_with_a_stranger_in_it_gets_no_code_at_all(desk: Caller, backend: Backend, agency: Agency) -> None:
    other = an_agency(backend, name="Mission")
    answer = desk("POST", f"{CODES}/batch", json={"unit_ids": [str(agency.unit_id), str(other.unit_id)]})
    assert 404 == answer.status_code
    assert [] == desk("GET", CODES).json()["items"]


@pytest.mark.parametrize("unit_ids", [[], [NOBODY] * 201, ["3A12"], None])
def test_a_shift_of_nobody_or_of_too_many_is_refused(desk: Caller, unit_ids: object) -> None:
    assert 422 == desk("POST", f"{CODES}/batch", json={"unit_ids": unit_ids}).status_code


def test_a_phone_that_is_revoked_twice_is_on_record_once(
    desk: Caller, phone: Phone, backend: Backend, agency: Agency
) -> None:
    for _ in range(2):
        desk("DELETE", f"/v1/admin/devices/{phone.device_id}")
    assert 1 == len(on_record(backend, agency, "device_revoked"))


def _moment(clock: FrozenClock) -> str:
    return clock.now().isoformat().replace("+00:00", "Z")
