"""An answer may wait so long for the database, and no longer; whatever else it waits for costs nothing of that."""

import anyio
import pytest
from starlette.types import Message, Receive, Scope, Send

from service.api.in_time import InTime
from service.store.patience import left_s, spend

LONG_S = 100.0
DUE_S = 0.2
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def _left_while_answering(*, waited_s: float = 0.0, begins: bool = False) -> float:
    """What is left for asking, at the end of a request that has waited for the database like this."""
    found = LONG_S

    async def receive() -> Message:
        await anyio.sleep(DUE_S)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Message) -> None:
        pass

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        nonlocal found
        await receive()
        spend(waited_s)
        if begins:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        found = left_s(LONG_S)

    await InTime(app, waits_s=DUE_S)({"type": "http"}, receive, send)
    return found


async def test_a_body_that_trickles_in_costs_nothing_of_it() -> None:
    assert DUE_S == await _left_while_answering()


async def test_what_was_waited_for_one_question_is_not_there_for_the_next() -> None:
    assert pytest.approx(DUE_S / 4) == await _left_while_answering(waited_s=DUE_S * 3 / 4)


async def test_a_stream_that_has_begun_asks_for_as_long_as_it_likes() -> None:
    assert LONG_S == await _left_while_answering(begins=True)


async def test_what_goes_on_after_the_answer_is_in_no_hurry() -> None:
    await _left_while_answering()
    assert LONG_S == left_s(LONG_S)
