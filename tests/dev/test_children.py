"""Child processes: they come back when they die, and go when their parent goes, however that ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.dev.children import RESTART_AFTER_S, Children, told_to_stop

PARENT = """
import sys, threading
from service.dev.children import Children, told_to_stop
with told_to_stop() as done, Children() as children:
    children.start("child", ["sh", "-c", f"echo $$ > {sys.argv[1]}; exec sleep 60"])
    children.keep_until(done)
"""
STUBBORN = "trap '' TERM; echo $$ > {}; while :; do sleep 0.05; done"


@pytest.fixture
def pid_file(tmp_path: Path) -> Path:
    return tmp_path / "pid"


@pytest.fixture
def parent(pid_file: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", PARENT, str(pid_file)]
    with subprocess.Popen(command) as process:
        yield process
        process.kill()


def until(condition: Callable[[], object], *, within_s: float = 10.0) -> None:
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, "it never happened"
        time.sleep(0.02)


def pid_in(pid_file: Path) -> int:
    until(lambda: pid_file.exists() and pid_file.read_text().strip())
    return int(pid_file.read_text())


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nobody_outlives_the_parent(parent: subprocess.Popen[bytes], pid_file: Path, ending: signal.Signals) -> None:
    child = pid_in(pid_file)

    parent.send_signal(ending)
    parent.wait(10)

    until(lambda: is_gone(child))


def test_a_terminal_s_interrupt_reaches_the_parent_alone(parent: subprocess.Popen[bytes], pid_file: Path) -> None:
    child = pid_in(pid_file)

    assert os.getsid(child) != os.getsid(parent.pid)


def test_who_dies_comes_back(pid_file: Path) -> None:
    with Children() as children:
        children.start("child", ["sh", "-c", f"echo $$ > {pid_file}; exec sleep 60"])
        first = pid_in(pid_file)

        os.kill(first, signal.SIGKILL)
        until(lambda: "child" in children.mend())
        pid_file.unlink()
        until(lambda: children.mend() == [] and pid_file.exists(), within_s=RESTART_AFTER_S + 5)

        assert pid_in(pid_file) != first


def test_who_does_not_want_to_stop_is_killed(pid_file: Path) -> None:
    with Children(grace_s=0.3) as children:
        children.start("stubborn", ["sh", "-c", STUBBORN.format(pid_file)])
        stubborn = pid_in(pid_file)

    assert is_gone(stubborn)


def test_their_words_go_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Children(log=log, environment={**os.environ, "GREETING": "good evening"}) as children:
        children.start("child", ["sh", "-c", 'echo "$GREETING"; exec sleep 60'])
        until(lambda: log.exists() and log.read_text() == "good evening\n")


LONG_ENOUGH_S = 2.0
"""For some thousand signals to fall into every microsecond of a wait."""


def test_a_signal_stops_it_whatever_it_does_at_that_moment() -> None:
    """It used to wait for ever when the signal fell into the microseconds in which it looked whether to stop."""
    signalling = f"import os, time\nwhile True: os.kill({os.getpid()}, {signal.SIGTERM:d}); time.sleep(0.0003)"
    with told_to_stop() as done:
        sender = subprocess.Popen([sys.executable, "-c", signalling])
        until_s = time.monotonic() + LONG_ENOUGH_S
        while time.monotonic() < until_s:
            done.wait(0.000_01)
            done.clear()
        sender.kill()
        sender.wait()
