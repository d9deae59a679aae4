"""An administrator lets people in and out, and cannot lock the agency out of itself."""

from typing import Any

import pytest
from outside import PASSWORD, Agency, Backend, Caller, a_user, an_agency, on_record, problem_of

USERS = "/v1/admin/users"


def a_body(**changes: Any) -> dict[str, Any]:
    return {"email": "ann@sfpd.test", "name": "Ann", "role": "dispatcher", "password": PASSWORD} | changes


def make(desk: Caller, **changes: Any) -> dict[str, Any]:
    answer = desk("POST", USERS, json=a_body(**changes))
    assert 201 == answer.status_code, answer.text
    made: dict[str, Any] = answer.json()
    return made


def sign_in(desk: Caller, email: str, password: str = PASSWORD) -> int:
    """With nothing that the desk already has."""
    said = {"email": email, "password": password}
    return desk("POST", "/v1/session", json=said, headers={"cookie": ""}).status_code


def own(desk: Caller) -> dict[str, Any]:
    [user] = [user for user in desk("GET", USERS).json()["items"] if user["role"] == "administrator"]
    found: dict[str, Any] = user
    return found


def test_somebody_new_signs_in_and_is_listed(desk: Caller) -> None:
    made = make(desk, email="Ann@SFPD.test")
    assert ("ann@sfpd.test", "Ann", "dispatcher", None) == tuple(
        made[name] for name in ("email", "name", "role", "disabled_at")
    )
    assert made in desk("GET", USERS).json()["items"]
    assert 204 == sign_in(desk, "ann@sfpd.test")


def test_no_answer_tells_a_password(desk: Caller) -> None:
    made = desk("POST", USERS, json=a_body())
    for text in (made.text, desk("GET", USERS).text):
        assert "password" not in text
        assert PASSWORD not in text


@pytest.mark.parametrize("email", ["ann@sfpd.test", "ANN@sfpd.test"])
def test_an_address_that_is_taken_is_refused_in_whatever_agency(
    desk: Caller, backend: Backend, email: str, agency: Agency
) -> None:
    make(desk)
    answer = desk("POST", USERS, json=a_body(email=email))
    assert (409, "already_exists") == (answer.status_code, problem_of(answer)["code"])
    assert 1 == len(on_record(backend, agency, "user_created"))


@pytest.mark.parametrize(
    "change",
    [
        {"password": "short"},
        {"password": "x" * 15},
        {"password": "passwordpassword"},
        {"password": "ann@sfpd.test 2026"},
        {"email": "nobody"},
        {"email": "a b@sfpd.test"},
        {"role": "chief"},
        {"name": " "},
        {"nick": "Annie"},
    ],
    ids=str,
)
def test_what_cannot_be_is_named(desk: Caller, change: dict[str, str]) -> None:
    answer = desk("POST", USERS, json=a_body(**change))
    assert 422 == answer.status_code
    assert list(change) == [error["field"] for error in problem_of(answer)["errors"]]


def test_everything_about_somebody_is_changed_at_once(desk: Caller) -> None:
    made = make(desk)
    change = {"name": "Ann B.", "role": "supervisor", "password": "another horse altogether", "disabled": False}
    changed = desk("PATCH", f"{USERS}/{made['user_id']}", json=change)
    assert (200, "Ann B.", "supervisor") == (changed.status_code, changed.json()["name"], changed.json()["role"])
    assert [401, 204] == [sign_in(desk, "ann@sfpd.test", word) for word in (PASSWORD, "another horse altogether")]


def test_a_change_that_fails_in_part_changes_nothing(desk: Caller) -> None:
    chief = own(desk)
    answer = desk("PATCH", f"{USERS}/{chief['user_id']}", json={"name": "Renamed", "disabled": True})
    assert (409, "illegal_move") == (answer.status_code, problem_of(answer)["code"])
    assert chief == own(desk)


def test_who_is_disabled_is_out_and_comes_back_when_enabled(desk: Caller) -> None:
    made = make(desk)
    path = f"{USERS}/{made['user_id']}"
    for _ in range(2):
        assert desk("PATCH", path, json={"disabled": True}).json()["disabled_at"] is not None
    assert 401 == sign_in(desk, "ann@sfpd.test")
    assert desk("PATCH", path, json={"disabled": False}).json()["disabled_at"] is None
    assert 204 == sign_in(desk, "ann@sfpd.test")


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "auditor"}])
def test_the_last_administrator_stays_one(desk: Caller, change: dict[str, Any]) -> None:
    answer = desk("PATCH", f"{USERS}/{own(desk)['user_id']}", json=change)
    assert (409, "illegal_move") == (answer.status_code, problem_of(answer)["code"])
    assert "last administrator" in problem_of(answer)["detail"]


def test_one_of_two_administrators_may_become_nobody_in_one_step(desk: Caller) -> None:
    second = make(desk, role="administrator")
    change = {"role": "dispatcher", "disabled": True}
    assert 200 == desk("PATCH", f"{USERS}/{second['user_id']}", json=change).status_code


def test_another_agency_s_people_are_not_there(desk: Caller, backend: Backend) -> None:
    theirs = a_user(backend, an_agency(backend, name="Mission"))
    assert str(theirs) not in desk("GET", USERS).text
    for change in ({"name": "Ours now"}, {"password": "another horse altogether"}):
        answer = desk("PATCH", f"{USERS}/{theirs}", json=change)
        assert (404, "not_found") == (answer.status_code, problem_of(answer)["code"])
