"""How is this installation doing, in figures? Asked of PostgreSQL when somebody wants to know: workers have no HTTP.

Any API process gives the same answer for all of them. Not for what a single process counts of its own requests.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

import structlog

from service.domain.alarms import Standing
from service.domain.errors import DomainError
from service.domain.vigilance import GRACE_S, Canary, Finding, Process, living
from service.operations.alarms import standing_now
from service.operations.canary import canary_of
from service.operations.vigil import Vigil
from service.ports import Ports
from service.store import auditing, heartbeats
from service.store.auditing import VitalSigns
from service.store.database import Database

LATELY = timedelta(minutes=5)
FRESH_S = 5.0
"""However often it is asked, the database is asked no more often: anybody inside may scrape."""
ROWS_AT_MOST = 1_000
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """`processes` are those that are alive. `took_s` is how long the database needed to tell all this."""

    now: datetime
    took_s: float
    processes: Sequence[Process]
    standing: Sequence[Standing]
    canary: Canary | None
    figures: "Figures | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What takes long to count, and in a storm perhaps too long."""

    signs: VitalSigns
    neglected: Mapping[Finding, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Whether the database can be used, and what it told; no `vitals` when it could not tell them in time."""

    is_up: bool
    vitals: Vitals | None = None


class Checkup:
    """The last one is good for some seconds, for whoever asks. One per process; thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: tuple[float, Answer] | None = None

    def ask(self, database: Database, ports: Ports, vigil: Vigil) -> Answer:
        """Of the database; `vigil` as in `standing_now`."""
        with self._lock:
            if self._last is None or time.monotonic() - self._last[0] >= FRESH_S:
                self._last = (time.monotonic(), _asked(database, ports, vigil))
            return self._last[1]


def _asked(database: Database, ports: Ports, vigil: Vigil) -> Answer:
    try:
        database.refuse_read_only()
    except DomainError:
        return Answer(is_up=False)
    try:
        return Answer(is_up=True, vitals=_vitals(database, ports, vigil))
    except DomainError as error:
        log.warning("vitals_not_told", reason=error.internal)
        return Answer(is_up=True)


def _vitals(database: Database, ports: Ports, vigil: Vigil) -> Vitals:
    now, began_s = ports.clock.now(), time.monotonic()
    heard = vigil.as_heard(heartbeats.all_processes(database), now=now)
    processes = living(heard, now=now, second=ports.clock.real(1.0))
    standing, canary = standing_now(database, ports, vigil), canary_of(database)
    figures = _figures(database, ports, now=now)
    took_s = time.monotonic() - began_s
    return Vitals(now=now, processes=processes, standing=standing, canary=canary, figures=figures, took_s=took_s)


def _figures(database: Database, ports: Ports, *, now: datetime) -> Figures | None:
    try:
        signs = auditing.vital_signs(database, lately=LATELY)
        rows = auditing.neglected(database, now=now, grace=ports.clock.real(GRACE_S), at_most=ROWS_AT_MOST)
    except DomainError as error:
        log.warning("figures_not_told", reason=error.internal)
        return None
    return Figures(signs=signs, neglected=Counter(row.finding for row in rows))
