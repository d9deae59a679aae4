"""Whoever guesses enrolment codes waits longer and longer; whoever has a code enrols."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fake_clock import FrozenClock
from httpx import Response
from outside import Agency, Backend, Caller, an_enrolment, calling, problem_of

from service.auth.throttle import CODES_FREE
from service.operations import registry


@pytest.fixture
def elsewhere(backend: Backend) -> Iterator[Caller]:
    """Another address, served by another process."""
    with calling(backend, address="203.0.113.7") as call:
        yield call


def try_code(call: Caller, code: str) -> Response:
    return call("POST", "/v1/enrolments", json=an_enrolment(code))


def guess(call: Caller, *, times: int) -> list[int]:
    return [try_code(call, f"AAAA-{number:04}").status_code for number in range(times)]


def a_code(backend: Backend, agency: Agency) -> str:
    code, _ = registry.issue_enrolment_code(
        backend.database, backend.ports, agency_id=agency.agency_id, unit_id=agency.unit_id, actor="test"
    )
    return code


def test_guesses_are_throttled_and_a_right_code_works_from_elsewhere(
    call: Caller, elsewhere: Caller, backend: Backend, agency: Agency
) -> None:
    assert [422] * (CODES_FREE + 1) + [429] * 9 == guess(call, times=CODES_FREE + 10)
    assert 201 == try_code(elsewhere, a_code(backend, agency)).status_code


def test_who_waits_is_told_for_how_long_and_that_is_true(call: Caller, clock: FrozenClock) -> None:
    guess(call, times=CODES_FREE + 1)
    for wait_s in (1, 2, 4, 8):
        refused = try_code(call, "AAAA-AAAA")
        assert (429, "throttled") == (refused.status_code, problem_of(refused)["code"])
        assert str(wait_s) == refused.headers["retry-after"]
        clock.advance(wait_s)
        assert 422 == try_code(call, "AAAA-AAAA").status_code


def test_a_right_code_that_has_to_wait_is_not_used_up(
    call: Caller, backend: Backend, agency: Agency, clock: FrozenClock
) -> None:
    guess(call, times=CODES_FREE + 1)
    code = a_code(backend, agency)
    assert 429 == try_code(call, code).status_code
    clock.advance(1)
    assert 201 == try_code(call, code).status_code


def test_some_mistyped_codes_keep_nobody_waiting(call: Caller, backend: Backend, agency: Agency) -> None:
    guess(call, times=CODES_FREE)
    assert 201 == try_code(call, a_code(backend, agency)).status_code


def test_each_right_code_makes_up_for_one_wrong_one(call: Caller, backend: Backend, agency: Agency) -> None:
    guess(call, times=CODES_FREE)
    for _ in range(3):
        try_code(call, a_code(backend, agency))
    assert [422] * 4 + [429] == guess(call, times=5)


def test_enrolling_many_phones_at_once_is_never_too_many(call: Caller, backend: Backend, agency: Agency) -> None:
    codes = [a_code(backend, agency) for _ in range(CODES_FREE * 2)]
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda code: try_code(call, code).status_code, codes))
    assert [201] * len(codes) == answers


def test_many_guesses_at_once_are_no_more_than_one_after_another(call: Caller) -> None:
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda n: try_code(call, f"AAAA-{n:04}").status_code, range(CODES_FREE + 10)))
    assert (CODES_FREE + 1, 9) == (answers.count(422), answers.count(429))
