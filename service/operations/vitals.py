"""How is this installation doing, in figures? Asked of PostgreSQL when somebody wants to know: workers have no HTTP.

Any API process gives the same answer for all of them. Not for what a single process counts of its own requests.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from service.domain.alarms import Standing
from service.domain.errors import DomainError
from service.domain.vigilance import GRACE_S, Canary, Finding, Process, living
from service.operations.alarms import standing_now
from service.operations.canary import canary_of
from service.ports import Ports
from service.store import auditing, heartbeats
from service.store.auditing import VitalSigns
from service.store.database import Database

LATELY = timedelta(minutes=5)
FRESH_S = 5.0
"""However often it is asked, the database is asked no more often: anybody inside may scrape."""
ROWS_AT_MOST = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """`processes` are those that are alive. `took_s` is how long the database needed to tell all this."""

    now: datetime
    took_s: float
    signs: VitalSigns
    processes: Sequence[Process]
    neglected: Mapping[Finding, int]
    standing: Sequence[Standing]
    canary: Canary | None


class Checkup:
    """The last one is good for some seconds, for whoever asks. One per process; thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: tuple[float, Vitals | None] | None = None

    def vitals(self, database: Database, ports: Ports) -> Vitals | None:
        """None while the database is away."""
        with self._lock:
            if self._last is None or time.monotonic() - self._last[0] >= FRESH_S:
                self._last = (time.monotonic(), _looked_up(database, ports))
            return self._last[1]


def _looked_up(database: Database, ports: Ports) -> Vitals | None:
    now, began_s = ports.clock.now(), time.monotonic()
    try:
        signs = auditing.vital_signs(database, lately=LATELY)
        rows = auditing.neglected(database, now=now, grace=ports.clock.real(GRACE_S), at_most=ROWS_AT_MOST)
        return Vitals(
            now=now,
            signs=signs,
            processes=living(heartbeats.all_processes(database), now=now, second=ports.clock.real(1.0)),
            neglected=Counter(row.finding for row in rows),
            standing=standing_now(database, ports),
            canary=canary_of(database),
            took_s=time.monotonic() - began_s,
        )
    except DomainError:
        return None
