"""How due pages reach phones: claimed with a lease, sent side by side, settled one by one.

The page row is the outbox. A worker is nudged after each commit; the clock finds what nobody sent. Both end here, and
both may at once: a claim is a compare-and-set, and an attempt that lost its lease settles nothing.
"""

import random
from collections.abc import Callable
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from service.domain.alert import RINGING, AlertState, PageKind, PageState
from service.domain.incident import Incident
from service.domain.notice import Notice
from service.domain.unit import Platform, PushTarget
from service.operations.replacing import replace_unreachable
from service.operations.surroundings import Surroundings, looking_around
from service.ports import NotSent, Ports, Sent
from service.store import agencies, alerts, devices, incidents, journal, pages, receipts
from service.store.alerts import StoredAlert
from service.store.database import Database, Transaction
from service.store.devices import StoredDevice
from service.store.journal import Entry
from service.store.pages import StoredPage

log = structlog.get_logger()

LEASE_S = 4
"""A send has 3 s in all: whoever holds a page longer than this has died."""
BACKOFF_S = (0.5, 1, 2, 4, 8)
BACKOFF_SPREAD = 0.2
AMBIGUOUS_AGAIN_S = 5
"""After a timeout or a cut connection the page may have arrived: time for a receipt to say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A claimed page and what is to be sent for it."""

    page: StoredPage
    notice: Notice
    target: PushTarget
    platform: Platform


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
    outgoing, lost = _claim(database, ports, agency_id=agency_id, incident_id=incident_id)
    sending = {threads.submit(_send, ports, each): each for each in outgoing}
    for done in as_completed(sending):
        lost |= _settle(database, ports, agency_id, sending[done], done.result())
    if lost:
        # Only now: a replacement that has to wait must not keep the other phones' pages unsettled.
        _ask_others(database, ports, agency_id=agency_id, incident_id=incident_id)
    return len(outgoing)


def _send(ports: Ports, outgoing: Outgoing) -> Sent | NotSent:
    return ports.push.send(outgoing.notice, target=outgoing.target, platform=outgoing.platform)


# -- claim ------------------------------------------------------------------------------------------------------


def _claim(database: Database, ports: Ports, *, agency_id: UUID, incident_id: UUID) -> tuple[list[Outgoing], bool]:
    """What is to be sent, and whether a phone turned out to be gone."""
    now = ports.clock.now()
    lost = False
    with database.transaction(agency_id) as tx:
        claimed = pages.claim_due(tx, incident_id, now=now, lease=ports.clock.real(LEASE_S))
        if not claimed:
            return [], lost
        incident = incidents.find(tx, incident_id)
        assert incident is not None  # noqa: S101  a foreign key holds it
        known = {each.alert.alert_id: each for each in alerts.stages_of_incident(tx, incident_id)}
        phones = devices.by_id(tx, {page.device_id for page in claimed})
        received = receipts.last_of(tx, [(page.alert_id, page.device_id) for page in claimed if page.alert_id])
        newest = pages.newest(tx, incident_id, phones) if incident.sequence > 1 else {}
        agency = agencies.agency(tx)
        outgoing = []
        for page in claimed:
            alert = known.get(page.alert_id) if page.alert_id else None
            received_at = received.get((page.alert_id, page.device_id)) if page.alert_id else None
            gone = _is_gone(phones[page.device_id])
            moot = (
                (PageState.FAILED, "the phone is gone")
                if gone
                else _moot(page, alert, newest.get(page.device_id), received_at=received_at, now=now)
            )
            if moot:
                state, why = moot
                pages.settle(tx, page, to=state, now=now, failure=why)
                lost |= gone
                continue
            outgoing.append(
                Outgoing(
                    page=page,
                    notice=_notice(incident, page, alert, timezone=agency.timezone, knows=received_at is not None),
                    target=phones[page.device_id].target,
                    platform=phones[page.device_id].about.platform,
                )
            )
    return outgoing, lost


def _is_gone(device: StoredDevice) -> bool:
    """Revoked, or its target is dead or another phone's by now."""
    return device.revoked_at is not None or device.push_lost_at is not None


def _moot(
    page: StoredPage,
    alert: StoredAlert | None,
    newest: StoredPage | None,
    *,
    received_at: datetime | None,
    now: datetime,
) -> tuple[PageState, str] | None:
    """Why a page need not be sent any more, and what it becomes; None when it must be."""
    if page.attempt > 1 and received_at is not None and received_at >= page.created_at:
        return PageState.SENT, "a receipt came before it was sent again"
    if newest is not None and newest.sequence > page.sequence and _replaces(newest):
        return PageState.SUPERSEDED, f"sequence {newest.sequence} was sent"
    if page.alert_id is not None and alert is None:
        return PageState.SUPERSEDED, "its alert is another incident's now"
    if now >= page.expires_at:
        return PageState.DEAD, page.failure or "too late"
    if page.kind is PageKind.ALERT and alert is not None and alert.alert.state not in RINGING:
        return PageState.SUPERSEDED, f"the alert is {alert.alert.state}"
    if page.kind is PageKind.WELFARE and alert is not None and not alert.awaits_welfare:
        return PageState.SUPERSEDED, "the officer has answered, or is not there any more"
    return None


