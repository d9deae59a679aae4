"""How does the clock purge what was kept long enough? Each agency once an hour, in pieces, each with its receipt.

Any number of clocks may run: an agency is claimed before it is purged, and what is gone already is purged by nobody.
What is due: `domain/retention`. A receipt says how much went by which rule, never what it was.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from service.domain.errors import DomainError
from service.domain.purge_receipts import JOURNAL_PURGED, purged_ranges, receipt_details
from service.domain.retention import Retention
from service.operations.one_by_one import passed_over
from service.ports import Ports, PositionsUnavailable
from service.store import incidents, journal, retention
from service.store.database import Database, Transaction
from service.store.journal import Entry

log = structlog.get_logger()

LOOK_EVERY_S = 5.0
PURGE_EVERY = timedelta(hours=1)
AGENCIES_AT_MOST = 100
PIECE = 1_000
"""Rows of a kind that one transaction takes: a shot never waits for a purge."""
PIECES = 20
"""So many in a turn; an agency with more to purge is due again at once, behind the others."""
INCIDENTS_A_TURN = 200
CODES_KEPT = timedelta(days=1)
"""Nobody can use them any more; an administrator may still wonder what became of one."""


def purge_due(database: Database, ports: Ports) -> int:
    """Purge each agency whose time has come; how many there were."""
    due = retention.due(database, now=ports.clock.now(), at_most=AGENCIES_AT_MOST)
    for agency_id in due:
        with passed_over("agency_not_purged", agency_id=agency_id):
            purge_agency(database, ports, agency_id=agency_id)
    return len(due)


def purge_agency(database: Database, ports: Ports, *, agency_id: UUID) -> None:
    """Whatever of it was kept long enough. Does nothing when its time has not come, or another clock was first."""
    now = ports.clock.now()
    with database.transaction(agency_id) as tx:
        rules = retention.claim(tx, now=now, next_at=now + PURGE_EVERY)
    if rules is None:
        return
    acts = (
        partial(_purge_positions, before=rules.positions_before(now), rules=rules, now=now),
        partial(_purge_keys, now=now),
        partial(_purge_journal, rules=rules, now=now),
    )
    is_done = [_in_pieces(database, agency_id, act) for act in acts]
    _forget_positions(ports, agency_id, before=rules.positions_before(now))
    is_done.append(_purge_incidents(database, agency_id, rules, now=now))
    if not all(is_done):
        with database.transaction(agency_id) as tx:
            retention.hurry(tx, now=now)


def _in_pieces(database: Database, agency_id: UUID, act: Callable[[Transaction], int]) -> bool:
    """Each piece and its receipt in a transaction of their own; False when there may be more."""
    for _ in range(PIECES):
        with database.transaction(agency_id) as tx:
            rows = act(tx)
        if rows < PIECE:
            return True
    return False


def _purge_positions(tx: Transaction, *, before: datetime, rules: Retention, now: datetime) -> int:
    """Trails, what selections were made from, and the last fix of who has long reported nothing."""
    counts = {
        "trails": retention.purge_trails(tx, before=before, at_most=PIECE),
        "selections": retention.purge_facts(tx, before=before, at_most=PIECE),
        "fixes": retention.purge_fixes(tx, before=before, at_most=PIECE),
    }
    if any(counts.values()):
        said = {"rule": {"fixes_h": rules.fixes_h}, "before": before.isoformat(), "rows": counts}
        _receipt(tx, "positions_purged", said, now=now)
    return max(counts.values())


def _forget_positions(ports: Ports, agency_id: UUID, *, before: datetime) -> None:
    """Where units are sought, too: whoever is old there, so that what was missed today is found an hour later."""
    try:
        ports.positions.forget(agency_id, before=before)
    except PositionsUnavailable as error:
        log.warning("positions_not_forgotten", agency_id=str(agency_id), reason=str(error))


def _purge_keys(tx: Transaction, *, now: datetime) -> int:
    """Sessions and enrolment codes that open nothing any more."""
    counts = {
        "sessions": retention.purge_sessions(tx, before=now, at_most=PIECE),
        "enrolment_codes": retention.purge_codes(tx, before=now - CODES_KEPT, at_most=PIECE),
    }
    if any(counts.values()):
        _receipt(tx, "keys_purged", {"before": now.isoformat(), "rows": counts}, now=now)
    return max(counts.values())


def _purge_journal(tx: Transaction, *, rules: Retention, now: datetime) -> int:
    before = rules.journal_before(now)
    gone = retention.purge_journal(tx, before=before, at_most=PIECE)
    if gone:
        ranges = purged_ranges(gone, before=before)
        said = {"rule": {"journal_days": rules.journal_days}, "rows": {"journal": len(gone)}}
        _receipt(tx, JOURNAL_PURGED, said | receipt_details(ranges, before=before), now=now)
    return len(gone)


def _purge_incidents(database: Database, agency_id: UUID, rules: Retention, *, now: datetime) -> bool:
    """Whole incidents, each in a transaction of its own; False when there may be more."""
    before = rules.incidents_before(now)
    if before is None:
        return True
    with database.transaction(agency_id) as tx:
        ended = retention.ended_incidents(tx, before=before, at_most=INCIDENTS_A_TURN)
    gone = 0
    for incident_id in ended:
        try:
            with database.transaction(agency_id) as tx:
                gone += _purge_incident(tx, incident_id, before=before, rules=rules, now=now)
        except DomainError as error:
            # It is tried again in an hour, and must not stand before the others until then.
            log.exception("incident_not_purged", incident_id=str(incident_id), why=error.internal)
    return len(ended) < INCIDENTS_A_TURN or gone == 0


def _purge_incident(tx: Transaction, incident_id: UUID, *, before: datetime, rules: Retention, now: datetime) -> bool:
    # Whoever brings it back to life holds its row: it is judged before or after that, never meanwhile.
    incidents.lock(tx, incident_id)
    counts = retention.purge_incident(tx, incident_id, before=before)
    if counts is not None:
        said = {"rule": {"incidents_days": rules.incidents_days}, "before": before.isoformat(), "rows": counts}
        _receipt(tx, "incident_purged", said, now=now, incident_id=incident_id)
    return counts is not None


def _receipt(
    tx: Transaction, action: str, said: dict[str, Any], *, now: datetime, incident_id: UUID | None = None
) -> None:
    journal.write(tx, [Entry(at=now, actor="clock", action=action, incident_id=incident_id, details=said)])
