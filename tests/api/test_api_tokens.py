"""A program has a token of its own, which goes as far as it was told to and ends when it should."""

from dataclasses import dataclass
from typing import Any

import pytest
from fake_clock import FrozenClock
from httpx import Response
from outside import Agency, Backend, Caller, a_session, an_agency, problem_of, seat
from sqlalchemy import select

from service.store import users
from service.store.tables import JOURNAL
from service.store.users import UserRole

DAY_S = 86_400


@pytest.fixture
def desk(call: Caller, backend: Backend, agency: Agency) -> Caller:
    """An administrator is signed in."""
    seat(call, backend, agency, role=UserRole.ADMINISTRATOR)
    return call


@dataclass(frozen=True, slots=True)
class Program:
    """What has nothing but its token, and whatever its owner's browser does with cookies."""

    desk: Caller
    token_id: str
    token: str

    def __call__(self, method: str, path: str, body: Any = None) -> Response:
        headers = {"authorization": f"Bearer {self.token}", "cookie": ""}
        return self.desk(method, f"/v1/{path}", headers=headers, json=body)


def make_program(desk: Caller, *scopes: str, days: int = 30) -> Program:
    wanted = {"name": "Nightly report", "scopes": scopes or ["read"], "days": days}
    answer = desk("POST", "/v1/admin/api-tokens", json=wanted)
    assert answer.status_code == 201, answer.text
    return Program(desk, answer.json()["token_id"], answer.json()["token"])


def test_a_program_reads_with_its_token(desk: Caller) -> None:
    assert 200 == make_program(desk)("GET", "units").status_code


def test_a_token_goes_no_further_than_its_scopes(desk: Caller, agency: Agency) -> None:
    code = {"unit_id": str(agency.unit_id)}
    refused = make_program(desk, "read", "dispatch")("POST", "admin/enrolment-codes", code)
    assert (403, "forbidden") == (refused.status_code, problem_of(refused)["code"])
    assert "administer" in problem_of(refused)["detail"]
    assert 201 == make_program(desk, "administer")("POST", "admin/enrolment-codes", code).status_code


def test_a_token_goes_no_further_than_its_owner(desk: Caller, backend: Backend, agency: Agency) -> None:
    program = make_program(desk, "read", "administer")
    with backend.database.transaction(agency.agency_id) as tx:
        [owner] = users.all_of_agency(tx)
        users.change(tx, owner.user_id, role=UserRole.DISPATCHER)
    assert 200 == program("GET", "units").status_code
    assert 403 == program("POST", "admin/enrolment-codes", {"unit_id": str(agency.unit_id)}).status_code


def test_no_token_makes_another(desk: Caller) -> None:
    program = make_program(desk, "read", "dispatch", "administer")
    answer = program("POST", "admin/api-tokens", {"name": "Heir", "scopes": ["read"], "days": 400})
    assert (403, "forbidden") == (answer.status_code, problem_of(answer)["code"])


def test_a_token_ends_on_its_day(desk: Caller, clock: FrozenClock) -> None:
    program = make_program(desk, days=30)
    clock.advance(30 * DAY_S - 1)
    assert 200 == program("GET", "units").status_code
    clock.advance(1)
    assert 401 == program("GET", "units").status_code


def test_a_revoked_token_is_good_for_nothing_and_revoking_twice_is_no_mistake(desk: Caller) -> None:
    program = make_program(desk)
    for _ in range(2):
        assert 204 == desk("DELETE", f"/v1/admin/api-tokens/{program.token_id}").status_code
    assert 401 == program("GET", "units").status_code
    [listed] = desk("GET", "/v1/admin/api-tokens").json()["items"]
    assert listed["revoked_at"] is not None


def test_the_list_says_what_each_token_is_for_and_never_the_token(desk: Caller) -> None:
    program = make_program(desk, "read", "dispatch")
    answer = desk("GET", "/v1/admin/api-tokens")
    [listed] = answer.json()["items"]
    assert ("Nightly report", ["dispatch", "read"], None) == (
        listed["name"],
        listed["scopes"],
        listed["last_used_at"],
    )
    assert program.token not in answer.text


def test_the_list_says_when_a_token_was_last_used_to_a_minute(desk: Caller, clock: FrozenClock) -> None:
    program = make_program(desk)
    seen = []
    for wait_s in (0, 59, 1):
        clock.advance(wait_s)
        program("GET", "units")
        [listed] = desk("GET", "/v1/admin/api-tokens").json()["items"]
        seen.append(listed["last_used_at"])
    assert seen[0] == seen[1] < seen[2]


def test_an_administrator_ends_a_colleague_s_token_but_not_another_agency_s(
    desk: Caller, backend: Backend, agency: Agency
) -> None:
    program = make_program(desk)
    colleague, stranger = (
        {"authorization": f"Bearer {a_session(backend, each, role=UserRole.ADMINISTRATOR)}"}
        for each in (agency, an_agency(backend, name="Mission"))
    )
    address = f"/v1/admin/api-tokens/{program.token_id}"
    assert 404 == desk("DELETE", address, headers=stranger).status_code
    assert 204 == desk("DELETE", address, headers=colleague).status_code


def test_the_journal_says_which_program_did_it(desk: Caller, backend: Backend, agency: Agency) -> None:
    program = make_program(desk, "administer")
    program("POST", "admin/enrolment-codes", {"unit_id": str(agency.unit_id)})
    with backend.database.transaction(agency.agency_id) as tx:
        issued = tx.session.execute(select(JOURNAL).where(JOURNAL.c.action == "enrolment_code_issued")).one()
        made = tx.session.execute(select(JOURNAL).where(JOURNAL.c.action == "api_token_created")).one()
    assert f"{made.actor}/token:{program.token_id}" == issued.actor
    assert program.token_id == made.details["token_id"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"scopes": "read"}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 401}, "days"),
        ({"days": "30"}, "days"),
        ({"days": True}, "days"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
    ],
)
def test_a_token_without_bounds_is_refused_with_the_field(desk: Caller, change: dict[str, Any], field: str) -> None:
    answer = desk("POST", "/v1/admin/api-tokens", json={"name": "x", "scopes": ["read"], "days": 1} | change)
    assert 422 == answer.status_code
    assert [field] == [error["field"] for error in problem_of(answer)["errors"]]
