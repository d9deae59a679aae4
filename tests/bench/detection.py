"""Signed detection → 202 with everything committed, one connection, against pgbench writing the same rows.

No worker runs beside it: the floor has none either, and two cores would make the one wait for the other.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import orjson
from bench import pgbench
from bench.city import places, quieten, shot
from bench.figures import Bound, Figure, Pace, Round, percentile
from bench.stand import Stand
from bench.wire import Wire

WARM_UP = 30
PGBENCH_TIMES = 3
"""Its transactions are so short that three for each of ours take no time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A sensor network with one connection."""

    stand: Stand
    wire: Wire

    def report(self) -> tuple[float, UUID]:
        """How long one took, in ms, and the incident it opened."""
        number = next(self.stand.city.numbers)
        request = shot(self.stand.city, number, next(places(start=number)), heard_at=time.time())
        started_s = time.perf_counter()
        answer = self.wire.exchange(request, expect=202)
        took_ms = (time.perf_counter() - started_s) * 1e3
        return took_ms, UUID(orjson.loads(answer)["incident_id"])

    def times_ms(self, shots: int) -> list[float]:
        """Each into a quiet city."""
        times = []
        for _ in range(shots):
            times.append(self.report()[0])
            quieten(self.stand.owner)
        return times


def measure(stand: Stand, pace: Pace) -> list[Figure]:
    with opened(stand) as source:
        source.times_ms(WARM_UP)
        script_file = write_script(source)
        rounds = [_round(source, script_file, pace, number=number) for number in range(2 * pace.rounds)]
    what = "signed detection → 202 with everything committed, one connection, p50"
    return [Figure(what=what, unit="ms", bound=Bound(at_most=8), rounds=rounds)]


@contextmanager
def opened(stand: Stand) -> Iterator[Source]:
    with stand.api(), Wire(stand.base_url) as wire:
        yield Source(stand=stand, wire=wire)


def write_script(source: Source) -> Path:
    """From what one detection writes now, so that it follows the code."""
    _, incident_id = source.report()
    written = pgbench.written_with(source.stand.owner, incident_id)
    quieten(source.stand.owner)
    path = source.stand.home / "detection.sql"
    path.write_text(pgbench.script(written))
    return path


def _round(source: Source, script_file: Path, pace: Pace, *, number: int) -> Round:
    transactions = PGBENCH_TIMES * pace.detections
    ours = source.times_ms(pace.detections)
    floor = pgbench.latencies_ms(source.stand, script_file, transactions=transactions, start=number * transactions)
    return Round(ours=percentile(ours, 50), floor=percentile(floor, 50))
