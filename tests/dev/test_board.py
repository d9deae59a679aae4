"""What somebody who watches is shown: living incidents first, and read only to be shown, since reading is journaled."""

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from fake_console import FakeConsole, event
from rich.console import Console
from shown import clear, going, incident, stages

from service.dev.board import LISTED, Board
from service.dev.clients import Incident
from service.dev.watching import figures, picture

HELLO = event("hello", {}, event_id="0")
HEIGHT = 25
"""A heading, a line of figures, five panels of four lines, and three lines."""
AT_ONCE = {"shot": 0.0, "received": 0.5, "selected": 0.505, "committed": 0.51}
Result = TypeVar("Result")


def over(number: int, **more: Any) -> dict[str, Any]:
    return incident(clear(state="recalled"), incident_id=f"I-{number}", state="closed", **more)


def living(number: int, **more: Any) -> dict[str, Any]:
    return incident(going(), incident_id=f"I-{number}", state="covered", **more)


def told(shown: dict[str, Any]) -> bytes:
    return event("incident", {"incident": shown, "alerts": shown["alerts"], "changes": []}, event_id="1")


def watched(service: FakeConsole, act: Callable[[Board], Awaitable[Result]]) -> Result:
    """What `act` finds once the board has followed what the stream says."""

    async def watch() -> Result:
        board = Board(service.desk())
        following = asyncio.create_task(board.follow())
        await asyncio.sleep(0.05)
        try:
            return await act(board)
        finally:
            following.cancel()

    return asyncio.run(asyncio.wait_for(watch(), 10))


def screen(board: Board) -> Callable[[], Awaitable[list[str]]]:
    async def draw() -> list[str]:
        console = Console(file=io.StringIO(), width=120, height=HEIGHT)
        console.print(await picture(board, ["heading"], console=console))
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue().splitlines()

    return draw


def ids(incidents: Sequence[Incident]) -> list[str]:
    return [shown["incident_id"] for shown in incidents]


def test_those_that_live_come_before_those_that_are_over_and_the_newest_first() -> None:
    service = FakeConsole([HELLO, told(living(5))], incidents=[living(1), over(2), over(3), living(4)])

    async def listed(board: Board) -> list[str]:
        return ids(board.listed())

    assert watched(service, listed) == ["I-5", "I-4", "I-1", "I-3", "I-2"]


def test_an_incident_is_read_when_it_is_shown_and_again_only_when_it_may_have_changed() -> None:
    service = FakeConsole([HELLO, told(living(1)), told(living(1))], incidents=[living(1)])

    async def look_again(board: Board) -> list[int]:
        reads = []
        for step in (board.whole, board.whole, lambda _: board.read_list(), board.whole):
            await step("I-1")
            reads.append(service.asked.count("GET incidents/I-1"))
        return reads

    assert watched(service, look_again) == [1, 1, 1, 2]


def test_what_was_known_is_shown_while_the_service_is_away() -> None:
    service = FakeConsole([HELLO], incidents=[living(1)])

    async def look_again(board: Board) -> list[Incident | None]:
        before = await board.whole("I-1")
        await board.read_list()
        service.away = True
        return [before, await board.whole("I-1")]

    assert watched(service, look_again) == [living(1), living(1)]


def test_of_those_that_are_over_only_the_newest_are_kept() -> None:
    service = FakeConsole([HELLO, *(told(over(100 + number)) for number in range(LISTED + 5))])

    async def listed(board: Board) -> list[str]:
        return ids(board.listed())

    assert watched(service, listed) == [f"I-{100 + number}" for number in range(LISTED + 4, 4, -1)]


def test_what_has_no_room_takes_a_line_and_is_not_read() -> None:
    service = FakeConsole([HELLO], incidents=[*(over(100 + number) for number in range(20)), living(200)])

    lines = watched(service, lambda board: screen(board)())

    assert lines[0] == "heading"
    assert len(lines) == HEIGHT
    assert "covered" in lines[2]
    assert sum(line.startswith(" closed") for line in lines) == 3
    assert sum(asked.startswith("GET incidents/") for asked in service.asked) == 5


def test_before_anything_was_heard_the_screen_says_so() -> None:
    assert "Nothing was heard yet." in watched(FakeConsole([HELLO]), lambda board: screen(board)())


def test_what_was_held_for_a_dispatcher_says_nothing_about_how_fast_phones_ring() -> None:
    held = stages(**{**AT_ONCE, "selected": 12.0, "handed_to_push": 12.1})
    prompt = stages(**AT_ONCE, handed_to_push=0.52)

    assert figures([incident(stages=clock) for clock in (prompt, held, prompt)]) == (
        "last 3 incidents · webhook → push p50 20 ms, p95 20 ms"
    )


def test_figures_tell_how_long_a_phone_and_an_officer_waited() -> None:
    clocks = [
        stages(**AT_ONCE, handed_to_push=0.5 + wait_s, answered=4, confirmed=4 + 100 * wait_s)
        for wait_s in (0.02, 0.03, 0.04)
    ]

    said = figures([incident(stages=clock) for clock in clocks])

    assert said == "last 3 incidents · webhook → push p50 30 ms, p95 39 ms · answered → confirmed p50 3.0 s"
