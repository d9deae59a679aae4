"""How due pages reach phones: claimed with a lease, sent side by side, settled one by one.

The page row is the outbox. A worker is nudged after each commit; the clock finds what nobody sent. Both end here, and
both may at once: a claim is a compare-and-set, and an attempt that lost its lease settles nothing.
"""

import random
import time
from collections.abc import Callable
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from service.domain.alert import AlertState, PageKind, PageState
from service.domain.errors import DomainError
from service.operations.claiming import LEASE_S, Claim, Outgoing, claim, is_gone, record
from service.operations.replacing import replace_unreachable
from service.operations.surroundings import Surroundings, looking_around
from service.ports import NotSent, Ports, Sent
from service.store import alerts, devices, incidents, pages, sirens
from service.store.database import Database, Transaction
from service.store.pages import StoredPage

log = structlog.get_logger()

SEND_S = 3
"""What the push port takes at most."""
BACKOFF_S = (0.5, 1, 2, 4, 8)
BACKOFF_SPREAD = 0.2
REFUSED_AT = 3
"""The attempt at which what is our own fault is no blip any more, and put on record for the auditor: once a page."""
SETTLE_AGAIN_AFTER_S = (0.3, 0.6)
"""Longer than a moment's absence of the database, and over before the lease is."""
AMBIGUOUS_AGAIN_S = 5
"""After a timeout or a cut connection the page may have arrived: time for a receipt to say so."""


def nudge_workers(ports: Ports, agency_id: UUID, incident_id: UUID) -> None:
    """After a commit, best effort: the clock sends what no worker hears of."""
    try:
        ports.jobs.page(agency_id, incident_id)
    except Exception as error:  # noqa: BLE001  an effect after the commit: the promise is already kept by the row
        log.warning("nudge_failed", incident_id=str(incident_id), error=repr(error))


def decide_around(
    database: Database,
    ports: Ports,
    act: Callable[[Transaction, Surroundings], bool],
    *,
    agency_id: UUID,
    incident_id: UUID,
) -> None:
    """Call `act` in a transaction with who is around the incident's place, and nudge the workers if it queued pages."""
    with database.transaction(agency_id) as tx:
        incident = incidents.find(tx, incident_id)
    if incident is None:
        return

    def decide_with(around: Surroundings) -> bool:
        with database.transaction(agency_id) as tx:
            return act(tx, around)

    if looking_around(database, ports, decide_with, agency_id=agency_id, place=incident.sound.place):
        nudge_workers(ports, agency_id, incident_id)


def send_due_pages(database: Database, ports: Ports, *, agency_id: UUID, incident_id: UUID, threads: Executor) -> int:
    """Send every due page of one incident, each in its own thread; returns how many were tried.

    A second call at the same time sends nothing twice. One phone that hangs delays no other.
    """
    tried = 0
    while True:
        claimed = claim(database, ports, agency_id=agency_id, incident_id=incident_id)
        _send_claimed(database, ports, claimed, agency_id=agency_id, incident_id=incident_id, threads=threads)
        tried += len(claimed.outgoing)
        if not claimed.leaves_more:
            return tried


def _send_claimed(
    database: Database, ports: Ports, claimed: Claim, *, agency_id: UUID, incident_id: UUID, threads: Executor
) -> None:
    sending = {threads.submit(_send, ports, each): each for each in claimed.outgoing}
    settle = partial(_settled, database, ports, agency_id)
    found = [settle(sending[done], done.result()) for done in as_completed(sending)]
    unsettled = [one for one in found if isinstance(one, _Unsettled)]
    for pause_s in SETTLE_AGAIN_AFTER_S if unsettled else ():
        # What was sent and is not settled would be sent again when its lease has run out.
        time.sleep(pause_s)
        again = [settle(one.outgoing, one.answer) for one in unsettled]
        unsettled = [one for one in again if isinstance(one, _Unsettled)]
        found += again
    if claimed.lost or any(one is True for one in found):
        # Only now: a replacement that has to wait must not keep the other phones' pages unsettled.
        _ask_others(database, ports, agency_id=agency_id, incident_id=incident_id)


def _send(ports: Ports, outgoing: Outgoing) -> Sent | NotSent:
    claimed_at = outgoing.page.claimed_at
    if claimed_at is not None and ports.clock.now() - claimed_at > ports.clock.real(LEASE_S - SEND_S):
        # It would still be on its way when its lease runs out, and be sent twice.
        return NotSent(reason="no thread was free in time", can_retry=True, retry_after_s=0.0)
    return ports.push.send(outgoing.notice, target=outgoing.target, platform=outgoing.platform)


