"""How outsiders speak to the service: again while it is away, signed anew each time, and not again after a no."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from service.auth.signatures import verify
from service.dev.clients import Refused, Source, call
from service.dev.watch import Watch

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the example of the Standard Webhooks specification

Handler = Callable[[httpx.Request], httpx.Response]


def answering(*answers: httpx.Response | Exception) -> tuple[list[httpx.Request], Handler]:
    """A service that gives these answers, one after the other, and what it was asked."""
    asked: list[httpx.Request] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        given = left.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    return asked, answer


def client(handler: Handler) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url="http://beatline", transport=httpx.MockTransport(handler))


def away() -> httpx.Response:
    return httpx.Response(503, headers={"retry-after": "0"})


def test_a_service_that_is_away_is_asked_again() -> None:
    asked, handler = answering(httpx.ConnectError("nobody there"), away(), httpx.Response(200, json={"so": "be it"}))

    answer = asyncio.run(call(client(handler), "GET", "/v1/units"))

    assert answer == {"so": "be it"}
    assert len(asked) == 3


def test_a_no_is_not_asked_again_and_says_why() -> None:
    problem = httpx.Response(
        409,
        headers={"content-type": "application/problem+json"},
        json={"code": "incident_over", "detail": "It is over.", "title": "Conflict"},
    )
    asked, handler = answering(problem)

    with pytest.raises(Refused, match="409 incident_over: It is over") as refused:
        asyncio.run(call(client(handler), "POST", "/v1/me/alerts/1/acknowledgment"))

    assert (refused.value.status, refused.value.code, len(asked)) == (409, "incident_over", 1)


def test_patience_ends() -> None:
    _, handler = answering(httpx.Response(503, headers={"retry-after": "60"}))

    with pytest.raises(Refused, match="503"):
        asyncio.run(call(client(handler), "GET", "/v1/units"))


def test_an_attempt_that_comes_late_is_signed_anew_and_is_still_the_same_message() -> None:
    asked, handler = answering(
        httpx.Response(503, headers={"retry-after": "0.2"}), httpx.Response(202, json={"outcome": "opened"})
    )
    watch = Watch(speed=5_000)  # a signature is good for 300 s: between the attempts pass 1,000
    source = Source(http=client(handler), watch=watch, source_id="S-1", secret=SECRET)

    answer = asyncio.run(source.post_detection({"detection_id": "D-1"}))

    assert answer == {"outcome": "opened"}
    assert len({request.headers["webhook-id"] for request in asked}) == 1
    verify(asked[-1].content.decode(), asked[-1].headers, secrets=[SECRET], now=watch.now())
