"""Children end with their parents, however those end: nobody wants to look for strays after a kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.dev import foreground

SOON_S = 5
ROOT = Path(__file__).parents[2]
PARENT = """
import signal, subprocess
from service.dev.foreground import tied

signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
child = subprocess.Popen(tied(["sleep", "60"]))
print(child.pid, flush=True)
child.wait()
"""


class Family:
    """A parent that ignores Ctrl-C, and its child."""

    def __init__(self) -> None:
        self.parent = subprocess.Popen(
            [sys.executable, "-c", PARENT],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.parent.stdout is not None
        self.child_pid = int(self.parent.stdout.readline())
        wait_until(lambda: Path(f"/proc/{self.child_pid}/comm").read_text() == "sleep\n")

    def child_is_gone(self) -> bool:
        """A zombie is gone too: some containers have nobody who buries orphans."""
        try:
            return Path(f"/proc/{self.child_pid}/cmdline").read_bytes() == b""
        except FileNotFoundError:
            return True


def wait_until(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


@pytest.fixture
def family() -> Iterator[Family]:
    family = Family()
    with family.parent:
        yield family
        family.parent.kill()


def test_a_child_ends_when_its_parent_is_killed(family: Family) -> None:
    family.parent.kill()
    wait_until(family.child_is_gone)


def test_a_child_hears_ctrl_c_although_its_parent_blocks_and_ignores_it(family: Family) -> None:
    os.kill(family.child_pid, signal.SIGINT)
    wait_until(family.child_is_gone)


def test_a_child_whose_parent_is_gone_already_never_starts(tmp_path: Path) -> None:
    """The parent may be killed between fork and the child's first instruction."""
    somebody_else = "-1"
    command = [sys.executable, foreground.__file__, somebody_else, "SIGTERM", "", "touch", str(tmp_path / "started")]
    finished = subprocess.run(command, check=False)
    assert 128 + signal.SIGTERM == finished.returncode
    assert not (tmp_path / "started").exists()
