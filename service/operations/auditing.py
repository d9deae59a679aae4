"""Who checks on Beatline itself? The auditor, every ten seconds, in a process of its own; any number at once.

It looks at all agencies for what waits for nobody, at who is alive, and at what each finds of the world. What it
finds it says so loudly: a line in the log, an alarm for everybody to see, a figure. What can safely be put before the
clock again it puts there, on record in that agency's journal. While all is well it tells a dead man's switch so.

Which alarms follow from what is seen: `domain/vigilance`.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from threading import Event, Thread
from typing import Any

import structlog

from service.domain.alarms import Standing
from service.domain.errors import DomainError
from service.domain.vigilance import GRACE_S, Finding, ProcessKind, Seen, standing_alarms
from service.operations.canary import LOOK_EVERY_S, canary_of, look_after_canary
from service.operations.escalations import tick_until
from service.operations.heartbeats import beating
from service.operations.one_by_one import passed_over
from service.operations.vigil import Vigil
from service.ports import DeadMansSwitch, Ports
from service.store import alarms, auditing, heartbeats, incidents, journal
from service.store.auditing import Neglected
from service.store.database import Database, Transaction
from service.store.journal import Entry

log = structlog.get_logger()

AUDIT_EVERY_S = 10.0
GAP_S = 2 * AUDIT_EVERY_S
"""An audit is good for so long: for whoever asks whether all is well, and for the next one."""
FORGOTTEN_AFTER_S = 25.0
"""An alarm goes once nobody has found it for two audits."""
PING_EVERY_S = 30.0
AT_MOST = 200
"""Rows of each kind an audit; an alarm says the same of more."""
LATELY = timedelta(minutes=2)
ACTOR = "auditor"
MENDED = {
    Finding.INCIDENT_LOST: "deadline_restored",
    Finding.UNIT_LOST: "care_restored",
    Finding.PAGE_LOST: "page_restored",
}
"""What the journal calls it."""


def run_auditor(
    database: Database, ports: Ports, *, canary_every_s: float, switch: DeadMansSwitch | None, stop: Event
) -> None:
    """Audit until `stop` is set, and be alive as long as audits succeed.

    The canary and the switch have loops of their own: neither waits for an audit.
    `canary_every_s` of 0 releases none, and then nobody misses one.
    """
    auditor = Auditor(database, ports, has_canary=canary_every_s > 0)
    beside = [(PING_EVERY_S, partial(auditor.tell, switch))] if switch else []
    if canary_every_s > 0:
        beside.append((LOOK_EVERY_S, partial(look_after_canary, database, ports, every_s=canary_every_s)))
    loops = [Thread(target=tick_until, args=(stop, act, every_s)) for every_s, act in beside]
    for loop in loops:
        loop.start()
    with beating(database, ports, kind=ProcessKind.AUDITOR, lives=auditor.has_audited):
        tick_until(stop, auditor.audit, AUDIT_EVERY_S, at_once=True)
    for loop in loops:
        loop.join()


class Auditor:
    """Remembers since when it watches, and when all was well for the last time.

    What it measures of itself it measures by `monotonic`: the clock that decides may be set.
    """

    def __init__(
        self, database: Database, ports: Ports, *, has_canary: bool, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._ports = ports
        self._has_canary = has_canary
        self._monotonic = monotonic
        self._vigil = Vigil(gap_s=GAP_S, monotonic=monotonic)
        self._audited_s: float | None = None
        self._well_s: float | None = None

    def audit(self) -> Sequence[Standing]:
        """Look once, mend, and say what stands now, by whoever found it. Raises DomainError(unavailable)."""
        with ExitStack() as unless_done:
            unless_done.callback(self._forget)
            standing = self._look()
            unless_done.pop_all()
        self._audited_s = self._monotonic()
        return standing

    def has_audited(self) -> bool:
        """Lately, from beginning to end: only such an auditor is alive."""
        return self._was_lately(self._audited_s)

    def tell(self, switch: DeadMansSwitch) -> None:
        """Only what was seen just now: whoever stopped looking must fall silent."""
        if self._was_lately(self._well_s):
            switch.ping()

    def _was_lately(self, at_s: float | None) -> bool:
        return at_s is not None and self._monotonic() - at_s < GAP_S

    def _forget(self) -> None:
        self._well_s = None
        self._vigil.lapse()

    def _look(self) -> Sequence[Standing]:
        now = self._ports.clock.now()
        processes = heartbeats.all_processes(self._database)
        watched_s = self._vigil.look(processes)
        grace = self._ports.clock.real(GRACE_S)
        neglected = auditing.neglected(self._database, now=now, grace=grace, at_most=AT_MOST)
        for row in neglected:
            _say(row)
            if row.finding.is_lost:
                with passed_over("neglected_row_not_mended", row_id=row.row_id):
                    self._mend(row, now=now, grace=grace)
        seen = Seen(
            now=now,
            watched_s=watched_s,
            second=self._ports.clock.real(1.0),
            processes=self._vigil.as_heard(processes, now=now),
            neglected=Counter(row.finding for row in neglected),
            canary=canary_of(self._database) if self._has_canary else None,
        )
        return self._judge(seen)

    def _judge(self, seen: Seen) -> Sequence[Standing]:
        standing = self._keep(seen)
        # Figures are slow to tell in a storm, and what was found without them must not wait for that.
        figures = self._figures()
        if figures is None:
            return standing
        standing = self._keep(replace(seen, **figures))
        self._well_s = None if any(each.is_urgent for each in standing) else self._monotonic()
        return standing

    def _figures(self) -> Mapping[str, Any] | None:
        try:
            signs = auditing.vital_signs(self._database, lately=LATELY)
        except DomainError as error:
            log.warning("vital_signs_not_told", reason=error.internal)
            return None
        return {
            "pages_refused": signs.pages_refused,
            "agencies_refused": signs.agencies_refused,
            "escalation_late_s": max(signs.escalation_delays_s, default=0.0),
            "unsealed_since": signs.unsealed_since,
        }

    def _keep(self, seen: Seen) -> Sequence[Standing]:
        """What stands now, whoever found it."""
        found, now = standing_alarms(seen), seen.now
        forgotten_before = now - self._ports.clock.real(FORGOTTEN_AFTER_S)
        for turned in alarms.keep(self._database, found, now=now, forgotten_before=forgotten_before):
            if turned.is_raised:
                log.error("alarm_raised", alarm=turned.alarm, since=turned.since.isoformat())
            else:
                log.warning("alarm_gone", alarm=turned.alarm, since=turned.since.isoformat())
        return alarms.standing(self._database)

    def _mend(self, row: Neglected, *, now: datetime, grace: timedelta) -> None:
        with self._database.transaction(row.agency_id) as tx:
            # Whoever decides about the incident holds its row: what is lost is judged before or after that.
            incidents.lock(tx, row.incident_id)
            if auditing.mend(tx, row, now=now, grace=grace):
                _journal(tx, row, now=now)


def _say(row: Neglected) -> None:
    log.error(
        "row_neglected",
        finding=row.finding,
        agency_id=str(row.agency_id),
        incident_id=str(row.incident_id),
        row_id=str(row.row_id),
    )


def _journal(tx: Transaction, row: Neglected, *, now: datetime) -> None:
    named = {Finding.UNIT_LOST: "alert_id", Finding.PAGE_LOST: "page_id"}.get(row.finding)
    details = {named: str(row.row_id)} if named else {}
    entry = Entry(at=now, actor=ACTOR, action=MENDED[row.finding], incident_id=row.incident_id, details=details)
    journal.write(tx, [entry])
