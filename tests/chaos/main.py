"""`make chaos`: which promises hold while things break? Every row in a process of its own, and a table at the end.

A row is a file `rNN_name.py` here with `measure(scale) -> Row | list[Row]`. Not for what a row does.
"""

import argparse
import importlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path[0] = str(HERE.parent)  # modules are named from `tests/`, as mypy does
    sys.path.insert(1, str(HERE.parents[1]))

from chaos.row import FULL, SHORT, Row, Scale  # noqa: E402  the path has just been made
from service.dev.foreground import tied  # noqa: E402  as above

WORSE_THAN_FAILED = "(crashed)"


def modules() -> list[str]:
    """The rows that exist, in order: r01_… to r12_…."""
    return sorted(path.stem for path in HERE.glob("r[0-9][0-9]_*.py"))


def measured(name: str, scale: Scale) -> list[Row]:
    """What one module measures."""
    module: ModuleType = importlib.import_module(f"chaos.{name}")
    rows: Row | list[Row] = module.measure(scale)
    return rows if isinstance(rows, list) else [rows]


def main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that everything is let go of
    if options.child:
        rows = measured(options.child, _scale(options))
        Path(options.out).write_text(json.dumps([_plain(row) for row in rows]), encoding="utf-8")
        return
    found: list[tuple[int, Row]] = []
    for run in range(1, options.runs + 1):
        for name in _wanted(options.rows):
            found += [(run, row) for row in _in_a_process(name, options, run=run)]
    document = _document(found, options)
    _say(document)
    if options.report:
        Path(options.report).write_text(document + "\n", encoding="utf-8")
    sys.exit(0 if all(row.holds for _, row in found) else 1)


def _plain(row: Row) -> dict[str, Any]:
    # Whatever kind of mapping counted the faults: `asdict` would copy a Counter as a Counter of pairs.
    return asdict(replace(row, faults=dict(row.faults)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description="Do the promises hold while things break?")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"only these of {', '.join(modules())} (r06 is enough)")
    parser.add_argument("--short", action="store_true", help="the form of `make test`: minutes less, bounds threefold")
    parser.add_argument("--runs", type=int, default=1, help="so many times in a row")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000), help="of the faults")
    parser.add_argument("--report", metavar="FILE", help="write the table there, as Markdown")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := [row for row in options.rows if not _named(row)]:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(modules())}")
    return options


def _named(asked: str) -> list[str]:
    return [name for name in modules() if name == asked or name.startswith(f"{asked}_")]


def _wanted(asked: Sequence[str]) -> list[str]:
    return [name for each in asked for name in _named(each)] or modules()


def _scale(options: argparse.Namespace) -> Scale:
    scale = SHORT if options.short else FULL
    return Scale(short=scale.short, slack=scale.slack, seed=options.seed)


def _in_a_process(name: str, options: argparse.Namespace, *, run: int) -> list[Row]:
    """A row that crashes is a row that does not hold, and takes no other along."""
    seed = options.seed + run - 1
    _say(f"{name}, run {run} of {options.runs}, seed {seed} …")
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="beatline-row-") as folder:
        out = Path(folder, "rows.json")
        command = [sys.executable, str(HERE / "main.py"), "--child", name, "--out", str(out), "--seed", str(seed)]
        code = _ended(tied([*command, *(["--short"] if options.short else [])]))
        told = json.loads(out.read_text(encoding="utf-8")) if out.exists() else []
    rows = [Row(**row) for row in told] or [_crashed(name, code)]
    for row in rows:
        _say(f"  {row.promise} {row.what}: {row.worst} (bound {row.bound}): {_verdict(row)} {row.note}")
    _say(f"  took {time.monotonic() - began_s:.0f} s")
    return rows


def _ended(command: Sequence[str]) -> int:
    """How it ended. Should we have to end before, it gets the time to let go of everything, too."""
    with subprocess.Popen(command) as row:
        try:
            return row.wait()
        finally:
            row.terminate()


def _crashed(name: str, code: int) -> Row:
    promise = f"R{int(name[1:3])}"
    return Row(promise=promise, what=name, faults={}, worst=f"exit code {code}", bound=WORSE_THAN_FAILED, holds=False)


def _document(found: Iterable[tuple[int, Row]], options: argparse.Namespace) -> str:
    now = datetime.fromtimestamp(time.time(), tz=UTC)
    form = f"{'short form, bounds threefold' if options.short else 'full form'}, seed {options.seed}"
    head = [
        f"{now:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end, {form}",
        "",
        "| promise | what | faults injected | worst seen | bound | holds |",
        "|---|---|---|---|---|---|",
    ]
    several = options.runs > 1
    lines = [
        f"| {row.promise}{f' run {run}' if several else ''} | {row.what} | {_faults(row)} | {row.worst} | {row.bound} "
        f"| {_verdict(row)} |"
        for run, row in sorted(found, key=lambda each: (int(each[1].promise.lstrip("R") or 0), each[1].what, each[0]))
    ]
    return "\n".join([*head, *lines])


def _faults(row: Row) -> str:
    told = [f"{kind} {count}" for kind, count in sorted(row.faults.items())]
    total = sum(row.faults.values())
    return f"{total}: {', '.join(told)}" if told else "none"


def _verdict(row: Row) -> str:
    return "yes" if row.holds else "**NO**"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
