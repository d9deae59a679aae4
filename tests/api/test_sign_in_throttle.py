"""Whoever guesses passwords waits longer and longer; whoever knows theirs is let in."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fake_clock import FrozenClock
from httpx import Response
from outside import PASSWORD, Agency, Backend, Caller, a_person, calling, problem_of

from service.api.lanes import SIGN_IN
from service.auth.throttle import keys_of
from service.store import sign_in_failures


@pytest.fixture
def email(backend: Backend, agency: Agency) -> str:
    return a_person(backend, agency)


@pytest.fixture
def elsewhere(backend: Backend) -> Iterator[Caller]:
    """Another address, served by another process."""
    with calling(backend, address="203.0.113.7") as call:
        yield call


def try_password(call: Caller, email: str, password: str) -> Response:
    return call("POST", "/v1/session", json={"email": email, "password": password})


def guess(call: Caller, email: str, *, times: int) -> list[int]:
    return [try_password(call, email, "wrong").status_code for _ in range(times)]


def guess_names(backend: Backend, *, times: int) -> None:
    """Somebody at the callers' address has been trying one password for many names."""
    now = backend.ports.clock.now()
    with backend.database.transaction(sign_in_failures.OF_NO_AGENCY) as tx:
        for number in range(times):
            sign_in_failures.count(tx, keys_of(f"officer{number}@bayview.test", "127.0.0.1").all, now=now)


def test_fifty_wrong_passwords_are_throttled_and_the_right_one_works_from_elsewhere(
    call: Caller, elsewhere: Caller, email: str
) -> None:
    assert [401] * 6 + [429] * 44 == guess(call, email, times=50)
    assert 204 == try_password(elsewhere, email, PASSWORD).status_code


def test_who_waits_is_told_for_how_long_and_that_is_true(call: Caller, email: str, clock: FrozenClock) -> None:
    guess(call, email, times=6)
    for wait_s in (1, 2, 4, 8):
        refused = try_password(call, email, "wrong")
        assert (429, "throttled") == (refused.status_code, problem_of(refused)["code"])
        assert str(wait_s) == refused.headers["retry-after"]
        clock.advance(wait_s)
        assert 401 == try_password(call, email, "wrong").status_code


def test_even_the_right_password_waits(call: Caller, email: str, clock: FrozenClock) -> None:
    guess(call, email, times=6)
    assert 429 == try_password(call, email, PASSWORD).status_code
    clock.advance(1)
    assert 204 == try_password(call, email, PASSWORD).status_code


def test_trying_while_one_waits_makes_it_no_longer(call: Caller, email: str, clock: FrozenClock) -> None:
    guess(call, email, times=20)
    clock.advance(1)
    assert 401 == try_password(call, email, "wrong").status_code


def test_who_remembers_starts_afresh(call: Caller, email: str) -> None:
    guess(call, email, times=5)
    assert 204 == try_password(call, email, PASSWORD).status_code
    assert [401] * 6 + [429] == guess(call, email, times=7)


def test_a_colleague_at_the_same_address_does_not_wait(call: Caller, email: str) -> None:
    guess(call, "nobody@bayview.test", times=10)
    assert 204 == try_password(call, email, PASSWORD).status_code


def test_guessing_one_password_for_many_names_is_throttled_too(call: Caller, backend: Backend) -> None:
    guess_names(backend, times=30)
    answers = [try_password(call, f"sergeant{number}@bayview.test", "wrong").status_code for number in range(2)]
    assert [401, 429] == answers


def test_who_was_let_in_here_before_is_not_kept_out_by_a_neighbour_who_guesses(
    call: Caller, backend: Backend, email: str
) -> None:
    try_password(call, email, PASSWORD)
    guess_names(backend, times=40)
    assert 204 == try_password(call, email, PASSWORD).status_code


def test_signing_in_often_is_never_too_often(call: Caller, email: str) -> None:
    assert [204] * 10 == [try_password(call, email, PASSWORD).status_code for _ in range(10)]


def test_many_at_once_are_no_more_than_one_after_another(call: Caller, email: str) -> None:
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: try_password(call, email, "wrong").status_code, range(30)))
    assert (6, 24) == (answers.count(401), answers.count(429))


def test_more_than_are_looked_at_at_once_sign_in_at_once(call: Caller, email: str) -> None:
    crowd = SIGN_IN.in_all * 3
    with ThreadPoolExecutor(crowd) as threads:
        answers = list(threads.map(lambda _: try_password(call, email, PASSWORD).status_code, range(crowd)))
    assert [204] * crowd == answers
