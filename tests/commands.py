"""Several `beatline` commands in one process of their own, since most of a command's time is spent on starting.

Each is parsed and run as if it were alone. Called as a program, this file is that process: it tells how each command
ended and what it said as JSON, line by line.
"""

import contextlib
import io
import json
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from service.cli import app

PATIENCE_S = 120
"""A busy machine takes long to start a process."""


@dataclass(frozen=True, slots=True)
class Said:
    """How one command ended, and what it told."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


def run_commands(commands: Sequence[str], *, environment: Mapping[str, str], typed: str = "") -> list[Said]:
    """One after the other; `typed` is their standard input."""
    done = subprocess.run(
        [sys.executable, __file__, *commands],
        env=environment,
        input=typed,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    return [Said(**json.loads(line)) for line in done.stdout.splitlines()]


def run(command: str) -> Said:
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            app(shlex.split(command))
        except SystemExit as end:
            code = int(end.code or 0)
    return Said(code, out.getvalue(), err.getvalue())


if __name__ == "__main__":
    for line in sys.argv[1:]:
        sys.stdout.write(json.dumps(asdict(run(line))) + "\n")
