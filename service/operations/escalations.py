"""What the clock does when a deadline passes: rows whose time has come, looked at by whoever gets them first.

Any number of clocks may run. `for update skip locked` gives each row to one of them; a row that was looked at has a
later time, or none.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from functools import partial
from threading import Event, Thread
from uuid import UUID

import structlog

from service.domain.errors import DomainError
from service.domain.escalation import decide
from service.domain.events import DeadlinePassed
from service.domain.incident import Incident
from service.operations.care import look_after_due
from service.operations.decisions import carry_out
from service.operations.drills import DRILLS_EVERY_S, finish_due
from service.operations.one_by_one import passed_over
from service.operations.overdue import INCIDENTS_AT_ONCE, Overdue
from service.operations.paging import decide_around
from service.operations.replacing import replace_unreachable
from service.operations.retention import LOOK_EVERY_S, purge_due
from service.operations.sealing import SEAL_EVERY_S, seal_due
from service.operations.surroundings import Surroundings, candidates
from service.ports import Ports
from service.store import alerts, incidents
from service.store.database import Database, Transaction
from service.store.incidents import Due

log = structlog.get_logger()

TICK_S = 0.25
"""At most so late: a page whose worker died rings within its lease and one tick, inside of the 5 s promised."""
AFTER_FAILURE_S = 1.0
THREADS = 6 + INCIDENTS_AT_ONCE
"""That ask the database at the same time: the loops of a clock, and those who send what is overdue."""
AT_MOST = 50
"""Rows of each kind a tick, some 10 ms each; the rest is the next tick's, and other clocks'. So few, because the doors
hand them out agency by agency in turn: what comes due in one is looked for again before a storm in another is over."""


def run_clock(database: Database, ports: Ports, *, threads: Executor, stop: Event) -> None:
    """Tick until `stop` is set. A loop of its own for each kind, so that nothing ever stands before an escalation."""
    with Overdue(database, ports, threads=threads) as overdue:
        acts = (
            ("overdue-pages", TICK_S, overdue.look),
            ("care", TICK_S, partial(look_after_due, database, ports)),
            ("drills", DRILLS_EVERY_S, partial(finish_due, database, ports)),
            ("sealing", SEAL_EVERY_S, partial(seal_due, database, ports)),
            ("retention", LOOK_EVERY_S, partial(purge_due, database, ports)),
        )
        beside = [Thread(target=tick_until, args=(stop, act, every_s), name=name) for name, every_s, act in acts]
        for loop in beside:
            loop.start()
        tick_until(stop, partial(escalate_due, database, ports))
        for loop in beside:
            loop.join()


def escalate_due(database: Database, ports: Ports) -> int:
    """Look at every incident whose time has come, as far as it is this tick's turn; how many there were."""
    due = incidents.due(database, now=ports.clock.now(), at_most=AT_MOST)
    for row in due:
        _each(row, partial(pass_deadline, database, ports, agency_id=row.agency_id, incident_id=row.incident_id))
    return len(due)


def tick_until(stop: Event, act: Callable[[], object], every_s: float = TICK_S, *, at_once: bool = False) -> None:
    """Act every so many seconds until `stop` is set, for the first time after a tick or `at_once`."""
    rest_s = 0.0 if at_once else every_s
    while not stop.wait(rest_s):
        rest_s = every_s
        try:
            act()
        except DomainError as error:
            # As long as the database is away; a traceback a second would say no more.
            log.warning("tick_put_off", code=error.code.value, reason=error.internal)
            stop.wait(AFTER_FAILURE_S)
        except Exception:
            # The clock loop: whatever happened, the next tick must come; only not so soon that it drowns the log.
            log.exception("tick_failed")
            stop.wait(AFTER_FAILURE_S)


def _each(row: Due, act: Callable[[], object]) -> None:
    with passed_over("due_incident_failed", incident_id=row.incident_id):
        act()


def pass_deadline(database: Database, ports: Ports, *, agency_id: UUID, incident_id: UUID) -> None:
    """A level's deadline, or a hold, has run out. Does nothing when another clock has the row or was here before."""

    def act(tx: Transaction, around: Surroundings) -> bool:
        now = ports.clock.now()
        locked = incidents.lock_due(tx, incident_id, now=now)
        if locked is None:
            return False
        queued = replace_unreachable(tx, locked, around, now=now)
        # Replacing may have changed it, also when nobody was left to page: what follows is decided on what it is now.
        current = incidents.find(tx, incident_id)
        return (current is not None and _decide(tx, current, around, now=now)) or queued

    decide_around(database, ports, act, agency_id=agency_id, incident_id=incident_id)


def _decide(tx: Transaction, incident: Incident, around: Surroundings, *, now: datetime) -> bool:
    known = alerts.of_incident(tx, incident.incident_id)
    found = candidates(tx, incident, known, around, want=incident.policy.units_per_level, now=now)
    decision = decide(incident, known, event=DeadlinePassed(candidates=found), now=now)
    return carry_out(tx, incident, decision, now=now, actor="clock", found=found)
