"""What a desk sends at the wrong time, or too much of, is refused with the reason and changes nothing."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from fake_clock import FrozenClock
from httpx import Response
from outside import Backend, Caller, problem_of
from town import Operation, Town, a_town, bearer, operations

from service.api.access import Desks
from service.store.api_tokens import Scope

STILL_MEANT_AFTERWARDS = {"add_note", "place_legal_hold", "lift_legal_hold", "reopen_incident"}
"""A report is written, and a court asks, when all is over."""
MEGABYTE = 1_000_000


def _is_an_act(operation: Operation) -> bool:
    row = operation.row
    return isinstance(row, Desks) and row.scope is Scope.DISPATCH and "{incident_id}" in operation.path


BOOKMARKS = {"cursor", "since"}
ACTS = [each for each in operations() if _is_an_act(each) and each.name not in STILL_MEANT_AFTERWARDS]


@pytest.fixture
def town(call: Caller, backend: Backend, clock: FrozenClock) -> Town:
    return a_town(call, backend, clock, name="Bayview")


@pytest.mark.parametrize("ending", ["cancel_incident", "close_incident"])
def test_what_is_over_stays_over_until_somebody_reopens_it(town: Town, ending: str) -> None:
    by_name = {operation.name: operation for operation in ACTS}
    assert 200 == _do(town, by_name[ending]).status_code
    assert 200 == _do(town, by_name[ending]).status_code  # twice is no mistake
    whole = _incident(town)
    for operation in ACTS:
        if operation.name != ending:
            refused = _do(town, operation)
            assert 409 == refused.status_code, operation.name
            assert problem_of(refused)["code"] in {"illegal_move", "incident_over"}, operation.name
    assert whole == _incident(town)


def test_a_note_of_a_megabyte_is_refused(town: Town) -> None:
    refused = _note(town, "x" * MEGABYTE)
    assert (413, "too_large") == (refused.status_code, problem_of(refused)["code"])


def test_a_note_is_as_long_as_its_limit_and_no_longer(town: Town) -> None:
    assert 200 == _note(town, "x" * 2_000).status_code
    refused = _note(town, "x" * 2_001)
    assert (422, ["text"]) == (refused.status_code, [error["field"] for error in problem_of(refused)["errors"]])


def test_a_made_up_place_in_a_list_is_refused_wherever_there_is_one(town: Town) -> None:
    asked = [(operation, name) for operation in operations() for name in operation.asks & BOOKMARKS]
    assert {"list_incidents", "list_alerts"} <= {operation.name for operation, _ in asked}
    for operation, name in asked:
        for made_up in ("made-up", "'; drop table incidents; --", "9" * 9_000):
            there = replace(operation, path=f"{operation.path}?{urlencode({name: made_up})}")
            refused = town.asks(there, path_of=town.things, body_of=town.things)
            fields = [error["field"] for error in problem_of(refused)["errors"]]
            assert (422, [name]) == (refused.status_code, fields), (operation.name, made_up)


def _note(town: Town, text: str) -> Response:
    path = f"/v1/incidents/{town.things.incident_id}/notes"
    return town.call("POST", path, json={"text": text}, headers=bearer(town.session))


def _do(town: Town, operation: Operation) -> Response:
    return town.asks(operation, path_of=town.things, body_of=town.things)


def _incident(town: Town) -> Any:
    return town.call("GET", f"/v1/incidents/{town.things.incident_id}", headers=bearer(town.session)).json()
