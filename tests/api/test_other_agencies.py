"""Another agency's id is nobody's: on every route that takes one, made of the routes themselves.

Each is asked twice, with the same id: by a stranger, who learns nothing, and then by its own agency, which is served
(or told why not now). So what the stranger got was not for the body, the method or the state of things.
"""

import pytest
from bodies import BODIES
from fake_clock import FrozenClock
from outside import Backend, Caller, problem_of
from town import Operation, Town, a_town, names_ids, operations

from service.api.access import SOURCES

TAKING_ID = [operation for operation in operations() if operation.takes_id]
NAMING_IDS = [operation for operation in operations() if operation.takes_body and names_ids(operation)]
ABOUT_THE_REQUEST = {401, 403, 404, 405, 413, 415, 422}


@pytest.fixture
def ours(call: Caller, backend: Backend, clock: FrozenClock) -> Town:
    return a_town(call, backend, clock, name="Bayview")


@pytest.fixture
def theirs(call: Caller, backend: Backend, clock: FrozenClock) -> Town:
    return a_town(call, backend, clock, name="Mission")


@pytest.mark.parametrize("operation", TAKING_ID, ids=lambda operation: operation.name)
def test_another_agency_s_id_in_an_address_does_not_exist(operation: Operation, ours: Town, theirs: Town) -> None:
    refused = ours.asks(operation, path_of=theirs.things, body_of=ours.things)
    if operation.row is SOURCES:
        # A source is known by its signature alone, and nobody who cannot sign for it learns whether it exists.
        assert (401, "unauthenticated") == (refused.status_code, problem_of(refused)["code"])
    else:
        assert (404, "not_found") == (refused.status_code, problem_of(refused)["code"])

    served = theirs.asks(operation, path_of=theirs.things, body_of=theirs.things)
    assert served.status_code not in ABOUT_THE_REQUEST, served.text
    assert served.status_code < 500, served.text


def test_every_body_has_been_thought_of() -> None:
    wanting = {operation.name for operation in operations() if operation.takes_body} - set(BODIES)
    assert set() == wanting, "Give each a row in tests/bodies.py."
    assert len(NAMING_IDS) > 3


def test_another_agency_s_id_in_a_body_does_not_exist(ours: Town, theirs: Town) -> None:
    for operation in NAMING_IDS:
        refused = ours.asks(operation, path_of=ours.things, body_of=theirs.things)
        assert (404, "not_found") == (refused.status_code, problem_of(refused)["code"]), operation.name
