"""Where does the time of a row go? Each profile looks at the code that the row measures.

Profilers cost time themselves: shares are true, sums are not.
"""

import cProfile
import io
import pstats
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from bench import detection, positions, ring, selection
from bench.city import places, quieten, report_all, shot
from bench.stand import ROOT, Stand
from sqlalchemy import event
from sqlalchemy.engine import Engine

from service.api import integrators
from service.api.signed import SignedMessage
from service.domain.geo import Point

SHOTS = 100
LINES = 30
PACKAGES = 12
_WAITING = {"wait", "<method 'recv_into' of '_socket.socket' objects>"}
"""Where psycopg and redis-py wait for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """`brief` is for BENCHMARKS.md when the row has missed its bound; `listing` is every function that matters."""

    brief: Sequence[str]
    listing: str = ""


def profile_detection(stand: Stand) -> Profile:
    """The route's function called directly: what the row has beyond it is HTTP."""
    report_all(stand.here, stand.city)
    messages = zip(stand.city.numbers, islice(places(), 2 * SHOTS + detection.WARM_UP), strict=False)
    for _ in range(detection.WARM_UP):
        _receive(stand, *next(messages))
    with _statements_timed() as statements:
        direct_ms = median(_receive(stand, *next(messages)) for _ in range(SHOTS))
    with cProfile.Profile() as profile:
        for number, place in messages:
            _receive(stand, number, place)
    sql_ms = sum(sum(seconds) for seconds in statements.values()) / SHOTS * 1e3
    return Profile(
        brief=[
            f"{direct_ms:6.2f} ms  the route's function called directly, without HTTP, p50; in it",
            f"{sql_ms:6.2f} ms  {len(statements)} statements with their answers",
            *(f"{median(seconds) * 1e3:6.2f} ms  · {text[:90]}" for text, seconds in statements.items()),
            *_by_package(profile),
        ],
        listing=_listing(pstats.Stats(profile)),
    )


def profile_ring(stand: Stand) -> Profile:
    """The stages of single shots, on one clock: medians."""
    stages = defaultdict(list)
    with ring.opened(stand) as here:
        for _ in range(SHOTS // 2):
            rung = here.fire()
            claimed_at, settled_at = _times_of_page(stand, rung.delivery["target"])
            quieten(stand.owner)
            received_at = rung.delivery["received_at"]
            stages["202 → the worker claims the pages (RQ)"].append(claimed_at - rung.committed_at)
            stages["claim → message received (SQL, threads, SDK, HTTP)"].append(received_at - claimed_at)
            stages["received → settling begins (HTTP, SDK, threads)"].append(settled_at - received_at)
    return Profile(brief=[f"{median(seconds) * 1e3:6.2f} ms  {stage}" for stage, seconds in stages.items()])


def profile_positions(stand: Stand) -> Profile:
    """The API process under cProfile: its event loop does all of it."""
    path = stand.home / "positions.prof"
    with stand.api(under=["-m", "cProfile", "-o", str(path)]):
        rate_per_s = positions.rate(stand, stand.base_url, seconds=5)
    return Profile(
        brief=[f"{rate_per_s:,.0f} positions/s under the profiler"], listing=_listing(pstats.Stats(str(path)))
    )


def profile_selection(stand: Stand) -> Profile:
    with selection.parked(stand) as fleet:
        shots = list(islice(places(width_m=selection.FLEET_WIDTH_M / 2), SHOTS))
        parts = selection.parts(fleet).items()
        brief = [f"{median(selection.times_ms(work, shots)):6.2f} ms  {part}" for part, work in parts]
        with cProfile.Profile() as profile:
            selection.times_ms(fleet.select, shots)
    return Profile(brief=[*brief, *_by_package(profile)], listing=_listing(pstats.Stats(profile)))


PROFILES: Mapping[str, Callable[[Stand], Profile]] = {
    "ring": profile_ring,
    "detection": profile_detection,
    "positions": profile_positions,
    "selection": profile_selection,
}


def _receive(stand: Stand, number: int, place: Point) -> float:
    """How long it took, in ms."""
    head, _, body = shot(stand.city, number, place, heard_at=time.time()).decode().partition("\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    started_s = time.perf_counter()
    arrived_at = stand.here.ports.clock.now()
    message = SignedMessage(text=body, headers=headers, arrived_at=arrived_at, origin=None, remember=lambda _: None)
    integrators.receive_detection(str(stand.city.source.source_id), message, stand.here)
    took_ms = (time.perf_counter() - started_s) * 1e3
    quieten(stand.owner)
    return took_ms


def _times_of_page(stand: Stand, target: str) -> tuple[float, float]:
    """When the newest page of this phone was claimed and settled, in Unix time."""
    page = stand.owner.execute(
        "select claimed_at, settled_at from pages join devices using (agency_id, device_id)"
        " where push_value = %s order by page_id desc limit 1",
        [target],
    ).fetchone()
    assert page is not None
    return page[0].timestamp(), page[1].timestamp()


def _by_package(profile: cProfile.Profile) -> list[str]:
    """Shares of the processor's time, without what was waited for."""
    own_s: Counter[str] = Counter()
    for (file, _, name), (_, _, seconds, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if name not in _WAITING:
            own_s[_package(file)] += seconds
    return [f"{own_s[name] / own_s.total():6.1%}     {name}" for name, _ in own_s.most_common(PACKAGES)]


def _package(file: str) -> str:
    """`sqlalchemy`, `service.domain`, `Python` with its standard library, or its built-in functions."""
    if "site-packages" in file:
        return file.partition("site-packages/")[2].partition("/")[0]
    if file.startswith(f"{ROOT}/"):
        return ".".join(Path(file).relative_to(ROOT).parts[:2]).removesuffix(".py")
    return "Python's built-in functions" if file == "~" else "Python's library"


def _listing(stats: pstats.Stats) -> str:
    stream = io.StringIO()
    stats.stream = stream  # type: ignore[attr-defined]  # typeshed does not know it
    stats.strip_dirs().sort_stats("cumulative").print_stats(LINES).sort_stats("tottime").print_stats(LINES)
    return stream.getvalue()


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
