"""An administrator's roster: which units there are, how many phones each has, and when it was last seen."""

from typing import Any

import pytest
from builders import a_fix, seconds
from fake_clock import FrozenClock
from outside import Agency, Backend, Caller, Phone, an_agency, on_record, problem_of

from service.domain.unit import Track
from service.store import fixes

UNITS = "/v1/admin/units"


def roster(desk: Caller) -> dict[str, dict[str, Any]]:
    return {unit["call_sign"]: unit for unit in desk("GET", UNITS).json()["items"]}


def test_a_new_unit_is_off_duty_and_has_no_phone(desk: Caller) -> None:
    made = desk("POST", UNITS, json={"call_sign": " 3A14 ", "kind": "supervisor"})
    assert 201 == made.status_code
    assert ("3A14", "supervisor", "off_duty", 0, None, None) == tuple(
        made.json()[name] for name in ("call_sign", "kind", "status", "devices", "last_fix_at", "last_fix_age_s")
    )
    assert made.json() == roster(desk)["3A14"]


def test_the_roster_tells_phones_in_service_and_the_age_of_the_last_fix(
    desk: Caller, backend: Backend, agency: Agency, phone: Phone, clock: FrozenClock
) -> None:
    with backend.database.transaction(agency.agency_id) as tx:
        fix = a_fix(at=clock.now() - seconds(94))
        fixes.keep(tx, {agency.unit_id: Track(last=fix)}, now=clock.now())
    unit = roster(desk)["3A12"]
    assert (1, True, 94.0) == (unit["devices"], unit["has_device"], unit["last_fix_age_s"])
    desk("DELETE", f"/v1/admin/devices/{phone.device_id}")
    assert (0, False) == tuple(roster(desk)["3A12"][name] for name in ("devices", "has_device"))


def test_a_call_sign_that_is_taken_is_refused(desk: Caller) -> None:
    second = desk("POST", UNITS, json={"call_sign": "3A14"}).json()
    for answer in (
        desk("POST", UNITS, json={"call_sign": "3A12"}),
        desk("PATCH", f"{UNITS}/{second['unit_id']}", json={"call_sign": "3A12"}),
    ):
        assert (409, "already_exists") == (answer.status_code, problem_of(answer)["code"])
    assert ["3A12", "3A14"] == list(roster(desk))


def test_another_agency_may_use_the_same_call_sign(desk: Caller, backend: Backend) -> None:
    an_agency(backend, name="Mission")
    assert ["3A12"] == list(roster(desk))


def test_a_unit_is_renamed_and_becomes_a_supervisor(
    desk: Caller, backend: Backend, agency: Agency, phone: Phone
) -> None:
    path = f"{UNITS}/{agency.unit_id}"
    for _ in range(2):
        changed = desk("PATCH", path, json={"call_sign": "3S12", "kind": "supervisor"})
        assert (200, "3S12", "supervisor", 1) == (
            changed.status_code,
            *(changed.json()[name] for name in ("call_sign", "kind", "devices")),
        )
    [entry] = on_record(backend, agency, "unit_changed")
    assert ("3S12", "3A12") == (entry["call_sign"], entry["before"])
    assert 200 == phone("GET", "alerts").status_code


def test_another_agency_s_unit_is_not_there(desk: Caller, backend: Backend) -> None:
    other = an_agency(backend, name="Mission")
    answer = desk("PATCH", f"{UNITS}/{other.unit_id}", json={"call_sign": "3A99"})
    assert (404, "not_found") == (answer.status_code, problem_of(answer)["code"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"call_sign": ""}, "call_sign"),
        ({"call_sign": " "}, "call_sign"),
        ({"call_sign": "3A\t14"}, "call_sign"),
        ({"call_sign": 3}, "call_sign"),
        ({"kind": "patrol"}, "call_sign"),
        ({"call_sign": "3A14", "kind": "helicopter"}, "kind"),
        ({"call_sign": "3A14", "status": "available"}, "status"),
    ],
    ids=str,
)
def test_what_cannot_be_is_named(desk: Caller, body: dict[str, Any], field: str) -> None:
    answer = desk("POST", UNITS, json=body)
    assert 422 == answer.status_code
    assert [field] == [error["field"] for error in problem_of(answer)["errors"]]
