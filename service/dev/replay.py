"""`beatline replay`: how would the service have done on recorded data? Plays it through the public API, and judges.

With `--into` it plays into a running server, else into a throw-away one of its own whose clock can be faster, so that
joins, ages of fixes and deadlines mean what they meant. Idle gaps are shortened: see `timeline`.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Annotated, TypeVar

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from service import runtime
from service.dev import replay_report, timeline
from service.dev.children import told_to_stop
from service.dev.demo_file import DemoFile
from service.dev.demo_home import home_of_demo
from service.dev.embedded import StoresFailed
from service.dev.installation import Installation, InstallationFailed, free_port
from service.dev.recorded import RecordedDetection, UnknownFile, read_detections
from service.dev.recorded_fleet import Fleet, read_fleet
from service.dev.replay_session import Session
from service.dev.seed import on_duty, planted
from service.dev.watch import Watch

Result = TypeVar("Result")
STOPPED = 130


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is to be replayed, and how."""

    detections: Annotated[
        Path, Parameter(help="CSV, plain or .gz: our own columns, or San Francisco's public-records release.")
    ]
    positions: Annotated[
        Path | None,
        Parameter(help="CSV, plain or .gz: our own columns, or cab traces (each day of each cab becomes a unit)."),
    ] = None
    speed: Annotated[
        float,
        Parameter(
            validator=Number(gt=0),
            help="Seconds of the record in one. Not with --into. Beyond 100 it takes a fast machine.",
        ),
    ] = 1.0
    on: Annotated[date | None, Parameter(help="Only this local day, as YYYY-MM-DD.")] = None
    limit: Annotated[int | None, Parameter(validator=Number(gt=0), help="Only the first so many detections.")] = None
    into: Annotated[
        Path | None, Parameter(help="demo.json of a running demo: play into it, with its units, as far as they go.")
    ] = None
    answer: Annotated[
        bool,
        Parameter(
            negative="", help="Phones accept, and are clear four minutes later; otherwise they only say that they rang."
        ),
    ] = False
    rows: Annotated[bool, Parameter(negative="", help="Print a row for each detection, too.")] = False


def replay(wish: Wish) -> None:
    """Play recorded detections and positions through the API, print the time of every stage, judge what came of it.

    Ends with 1 when a detection is not accounted for, or a selection differs from a brute-force geodesic ranking.
    """
    console = Console()
    try:
        heard, fleet = _record(wish)
        watch = Watch(speed=wish.speed)
        with told_to_stop() as done, _server(wish.into, fleet, watch=watch, console=console, done=done) as (demo, tend):
            session = Session(demo, watch=watch, fleet=fleet, answer=wish.answer)
            good = asyncio.run(
                _unless_stopped(_played(session, heard, console=console, rows=wish.rows), tend, done=done)
            )
    except (UnknownFile, StoresFailed, InstallationFailed) as failure:
        sys.exit(f"beatline replay: {failure}")
    sys.exit(0 if good else 1)


def _record(wish: Wish) -> tuple[Sequence[RecordedDetection], Fleet]:
    heard = read_detections(wish.detections, on=wish.on, limit=wish.limit)
    if not heard:
        raise UnknownFile(f"{wish.detections}: no detections{f' on {wish.on}' if wish.on else ''}")
    days = {detection.day for detection in heard}
    return heard, read_fleet(wish.positions, days=days) if wish.positions else Fleet([])


@contextmanager
def _server(
    into: Path | None, fleet: Fleet, *, watch: Watch, console: Console, done: Event
) -> Iterator[tuple[DemoFile, Callable[[], None]]]:
    """Where to play, and what is to be called now and then to keep it up."""
    if into is not None:
        if watch.speed != 1.0:
            raise InstallationFailed("a running server keeps its own time: --speed needs a server of its own")
        yield DemoFile.read(into), lambda: None
        return
    with ExitStack() as stack:
        console.print("Starting a throw-away server …")
        home = stack.enter_context(home_of_demo(None))
        installation = stack.enter_context(Installation(home, port=free_port(), watch=watch))
        with runtime.running(installation.settings(), sends=False) as here:
            seed = planted(here, home)
            units = on_duty(here, seed, fleet.units)
        installation.wait_until_ready(give_up=done)
        yield (
            DemoFile(
                base_url=installation.base_url,
                fcm_url=installation.fcm_url,
                agency_id=seed.agency_id,
                source=seed.source,
                admin=seed.admin,
                dispatcher=seed.dispatcher,
                units=units,
            ),
            installation.tend,
        )


async def _played(session: Session, heard: Sequence[RecordedDetection], *, console: Console, rows: bool) -> bool:
    """True when nothing is wrong with what came of it."""
    columns = (TextColumn("{task.description}"), BarColumn(None), TextColumn("{task.percentage:3.0f} %"))
    with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
        what = f"{len(heard)} detections, {len(session.call_signs)} units"
        task = bar.add_task(what, total=timeline.length(heard).total_seconds())

        def progress(after: timedelta) -> None:
            bar.update(task, completed=max(0.0, after.total_seconds()))

        outcome = await session.play(heard, progress=progress)
    if rows:
        replay_report.print_rows(console, outcome)
    replay_report.print_summary(console, outcome, watch=session.watch)
    return outcome.verdict.is_good


async def _unless_stopped(work: Awaitable[Result], tend: Callable[[], None], *, done: Event) -> Result:
    """The result of `work`; a signal ends it, and the process."""
    task = asyncio.ensure_future(work)
    while not task.done():
        tend()
        if done.is_set():
            task.cancel()
            await asyncio.wait([task])
            sys.exit(STOPPED)
        await asyncio.wait([task], timeout=0.2)
    return task.result()
