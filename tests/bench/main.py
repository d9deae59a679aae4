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
from bench.profiles import PROFILES
from bench.stand import Stand, standing

Measure = Callable[[Stand, Pace], list[Figure]]
ROWS: Mapping[str, Measure] = {
    "ring": ring.measure,
    "detection": detection.measure,
    "positions": positions.measure,
    "selection": selection.measure,
}
DOCUMENT = Path(__file__).resolve().parents[2] / "BENCHMARKS.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description="How fast are we, against what is possible here?")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"only these of {', '.join(ROWS)}; writes no document")
    parser.add_argument("--quick", action="store_true", help="a smoke run: figures worth nothing, no document")
    parser.add_argument("--profile", choices=PROFILES, help="print where the time of this row goes instead")
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
    if options.rows or options.quick:
        report.say("\n".join(report.table(figures)))
    else:
        DOCUMENT.write_text(report.document(figures), encoding="utf-8")
        report.say(DOCUMENT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
