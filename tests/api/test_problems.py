"""Every way of failing answers with a problem, and none tells more than it should."""

from collections.abc import Iterator

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from outside import Caller, problem_of

from service.api import errors
from service.domain.errors import Code, DomainError


def _app() -> FastAPI:
    """Routes that fail in every way there is."""
    app = FastAPI()
    errors.install(app)

    @app.get("/refusals/{code}")
    def refuse(code: Code, retry_after_s: float | None = None) -> None:
        raise DomainError(code, "Said to everybody.", internal="said to nobody", retry_after_s=retry_after_s)

    @app.get("/failure")
    def fail() -> None:
        raise RuntimeError("the password is swordfish")

    return app


@pytest.fixture
def call() -> Iterator[Caller]:
    transport = httpx.ASGITransport(app=_app(), raise_app_exceptions=False)
    with start_blocking_portal() as portal:
        client = httpx.AsyncClient(transport=transport, base_url="http://beatline.test")
        with portal.wrap_async_context_manager(client):
            yield Caller(portal, client)


@pytest.mark.parametrize("code", list(Code))
def test_every_refusal_has_a_status_and_says_its_code(call: Caller, code: Code) -> None:
    answer = call("GET", f"/refusals/{code}")
    assert 400 <= answer.status_code < 600
    assert problem_of(answer)["code"] == code
    assert problem_of(answer)["detail"] == "Said to everybody."


@pytest.mark.parametrize("code", list(Code))
def test_what_is_for_the_log_is_not_in_the_answer(call: Caller, code: Code) -> None:
    assert "said to nobody" not in call("GET", f"/refusals/{code}").text


@pytest.mark.parametrize(("asked_s", "said"), [("", "1"), ("?retry_after_s=0.2", "1"), ("?retry_after_s=4.2", "5")])
@pytest.mark.parametrize("code", [Code.OVERLOADED, Code.UNAVAILABLE])
def test_who_should_come_back_is_told_when(call: Caller, code: Code, asked_s: str, said: str) -> None:
    assert call("GET", f"/refusals/{code}{asked_s}").headers["retry-after"] == said


def test_a_path_that_is_none_is_a_problem(call: Caller) -> None:
    answer = call("GET", "/v1/nothing")
    assert (answer.status_code, problem_of(answer)["code"]) == (404, "not_found")


def test_a_method_that_is_none_is_a_problem_and_says_which_are(call: Caller) -> None:
    answer = call("PATCH", "/failure")
    assert (answer.status_code, problem_of(answer)["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


def test_a_failure_of_ours_tells_nothing_of_our_inside(call: Caller) -> None:
    answer = call("GET", "/failure")
    assert (answer.status_code, problem_of(answer)["code"]) == (500, "internal")
    assert "swordfish" not in answer.text
