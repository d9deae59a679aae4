"""Which rows are measured, and what becomes of them: a table on the terminal and, of a whole run, BENCHMARKS.md."""

import argparse
import itertools
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
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
    load_before = os.getloadavg()[0]
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="beatline-bench-") as home, standing(Path(home)) as stand:
        if options.profile:
            profile = PROFILES[options.profile](stand)
            report.say("\n".join([*profile.brief, profile.listing]))
        elif options.rows or options.quick:
            measured = _measured(stand, options.rows or ROWS, QUICK if options.quick else FULL)
            report.say("\n".join(report.table(itertools.chain(*measured.values()))))
        else:
            _write_document(stand, load_before=load_before)


def _measured(stand: Stand, rows: Iterable[str], pace: Pace) -> Mapping[str, list[Figure]]:
    measured = {}
    for row in rows:
        report.say(f"measuring {row} …")
        measured[row] = ROWS[row](stand, pace)
    return measured


def _write_document(stand: Stand, *, load_before: float) -> None:
    """The whole table, with a profile of each row that misses."""
    measured = _measured(stand, ROWS, FULL)
    missed = [row for row, figures in measured.items() if not all(figure.is_met for figure in figures)]
    text = report.document(
        list(itertools.chain(*measured.values())),
        profiles={row: PROFILES[row](stand).brief for row in missed},
        load_before=load_before,
    )
    DOCUMENT.write_text(text, encoding="utf-8")
    report.say(text)


if __name__ == "__main__":
    main()
