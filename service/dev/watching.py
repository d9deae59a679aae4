"""What does a dispatcher of the demo see, as it happens? Followed by the public API; drawn live, or told line by line.

`python -m service.dev.watching D/demo.json [--svg FILE]` watches a running demo, or takes one picture of it. How an
incident looks is `view`, how a log tells of it `logbook`.
"""

import argparse
import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from io import StringIO
from pathlib import Path
from statistics import quantiles
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from service.dev import logbook, view, wording
from service.dev.board import Board
from service.dev.city import TIMEZONE
from service.dev.clients import Desk, Incident
from service.dev.demo_file import DemoFile
from service.dev.follow import Follower

DRAWS_EVERY_S = 0.5
SMALLEST_PANEL = 4
"""Lines."""
REMEMBERED = 1_000
LOCAL = ZoneInfo(TIMEZONE)


async def watch_live(board: Board, heading: Sequence[str], *, console: Console) -> None:
    """Draw what happens, full screen, for ever."""
    following = asyncio.create_task(board.follow())
    try:
        with Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop") as live:
            while not following.done():
                live.update(await picture(board, heading, console=console), refresh=True)
                await asyncio.wait([following], timeout=DRAWS_EVERY_S)
    finally:
        following.cancel()
    following.result()


async def tell_lines(desk: Desk, *, console: Console) -> None:
    """One line for everything that happens, for ever."""
    lately: dict[str, None] = {}
    async for told in Follower(desk=desk).events():
        if told.event != "incident":
            continue
        for entry_id, line in logbook.lines_of(told.data, timezone=LOCAL):
            # After a cut some of what was told is told again.
            if entry_id not in lately:
                console.print(line, highlight=False, markup=False, soft_wrap=True)
                lately[entry_id] = None
        while len(lately) > REMEMBERED:
            del lately[next(iter(lately))]


async def until(done: Event, watching: Coroutine[Any, Any, None], *, tend: Callable[[], None]) -> None:
    """Watch until `done`; `tend` is called now and then."""
    task = asyncio.create_task(watching)
    try:
        while not done.is_set() and not task.done():
            tend()
            await asyncio.wait([task], timeout=0.2)
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()


async def picture(board: Board, heading: Sequence[str], *, console: Console) -> RenderableType:
    """As much as fits: where to look, figures, and incidents: those that live first, the rest in a line each."""
    parts: list[RenderableType] = [Text(line, no_wrap=True, overflow="ellipsis") for line in heading]
    left = console.height - len(parts) - 1
    shown: list[RenderableType] = []
    has_room = True
    for incident in board.listed():
        if left <= 0:
            break
        has_room = has_room and left >= SMALLEST_PANEL
        panel = await _panel(board, incident, console=console) if has_room else None
        lines = len(console.render_lines(panel, pad=False)) if panel else 1
        has_room = panel is not None and lines <= left
        shown.append(panel if panel and has_room else view.one_line(incident, timezone=LOCAL))
        left -= lines if has_room else 1
    said = figures(board.known_whole())
    parts.append(Text(said, style="bright_black", no_wrap=True, overflow="ellipsis"))
    return Group(*parts, *(shown or [Text("\nNothing was heard yet.")]))


def figures(incidents: Sequence[Incident]) -> str:
    """How long things had to be waited for."""
    rings_s = _waits_s([incident for incident in incidents if _rang_at_once(incident)], "received", "handed_to_push")
    confirms_s = _waits_s(incidents, "answered", "confirmed")
    said = []
    if len(rings_s) > 1:
        cuts = quantiles(rings_s, n=20, method="inclusive")
        said.append(f"webhook → push p50 {wording.seconds(cuts[9])}, p95 {wording.seconds(cuts[18])}")
    if len(confirms_s) > 1:
        said.append(f"answered → confirmed p50 {wording.seconds(quantiles(confirms_s, n=2, method='inclusive')[0])}")
    return " · ".join([f"last {len(incidents)} incidents", *said])


async def _panel(board: Board, incident: Incident, *, console: Console) -> RenderableType | None:
    whole = await board.whole(incident["incident_id"])
    return view.incident_panel(whole, timezone=LOCAL, width=console.width) if whole else None


def _rang_at_once(incident: Incident) -> bool:
    """Not held for a dispatcher: units were chosen in the transaction that stored it."""
    selected, committed = incident["stages"]["selected"], incident["stages"]["committed"]
    return bool(selected and selected["after_shot_s"] <= committed["after_shot_s"])


def _waits_s(incidents: Sequence[Incident], first: str, then: str) -> list[float]:
    stages = [incident["stages"] for incident in incidents]
    return [each[then]["after_shot_s"] - each[first]["after_shot_s"] for each in stages if each[first] and each[then]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m service.dev.watching", description="Watch a running demo.")
    parser.add_argument("demo", type=Path, help="its demo.json")
    parser.add_argument("--svg", type=Path, help="write one picture to this file instead")
    parser.add_argument("--width", type=int, default=110, help="of the picture, in characters")
    parser.add_argument("--height", type=int, default=42, help="of the picture, in lines")
    with suppress(KeyboardInterrupt):
        asyncio.run(_watch(parser.parse_args()))


async def _watch(options: argparse.Namespace) -> None:
    demo = DemoFile.read(options.demo)
    heading = [f"Beatline demo · {demo.base_url}"]
    async with httpx.AsyncClient(base_url=demo.base_url, timeout=5.0) as http:
        board = Board(await Desk.sign_in(http, email=demo.dispatcher.email, password=demo.dispatcher.password))
        if not options.svg:
            await watch_live(board, heading, console=Console())
            return
        await board.read_list()
        sheet = Console(record=True, width=options.width, height=options.height, file=StringIO(), force_terminal=True)
        sheet.print(await picture(board, heading, console=sheet))
        sheet.save_svg(str(options.svg), title="beatline demo")


if __name__ == "__main__":
    main()