def _replaces(newer: StoredPage) -> bool:
    """What is on a phone already, or takes an alert back, must not be followed by something older."""
    return newer.state is PageState.SENT or newer.kind is PageKind.RECALL


def _notice(incident: Incident, page: StoredPage, alert: StoredAlert | None, *, timezone: str, knows: bool) -> Notice:
    return Notice(
        kind=page.kind,
        incident_id=incident.incident_id,
        alert_id=page.alert_id,
        sequence=page.sequence,
        # The first that a phone sees of an incident always rings; a recall never does.
        silent=page.kind is PageKind.RECALL or (not page.loud and knows),
        sound=incident.sound,
        distance_m=alert.alert.distance_m if alert else None,
        deadline_at=_answer_by(incident, page, alert),
        expires_at=page.expires_at,
        timezone=timezone,
        reason=page.reason,
        minimal=incident.policy.push_content == "minimal",
        emergency=incident.emergency_call_sign,
    )


def _answer_by(incident: Incident, page: StoredPage, alert: StoredAlert | None) -> datetime | None:
    if page.kind is PageKind.WELFARE:
        return page.created_at + timedelta(seconds=incident.policy.welfare_answer_s)
    return alert.alert.deadline_at if alert else None


# -- settle -----------------------------------------------------------------------------------------------------


def _settle(database: Database, ports: Ports, agency_id: UUID, outgoing: Outgoing, answer: Sent | NotSent) -> bool:
    """True when a phone of a ringing alert turned out to be gone."""
    page = outgoing.page
    now = ports.clock.now()
    if isinstance(answer, Sent):
        with database.transaction(agency_id) as tx:
            _mark_sent(tx, page, answer, now=now)
        return False
    log.warning("page_not_sent", page_id=str(page.page_id), attempt=page.attempt, reason=answer.reason)
    if answer.our_fault:
        log.error("push_refused_by_our_fault", page_id=str(page.page_id), reason=answer.reason)
    with database.transaction(agency_id) as tx:
        return _mark_failed(tx, outgoing, answer, ports=ports, now=now)


def _mark_sent(tx: Transaction, page: StoredPage, answer: Sent, *, now: datetime) -> None:
    # The alert before its page, as in every other transaction: or two of them wait for each other.
    if page.alert_id and page.kind is PageKind.ALERT:
        alerts.move(tx, page.alert_id, to=AlertState.SENT, now=now)
    if pages.settle(tx, page, to=PageState.SENT, now=now, message_id=answer.message_id):
        _journal(tx, page, "page_sent", now=now, attempt=page.attempt)


def _mark_failed(tx: Transaction, outgoing: Outgoing, answer: NotSent, *, ports: Ports, now: datetime) -> bool:
    """True when the phone is gone: its unit may have no other."""
    page = outgoing.page
    if answer.target_is_dead:
        return _remove_target(tx, outgoing, answer, now=now)
    if not answer.can_retry:
        pages.settle(tx, page, to=PageState.FAILED, now=now, failure=answer.reason)
        _journal(tx, page, "page_failed", now=now, reason=answer.reason)
        return False
    again_at = now + ports.clock.real(_wait_s(page, answer))
    if again_at >= page.expires_at:
        pages.settle(tx, page, to=PageState.DEAD, now=now, failure=answer.reason)
        _journal(tx, page, "page_dead", now=now, reason=answer.reason)
    else:
        pages.try_again(tx, page, at=again_at, failure=answer.reason)
    return False


def _remove_target(tx: Transaction, outgoing: Outgoing, answer: NotSent, *, now: datetime) -> bool:
    page = outgoing.page
    # Should nobody come to ask another unit, the clock will: it sees who rings without a phone.
    incidents.look_again(tx, page.incident_id, at=now)
    if not devices.lose_target(tx, page.device_id, outgoing.target, now=now):
        device = devices.by_id(tx, [page.device_id])[page.device_id]
        if not _is_gone(device):
            pages.try_again(tx, page, at=now, failure="the phone has a new target")
            return False
    pages.settle(tx, page, to=PageState.FAILED, now=now, failure=answer.reason)
    _journal(tx, page, "target_removed", now=now, reason=answer.reason)
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


def _journal(tx: Transaction, page: StoredPage, action: str, *, now: datetime, **details: str | int) -> None:
    details |= {"page_id": str(page.page_id), "device_id": str(page.device_id), "sequence": page.sequence}
    journal.write(tx, [Entry(at=now, actor="worker", action=action, incident_id=page.incident_id, details=details)])
