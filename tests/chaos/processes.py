"""How is one process killed, hung or started again while the others go on? Real processes, by name.

A process is treated together with its children (an API and the clock beside it, PostgreSQL and its backends), as when a
host dies or freezes. Not for which processes there are: `stand`. Linux: it reads /proc.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from service.dev.foreground import Account, tied


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What is started under a name. `last_signal` is what the kernel sends it should we be killed ourselves."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    log: Path
    last_signal: signal.Signals = signal.SIGKILL
    account: Account | None = None


class Processes:
    """Killed together when it is closed. From any thread."""

    def __init__(self) -> None:
        self._programs: dict[str, Program] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._log_starts: dict[str, int] = {}
        self._meant_to_be_dead: set[str] = set()
        # The kernel ends a tied child with the thread that started it: so one thread starts all, and lives long enough.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="starter")
        self._lock = threading.RLock()

    @property
    def names(self) -> list[str]:
        return list(self._programs)

    def start(self, name: str, program: Program) -> None:
        with self._lock:
            self._programs[name] = program
            self._meant_to_be_dead.discard(name)
            self._log_starts[name] = program.log.stat().st_size if program.log.exists() else 0
            self._running[name] = self._starter.submit(_spawned, program).result()

    def start_again(self, name: str) -> None:
        """Nothing happens to one that runs."""
        with self._lock:
            if not self.lives(name):
                self.start(name, self._programs[name])

    def mend(self, names: Iterable[str]) -> list[str]:
        """Start again who of them has ended by itself, as their keeper in production does; returns their names."""
        with self._lock:
            started = {name for name in names if name in self._running} - self._meant_to_be_dead
            ended = [name for name in started if not self.lives(name)]
            for name in ended:
                self.start_again(name)
        return ended

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def lives(self, name: str) -> bool:
        return self._running[name].poll() is None

    def log(self, name: str) -> Path:
        return self._programs[name].log

    def log_start(self, name: str) -> int:
        """Where in its log the words of its last start begin, in bytes."""
        return self._log_starts[name]

    def kill(self, name: str) -> None:
        """SIGKILL, to all of its family at once; they are gone when this returns."""
        with self._lock:
            self._meant_to_be_dead.add(name)
            process = self._running[name]
            if process.poll() is None:
                pids = _frozen_family(process.pid)
                for pid in pids:
                    _signal(pid, signal.SIGKILL)
                process.wait()
                _until_gone(pids)

    def hang(self, name: str) -> None:
        """SIGSTOP: it keeps its connections, and says nothing."""
        with self._lock:
            if self.lives(name):
                _frozen_family(self.pid(name))

    def go_on(self, name: str) -> None:
        with self._lock:
            if self.lives(name):
                for pid in reversed(family(self.pid(name))):
                    _signal(pid, signal.SIGCONT)

    def end(self, name: str, *, patience_s: float) -> int:
        """SIGTERM, and how it ended. Raises subprocess.TimeoutExpired when it does not."""
        self._meant_to_be_dead.add(name)
        process = self._running[name]
        process.terminate()
        return process.wait(patience_s)

    def close(self) -> None:
        for name, process in reversed(self._running.items()):
            last = self._programs[name].last_signal
            if process.poll() is None and last is not signal.SIGKILL:  # it tidies up behind itself
                self.go_on(name)
                process.send_signal(last)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(10.0)
            self.kill(name)
        self._starter.shutdown()


def family(pid: int) -> list[int]:
    """The process and all of its descendants, itself first."""
    children: dict[int, list[int]] = {}
    for child, parent in _parents():
        children.setdefault(parent, []).append(child)
    found = [pid]
    for each in found:  # grows while it is read
        found.extend(children.get(each, ()))
    return found


def child_of(pid: int, is_it: Callable[[str], bool]) -> int | None:
    """The descendant whose command line (words separated by spaces) it is."""
    return next((each for each in family(pid)[1:] if is_it(_command_line(each))), None)


def send_signal(pid: int, number: signal.Signals) -> None:
    """To one process, without its family; nothing happens when it is gone."""
    _signal(pid, number)


def _spawned(program: Program) -> subprocess.Popen[bytes]:
    with program.log.open("ab") as log:
        return subprocess.Popen(
            tied(program.command, last_signal=program.last_signal, account=program.account),
            cwd=program.folder,
            env=program.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _frozen_family(pid: int) -> list[int]:
    """Stopped from the top, until nobody new appears: who is stopped has no more children."""
    stopped: list[int] = []
    while new := [each for each in family(pid) if each not in stopped]:
        for each in new:
            _signal(each, signal.SIGSTOP)
        stopped += new
    return stopped


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                # After the name, which is in brackets and may hold anything: state, then the parent.
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    yield int(folder.name), int(parent)


def _command_line(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _until_gone(pids: Sequence[int]) -> None:
    waiting = threading.Event()
    while any(each in pids for each, _ in _parents()):
        waiting.wait(0.005)
