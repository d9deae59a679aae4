"""Which rows are measured, and what becomes of them: a table on the terminal and, of a whole run, BENCHMARKS.md."""

import argparse
import logging
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import detection, positions, report, ring, selection
from bench.figures import FULL, QUICK, Figure, Pace
from bench.stand import Stand, standing

Measure = Callable[[Stand, Pace], list[Figure]]
ROWS: Mapping[str, Measure] = {
    "ring": ring.measure,
    "detection": detection.measure,
    "positions": positions.measure,
    "selection": selection.measure,
}
PROFILES: Mapping[str, Callable[[Stand], None]] = {
    "ring": ring.profile,
    "detection": detection.profile,
    "positions": positions.profile,
    "selection": selection.profile,
}
DOCUMENT = Path(__file__).resolve().parents[2] / "BENCHMARKS.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description="How fast are we, against what is possible here?")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"only these of {', '.join(ROWS)}; writes no document")
    parser.add_argument("--quick", action="store_true", help="a smoke run: figures worth nothing, no document")
    parser.add_argument("--profile", choices=PROFILES, metavar="ROW", help="where the time of this row goes")
    options = parser.parse_args()
    if unknown := set(options.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    _run(options)


def _run(options: argparse.Namespace) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that everything is let go of
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="beatline-bench-") as home, standing(Path(home)) as stand:
        if options.profile:
            PROFILES[options.profile](stand)
            return
        figures = []
        for row in options.rows or ROWS:
            report.say(f"measuring {row} …")
            figures += ROWS[row](stand, QUICK if options.quick else FULL)
    about = report.machine(figures)
    report.say(about)
    if not options.rows and not options.quick:
        DOCUMENT.write_text(about)
