"""The access table alone lets anybody in: made of all routes, and of everything that somebody may show at a door.

What is not known at that door is 401; whoever is known there, but may not do this, gets 403. Ids are of nothing that
exists, so whoever is let in changes nothing by it.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from uuid import uuid4

import pytest
from bodies import Things
from fake_clock import FrozenClock
from outside import Backend, Caller, a_session, problem_of
from town import Operation, Town, a_town, ask, bearer, operations

from service.api.access import ANYBODY, DEVICES, SOURCES, Desks
from service.store.api_tokens import Scope
from service.store.users import UserRole

ADMINISTRATOR = UserRole.ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class Knocker:
    """What somebody shows, made when the town is there; and what the access table knows of them."""

    shows: Callable[[Town, Backend], dict[str, str]]
    role: UserRole | None = None
    scope: Scope | None = None
    is_phone: bool = False

    def expected(self, operation: Operation) -> int | None:
        """The status of a refusal; None when this one is let in."""
        row = operation.row
        if row is ANYBODY:
            return None
        if row is DEVICES:
            return None if self.is_phone else 401
        if row is SOURCES or self.role is None:
            return 401
        assert isinstance(row, Desks), operation.name
        goes_far_enough = self.scope is None or self.scope is row.scope
        return None if self.role in row.roles and goes_far_enough else 403


def _session(role: UserRole) -> Callable[[Town, Backend], dict[str, str]]:
    return lambda town, backend: bearer(a_session(backend, town.agency, role=role))


def _token(scope: Scope) -> Callable[[Town, Backend], dict[str, str]]:
    def show(town: Town, _: Backend) -> dict[str, str]:
        wanted = {"name": "Report", "scopes": [scope], "days": 1}
        made = town.call("POST", "/v1/admin/api-tokens", json=wanted, headers=bearer(town.session))
        return bearer(made.json()["token"])

    return show


KNOCKERS = {
    "nobody": Knocker(lambda _, __: {}),
    "an empty token": Knocker(lambda _, __: {"authorization": "Bearer "}),
    "a made-up token": Knocker(lambda _, __: bearer("bla_" + "x" * 43)),
    "a source's secret": Knocker(lambda town, _: bearer(town.agency.source.secret)),
    "a phone": Knocker(lambda town, _: bearer(town.phone.token), is_phone=True),
    **{f"a session of an {role}": Knocker(_session(role), role=role) for role in UserRole},
    **{f"a token to {scope}": Knocker(_token(scope), role=ADMINISTRATOR, scope=scope) for scope in Scope},
}


@pytest.fixture
def town(call: Caller, backend: Backend, clock: FrozenClock) -> Town:
    return a_town(call, backend, clock, name="Bayview")


@pytest.mark.parametrize("knocker", KNOCKERS.values(), ids=KNOCKERS)
def test_who_is_let_in_is_who_is_listed(knocker: Knocker, town: Town, backend: Backend) -> None:
    headers = knocker.shows(town, backend)
    nowhere = _nowhere(town.things)
    for operation in operations():
        expected = knocker.expected(operation)
        if operation.row is ANYBODY or (operation.streams and expected is None):
            continue  # a stream that is let in does not end
        body = operation.body_of(town.things)
        answer = ask(town.call, operation, operation.path_to(nowhere), body=body, headers=headers)
        if expected is None:
            assert answer.status_code not in {401, 403, 500}, (operation.name, answer.text)
        else:
            code = {401: "unauthenticated", 403: "forbidden"}[expected]
            assert (expected, code) == (answer.status_code, problem_of(answer)["code"]), operation.name


def test_a_session_that_has_ended_is_nobody(town: Town) -> None:
    headers = bearer(town.session)
    assert 204 == town.call("DELETE", "/v1/session", headers=headers).status_code
    for operation in operations():
        if isinstance(operation.row, Desks):
            body = operation.body_of(town.things)
            answer = ask(town.call, operation, operation.path_to(town.things), body=body, headers=headers)
            assert 401 == answer.status_code, operation.name


def _nowhere(things: Things) -> Things:
    return replace(things, **{field.name: str(uuid4()) for field in fields(things)})
