"""How does one command keep several processes running, and take them all along when it ends, however it ends?

Standard library alone: `beatline serve` and `beatline work` stand on it in production. Not for the embedded stores,
which have their own warden. Linux: the kernel ends the children of a parent that was killed.
"""

import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from service.dev.foreground import tied

RESTART_AFTER_S = 1.0
"""Long enough that a child that cannot start does not eat a processor, short enough that a page hardly waits."""
_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(slots=True, kw_only=True)
class _Child:
    command: Sequence[str]
    process: subprocess.Popen[bytes]
    ended_at: float | None = None


@dataclass(slots=True, kw_only=True)
class Children:
    """Processes by name, started again when they end by themselves, stopped together when the `with` block ends.

    To be used from one thread that lives as long as the process, best the main one: see `foreground.tied`.
    `log` is where their output goes and `environment` is theirs, ours when None.
    """

    environment: Mapping[str, str] | None = None
    log: Path | None = None
    grace_s: float = 10.0
    _children: dict[str, _Child] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, name: str, command: Sequence[str]) -> None:
        self._children[name] = _Child(command=command, process=self._spawn(command))

    def mend(self) -> list[str]:
        """Start again who has ended, after a moment; to be called often. Returns the names of who had just ended."""
        now_s = time.monotonic()
        ended = []
        for name, child in self._children.items():
            if child.process.poll() is None:
                continue
            if child.ended_at is None:
                child.ended_at = now_s
                ended.append(name)
            elif now_s - child.ended_at > RESTART_AFTER_S:
                child.process, child.ended_at = self._spawn(child.command), None
        return ended

    def keep_until(self, done: threading.Event) -> None:
        """Keep all of them running until then."""
        while not done.wait(0.2):
            self.mend()

    def stop(self) -> None:
        """All at once; whoever needs more than `grace_s` is killed."""
        processes = [child.process for child in self._children.values()]
        self._children.clear()
        for process in processes:
            process.terminate()
        deadline_s = time.monotonic() + self.grace_s
        for process in processes:
            try:
                process.wait(max(0.0, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _spawn(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        log = self.log.open("ab") if self.log else None
        try:
            return subprocess.Popen(
                # What must survive a killed process is in PostgreSQL; so nobody outlives us to finish something.
                tied(command, last_signal=signal.SIGKILL),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a terminal's Ctrl-C is for us; we decide who stops when
            )
        finally:
            if log:
                log.close()


@contextmanager
def told_to_stop() -> Iterator[threading.Event]:
    """Inside the block, SIGTERM, SIGINT and SIGHUP set the event instead of ending the process. Main thread only."""
    done = threading.Event()

    def stop(*_: object) -> None:
        # In a thread: the main one may hold the event's lock at this very moment, and would wait for itself for ever.
        threading.Thread(target=done.set).start()

    before = {number: signal.signal(number, stop) for number in _STOPPING}
    try:
        yield done
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