# -- settle -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Unsettled:
    outgoing: Outgoing
    answer: Sent | NotSent


def _settled(
    database: Database, ports: Ports, agency_id: UUID, outgoing: Outgoing, answer: Sent | NotSent
) -> bool | _Unsettled:
    """As `_settle`; what cannot be settled now must not keep the others from it."""
    try:
        return _settle(database, ports, agency_id, outgoing, answer)
    except DomainError as error:
        log.warning("page_not_settled", page_id=str(outgoing.page.page_id), reason=error.internal)
        return _Unsettled(outgoing, answer)


def _settle(database: Database, ports: Ports, agency_id: UUID, outgoing: Outgoing, answer: Sent | NotSent) -> bool:
    """True when a phone of a ringing alert turned out to be gone."""
    page = outgoing.page
    now = ports.clock.now()
    if isinstance(answer, Sent):
        with database.transaction(agency_id) as tx:
            _mark_sent(tx, outgoing, answer, now=now)
        return False
    log.warning("page_not_sent", page_id=str(page.page_id), attempt=page.attempt, reason=answer.reason)
    if answer.our_fault:
        log.error("push_refused_by_our_fault", page_id=str(page.page_id), reason=answer.reason)
    with database.transaction(agency_id) as tx:
        return _mark_failed(tx, outgoing, answer, ports=ports, now=now)


def _mark_sent(tx: Transaction, outgoing: Outgoing, answer: Sent, *, now: datetime) -> None:
    page = outgoing.page
    # The alert before its page, as in every other transaction: or two of them wait for each other.
    if page.alert_id and page.kind is PageKind.ALERT:
        alerts.move(tx, page.alert_id, to=AlertState.SENT, now=now)
    if pages.settle(tx, page, to=PageState.SENT, now=now, message_id=answer.message_id):
        record(tx, page, "page_sent", now=now, attempt=page.attempt, sounded=not outgoing.notice.quiet)


def _mark_failed(tx: Transaction, outgoing: Outgoing, answer: NotSent, *, ports: Ports, now: datetime) -> bool:
    """True when the phone is gone: its unit may have no other."""
    page = outgoing.page
    if not answer.ambiguous:
        sirens.note_unheard(tx, page)
    if answer.target_is_dead:
        return _remove_target(tx, outgoing, answer, now=now)
    if not answer.can_retry:
        pages.settle(tx, page, to=PageState.FAILED, now=now, failure=answer.reason)
        record(tx, page, "page_failed", now=now, reason=answer.reason, our_fault=answer.our_fault)
        return False
    if answer.our_fault and page.attempt == REFUSED_AT:
        record(tx, page, "page_failed", now=now, reason=answer.reason, our_fault=True)
    # Not after its life is over: it is found dead then, and until then it may turn out to be needless.
    again_at = min(now + ports.clock.real(_wait_s(page, answer)), page.expires_at)
    pages.try_again(tx, page, at=again_at, failure=answer.reason)
    return False


def _remove_target(tx: Transaction, outgoing: Outgoing, answer: NotSent, *, now: datetime) -> bool:
    page = outgoing.page
    # Should nobody come to ask another unit, the clock will: it sees who rings without a phone.
    incidents.look_again(tx, page.incident_id, at=now)
    if not devices.lose_target(tx, page.device_id, outgoing.target, now=now):
        device = devices.by_id(tx, [page.device_id])[page.device_id]
        if not is_gone(device):
            pages.try_again(tx, page, at=now, failure="the phone has a new target")
            return False
    pages.settle(tx, page, to=PageState.FAILED, now=now, failure=answer.reason)
    record(tx, page, "target_removed", now=now, reason=answer.reason)
    return page.kind is PageKind.ALERT


def _ask_others(database: Database, ports: Ports, *, agency_id: UUID, incident_id: UUID) -> None:
    def act(tx: Transaction, around: Surroundings) -> bool:
        locked = incidents.lock(tx, incident_id)
        return locked is not None and replace_unreachable(tx, locked, around, now=ports.clock.now())

    decide_around(database, ports, act, agency_id=agency_id, incident_id=incident_id)


def _wait_s(page: StoredPage, answer: NotSent) -> float:
    if answer.retry_after_s is not None:
        return answer.retry_after_s
    if answer.ambiguous:
        return AMBIGUOUS_AGAIN_S
    wait_s = BACKOFF_S[min(page.attempt, len(BACKOFF_S)) - 1]
    return wait_s * random.uniform(1 - BACKOFF_SPREAD, 1 + BACKOFF_SPREAD)  # noqa: S311  spreads load, guards nothing
