"""How does anybody know that a process is alive? It says so every few seconds, and how it finds the world around it.

By a thread of its own: a process that hangs altogether falls silent. Not for whether it does its work in time: that is
seen by what is left undone (`auditing`).
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread

from service.domain.vigilance import Condition, Process, ProcessKind
from service.operations.escalations import tick_until
from service.operations.position_copy import are_kept
from service.ports import Ports
from service.store import heartbeats
from service.store.database import Database
from service.store.ids import new_id

BEAT_EVERY_S = 5.0
THREADS = 1
"""Places in the pool besides those of whoever works."""


@contextmanager
def beating(
    database: Database, ports: Ports, *, kind: ProcessKind, lives: Callable[[], bool] = lambda: True
) -> Iterator[None]:
    """Inside the block this process is alive. When it ends, others notice within three beats, as when it is killed.

    So they do when `lives` is False: who does nothing any more must not be kept alive by a thread that still beats.
    """
    heart = Heart(database, ports, kind=kind, lives=lives)
    stop = Event()
    thread = Thread(target=heart.beat_until, args=(stop,), name="heart", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class Heart:
    """Of one process, named by an id that it makes up when it starts."""

    def __init__(
        self, database: Database, ports: Ports, *, kind: ProcessKind, lives: Callable[[], bool] = lambda: True
    ) -> None:
        self._database = database
        self._ports = ports
        self._kind = kind
        self._lives = lives
        self._process_id = new_id()
        self._started_at = ports.clock.now()
        self._redis_away_since: datetime | None = None

    def beat_until(self, stop: Event) -> None:
        tick_until(stop, self.beat, BEAT_EVERY_S, at_once=True)

    def beat(self) -> None:
        """Raises DomainError(unavailable): without the database there is nobody to tell."""
        if not self._lives():
            return
        condition = self._condition()
        process = Process(
            kind=self._kind,
            host=socket.gethostname(),
            started_at=self._started_at,
            seen_at=self._ports.clock.now(),
            condition=condition,
        )
        heartbeats.beat(self._database, self._process_id, process)

    def _condition(self) -> Condition:
        push = self._ports.push.condition()
        if are_kept(self._ports.positions):
            self._redis_away_since = None
        elif self._redis_away_since is None:
            self._redis_away_since = self._ports.clock.now()
        return Condition(
            push_down_since=push.down_since,
            push_reason=push.reason if push.down_since else "",
            redis_away_since=self._redis_away_since,
        )
