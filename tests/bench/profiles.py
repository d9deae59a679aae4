"""Where does the time of a row go? Printed by `--profile ROW`; each looks at the code that the row measures.

Profilers cost time themselves: shares are true, sums are not.
"""

import cProfile
import io
import pstats
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from statistics import median
from typing import Any

from bench import detection, positions, ring, selection
from bench.city import places, quieten, report_all, shot
from bench.report import say
from bench.stand import Stand
from sqlalchemy import event
from sqlalchemy.engine import Engine

from service.api import integrators
from service.api.signed import SignedMessage

SHOTS = 100
LINES = 30


def profile_detection(stand: Stand) -> None:
    """The route's function called directly: what the row has beyond it is HTTP."""
    report_all(stand.here, stand.city)
    messages = zip(stand.city.numbers, islice(places(), SHOTS + detection.WARM_UP), strict=False)
    for _ in range(detection.WARM_UP):
        _receive(stand, *next(messages))
    with _statements_timed() as statements, _profiled():
        for number, place in messages:
            _receive(stand, number, place)
    _say_statements(statements, SHOTS)


def profile_ring(stand: Stand) -> None:
    """The stages of single shots, on one clock: medians."""
    stages = defaultdict(list)
    with ring.opened(stand) as here:
        for _ in range(SHOTS // 2):
            rung = here.fire()
            page = stand.owner.execute(
                "select claimed_at, settled_at from pages where device_id = (select device_id from devices"
                " where push_value = %s) order by page_id desc limit 1",
                [rung.delivery["target"]],
            ).fetchone()
            quieten(stand.owner)
            assert page is not None
            claimed_at, settled_at, received_at = page[0].timestamp(), page[1].timestamp(), rung.delivery["received_at"]
            stages["202 → the worker's claim begins (RQ)"].append(claimed_at - rung.committed_at)
            stages["claim → message received (claim, threads, SDK, HTTP)"].append(received_at - claimed_at)
            stages["received → settling begins (HTTP, SDK, threads)"].append(settled_at - received_at)
    for stage, seconds in stages.items():
        say(f"{median(seconds) * 1e3:8.2f} ms  {stage}")


def profile_positions(stand: Stand) -> None:
    """The API process under cProfile: its event loop does all of it."""
    path = stand.home / "positions.prof"
    with stand.api(under=["-m", "cProfile", "-o", str(path)]):
        rate = positions.rate(stand, stand.base_url, seconds=5)
    say(f"{rate:,.0f} positions/s under the profiler")
    _say_profile(pstats.Stats(str(path), stream=io.StringIO()))


def profile_selection(stand: Stand) -> None:
    with selection.parked(stand) as fleet:
        shots = list(islice(places(width_m=selection.FLEET_WIDTH_M / 2), SHOTS))
        for part, work in selection.parts(fleet).items():
            say(f"{median(selection.times_ms(work, shots)):8.3f} ms  {part}")
        with _profiled():
            selection.times_ms(fleet.select, shots)


PROFILES: Mapping[str, Callable[[Stand], None]] = {
    "ring": profile_ring,
    "detection": profile_detection,
    "positions": profile_positions,
    "selection": profile_selection,
}


def _receive(stand: Stand, number: int, place: Any) -> None:
    head, _, body = shot(stand.city, number, place, heard_at=time.time()).decode().partition("\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    integrators.receive_detection(
        str(stand.city.source.source_id), SignedMessage(text=body, headers=headers), stand.here
    )
    quieten(stand.owner)


@contextmanager
def _profiled() -> Iterator[None]:
    profile = cProfile.Profile()
    with profile:
        yield
    _say_profile(pstats.Stats(profile, stream=io.StringIO()))


def _say_profile(stats: pstats.Stats) -> None:
    stream = io.StringIO()
    stats.stream = stream  # type: ignore[attr-defined]  # typeshed does not know it
    stats.strip_dirs().sort_stats("cumulative").print_stats(LINES).sort_stats("tottime").print_stats(LINES)
    say(stream.getvalue())


@contextmanager
def _statements_timed() -> Iterator[Mapping[str, list[float]]]:
    """Seconds of each statement's executions, from its sending to its answer; commits are none."""
    seconds: dict[str, list[float]] = defaultdict(list)
    started_s: list[float] = []

    def starts(*_: Any) -> None:
        started_s.append(time.perf_counter())

    def ends(_: Any, __: Any, statement: str, *___: Any) -> None:
        seconds[" ".join(statement.split())].append(time.perf_counter() - started_s.pop())

    event.listen(Engine, "before_cursor_execute", starts)
    event.listen(Engine, "after_cursor_execute", ends)
    try:
        yield seconds
    finally:
        event.remove(Engine, "before_cursor_execute", starts)
        event.remove(Engine, "after_cursor_execute", ends)


def _say_statements(statements: Mapping[str, list[float]], shots: int) -> None:
    say("    each      a shot")
    for statement, seconds in statements.items():
        say(f"{median(seconds) * 1e3:6.2f} ms  {len(seconds) / shots:4.1f} ×  {statement[:110]}")
