"""An administrator says what the agency is called and which time it keeps, of no other agency and of no new one."""

import pytest
from outside import Agency, Backend, Caller, an_agency, on_record, problem_of


@pytest.fixture
def own(agency: Agency) -> str:
    return f"/v1/admin/agencies/{agency.agency_id}"


def test_the_own_agency_is_the_only_one_there_is(desk: Caller, backend: Backend, agency: Agency) -> None:
    an_agency(backend, name="Mission")
    [item] = desk("GET", "/v1/admin/agencies").json()["items"]
    assert {"agency_id": str(agency.agency_id), "name": "Bayview", "timezone": "America/Los_Angeles"} == item


def test_another_agency_is_not_there(desk: Caller, backend: Backend) -> None:
    other = an_agency(backend, name="Mission")
    for method, body in (("GET", None), ("PATCH", {"name": "Ours now"})):
        answer = desk(method, f"/v1/admin/agencies/{other.agency_id}", json=body)
        assert (404, "not_found") == (answer.status_code, problem_of(answer)["code"])


def test_nobody_makes_an_agency_through_the_api(desk: Caller) -> None:
    assert 405 == desk("POST", "/v1/admin/agencies", json={"name": "New", "timezone": "UTC"}).status_code


def test_an_agency_is_renamed_and_moved_to_another_time(desk: Caller, own: str) -> None:
    changed = desk("PATCH", own, json={"name": " Bayview PD ", "timezone": "America/Denver"})
    assert (200, "Bayview PD", "America/Denver") == (
        changed.status_code,
        changed.json()["name"],
        changed.json()["timezone"],
    )
    assert changed.json() == desk("GET", own).json()


def test_a_change_is_on_record_once_with_who_and_from_where(
    desk: Caller, own: str, backend: Backend, agency: Agency
) -> None:
    for _ in range(2):
        desk("PATCH", own, json={"name": "Bayview PD"})
    [entry] = on_record(backend, agency, "agency_changed")
    assert ("Bayview PD", "America/Los_Angeles") == (entry["name"], entry["timezone"])
    assert entry["actor"].startswith("user:")
    assert "127.0.0.1" == entry["origin"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"timezone": "America"}, "timezone"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"timezone": "PST"}, "timezone"),
        ({"name": "   "}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"naem": "Bayview"}, "naem"),
    ],
)
def test_what_cannot_be_is_named(desk: Caller, own: str, change: dict[str, str], field: str) -> None:
    answer = desk("PATCH", own, json=change)
    assert 422 == answer.status_code
    assert [field] == [error["field"] for error in problem_of(answer)["errors"]]


def test_nothing_to_change_changes_nothing(desk: Caller, own: str) -> None:
    before = desk("GET", own).json()
    for body in ({}, {"name": None, "timezone": None}):
        assert before == desk("PATCH", own, json=body).json()
