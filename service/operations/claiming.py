"""What is to be sent now, and how loud: an incident's due pages, claimed with a lease and read against what is true.

A page says why it was queued; whether it still must be sent, and what a phone is told, is decided here, at the last
moment before it goes. Not for sending: `paging`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.alert import RINGING, AlertState, PageKind, PageState
from service.domain.incident import Incident, IncidentState
from service.domain.notice import Notice
from service.domain.unit import Platform, PushTarget
from service.operations.sirens import Digest, Sirens
from service.ports import Ports
from service.store import agencies, alerts, devices, emergencies, incidents, journal, pages, receipts, sirens
from service.store.agencies import Agency
from service.store.alerts import StoredAlert
from service.store.database import Database, Transaction
from service.store.devices import StoredDevice
from service.store.journal import Entry
from service.store.pages import StoredPage

LEASE_S = 4
"""A send has 3 s in all: whoever holds a page longer than this has died."""
_MAY_COME_LATE = frozenset({PageKind.ALERT, PageKind.UPDATE, PageKind.WARNING, PageKind.DIGEST})
_NOBODY_GOES_YET = frozenset({IncidentState.OPEN, IncidentState.UNANSWERED})
_WAITS = RINGING | {AlertState.EXPIRED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A claimed page and what is to be sent for it."""

    page: StoredPage
    notice: Notice
    target: PushTarget
    platform: Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is to be sent, and whether a phone turned out to be gone, so that its unit may have no other.

    `leaves_more`: there were more due pages than one claim takes.
    """

    outgoing: tuple[Outgoing, ...] = ()
    lost: bool = False
    leaves_more: bool = False


def claim(database: Database, ports: Ports, *, agency_id: UUID, incident_id: UUID) -> Claim:
    """Every due page of one incident, ours until the lease runs out; empty when somebody was first."""
    now = ports.clock.now()
    with database.transaction(agency_id) as tx:
        unit_ids = pages.units_due(tx, incident_id, now=now)
        if not unit_ids:
            return Claim()
        # Units before incidents before pages, always in this order: or two transactions wait for each other. Units
        # first, because they are shared by incidents: a thumb that waits for its incident must not wait for those.
        sirens.hold(tx, unit_ids)
        incident = incidents.lock(tx, incident_id)
        claimed = pages.claim_due(tx, incident_id, unit_ids, now=now, lease=ports.clock.real(LEASE_S))
        if not claimed or incident is None:
            return Claim()
        return _Claiming(tx, incident, claimed, now=now).claim()


class _Claiming:
    """One claim being read against what is true, in its transaction."""

    def __init__(self, tx: Transaction, incident: Incident, claimed: list[StoredPage], *, now: datetime) -> None:
        self.tx = tx
        self.incident = incident
        self.now = now
        self.lost = False
        self.leaves_more = len(claimed) == pages.AT_ONCE
        self.agency: Agency = agencies.agency(tx)
        self.digests = [page for page in claimed if page.kind is PageKind.DIGEST]
        others = [page for page in claimed if page.kind is not PageKind.DIGEST]
        if incident.sequence > 1 and others:
            others = pages.absorb(tx, incident.incident_id, others, now=now)
        self.others = others
        self.phones: Mapping[UUID, StoredDevice] = devices.by_id(tx, {page.device_id for page in claimed})
        self.calling = emergencies.calling(tx, {page.unit_id for page in claimed})
        self.alerts = {each.alert.alert_id: each for each in alerts.stages_of_incident(tx, incident.incident_id)}
        self.newest = pages.newest(tx, incident.incident_id, self.phones) if incident.sequence > 1 else {}
        self.received = receipts.last_of(tx, [(page.alert_id, page.device_id) for page in claimed if page.alert_id])

    def claim(self) -> Claim:
        digests = [page for page in self.digests if not self._is_settled(page)]
        late = [page for page in digests if self._is_late(page)]
        wanted = [self._outgoing(page) for page in self.others if not self._is_settled(page)]
        wanted += [self._outgoing(page) for page in late]
        sounding = Sirens(self.tx, self.incident, policy=self.agency.policy, now=self.now)
        loud = sounding.sound_or_hush([(each.page, each.notice) for each in wanted])
        sent = [self._told(each.page, notice) for each, notice in zip(wanted, loud, strict=True)]
        due = [page for page in digests if page not in late]
        sent += [self._digest(digest) for digest in sounding.due_digests(due, self.newest)]
        return Claim(outgoing=tuple(sent), lost=self.lost, leaves_more=self.leaves_more)

    def _is_settled(self, page: StoredPage) -> bool:
        """Whoever need not be told any more, or cannot be, is done with."""
        gone = is_gone(self.phones[page.device_id])
        moot = (PageState.FAILED, "the phone is gone") if gone else self._moot(page)
        if moot is None:
            return False
        state, why = moot
        told = f"{why}; before that: {page.failure}" if page.failure and page.failure != why else why
        pages.settle(self.tx, page, to=state, now=self.now, failure=told)
        if state is PageState.DEAD:
            record(self.tx, page, "page_dead", now=self.now, reason=why)
        self.lost |= gone
        return True

    def _moot(self, page: StoredPage) -> tuple[PageState, str] | None:
        """Why a page need not be sent any more, and what it becomes; None when it must be."""
        if page.unit_id in self.calling and page.kind is not PageKind.RECALL:
            return (
                PageState.SUPERSEDED,
                "its officer has called for help: a phone that rings tells where somebody hides",
            )
        if page.kind is PageKind.DIGEST and page.rang_at is None:
            return self._too_late(page)  # what else could make it needless, `due_digests` looks at
        received_at = self._received_at(page)
        if page.attempt > 1 and received_at is not None and received_at >= page.created_at:
            return PageState.SENT, "a receipt came before it was sent again"
        newest = self.newest.get(page.device_id)
        if newest is not None and newest.sequence > page.sequence and _replaces(newest):
            return PageState.SUPERSEDED, f"sequence {newest.sequence} was sent"
        return self._answered(page) or self._too_late(page)

    def _answered(self, page: StoredPage) -> tuple[PageState, str] | None:
        alert = self._alert(page)
        if page.alert_id is None:
            return None
        if alert is None:
            return PageState.SUPERSEDED, "its alert is another incident's now"
        if page.kind is PageKind.ALERT and alert.alert.state not in self._waits(page):
            return PageState.SUPERSEDED, f"the alert is {alert.alert.state}"
        if page.kind is PageKind.WELFARE and not alert.awaits_welfare:
            return PageState.SUPERSEDED, "the officer has answered, or is not there any more"
        return None

    def _waits(self, page: StoredPage) -> frozenset[AlertState]:
        """What its alert must be. One that expired before anybody could try to send it is still to be heard of."""
        unheard = page.failure is None and self.incident.state in _NOBODY_GOES_YET
        return _WAITS if unheard or self._is_late(page) else RINGING

    def _too_late(self, page: StoredPage) -> tuple[PageState, str] | None:
        if self.now < page.expires_at or self._is_late(page):
            return None
        return PageState.DEAD, page.failure or "too late"

    def _is_late(self, page: StoredPage) -> bool:
        """Nobody could try to send it in its time: we were away. It is shown, for what it says is still true."""
        untried = page.failure is None and page.kind in _MAY_COME_LATE
        fresh_until = page.created_at + timedelta(seconds=self.incident.policy.stale_after_s)
        return untried and self.incident.lives and page.expires_at <= self.now < fresh_until

    def _outgoing(self, page: StoredPage) -> Outgoing:
        return self._told(page, self._notice(page))

    def _told(self, page: StoredPage, notice: Notice) -> Outgoing:
        phone = self.phones[page.device_id]
        return Outgoing(page=page, notice=notice, target=phone.target, platform=phone.about.platform)

    def _notice(self, page: StoredPage) -> Notice:
        incident, alert = self.incident, self._alert(page)
        late = self._is_late(page)
        knows = self._received_at(page) is not None
        return Notice(
            kind=PageKind.DIGEST if late else page.kind,
            incident_id=incident.incident_id,
            alert_id=page.alert_id,
            sequence=page.sequence,
            # The first that a phone sees of an incident always rings; a recall never does, nor what comes too late.
            silent=late or page.kind is PageKind.RECALL or (not page.loud and knows),
            sound=incident.sound,
            distance_m=alert.alert.distance_m if alert else None,
            deadline_at=None if late else self._answer_by(page, alert),
            expires_at=self.now + timedelta(seconds=incident.policy.page_lifetime_s) if late else page.expires_at,
            timezone=self.agency.timezone,
            reason=f"Late by {_minutes(self.now - page.created_at)}" if late else page.reason,
            minimal=incident.policy.push_content == "minimal",
            emergency=incident.emergency_call_sign,
        )

    def _answer_by(self, page: StoredPage, alert: StoredAlert | None) -> datetime | None:
        if page.kind is PageKind.WELFARE:
            return page.created_at + timedelta(seconds=self.incident.policy.welfare_answer_s)
        still_wanted = alert is not None and alert.alert.deadline_at > self.now
        return alert.alert.deadline_at if alert is not None and still_wanted else None

    def _digest(self, digest: Digest) -> Outgoing:
        told = self._outgoing(digest.page)
        more = f"{digest.more} more beside it: open Beatline" if digest.more else ""
        return self._told(digest.page, replace(told.notice, silent=False, reason=more))

    def _alert(self, page: StoredPage) -> StoredAlert | None:
        return self.alerts.get(page.alert_id) if page.alert_id else None

    def _received_at(self, page: StoredPage) -> datetime | None:
        return self.received.get((page.alert_id, page.device_id)) if page.alert_id else None


def record(tx: Transaction, page: StoredPage, action: str, *, now: datetime, **details: str | int) -> None:
    """What became of a page, in the journal."""
    details |= {"page_id": str(page.page_id), "device_id": str(page.device_id), "sequence": page.sequence}
    journal.write(tx, [Entry(at=now, actor="worker", action=action, incident_id=page.incident_id, details=details)])


def is_gone(device: StoredDevice) -> bool:
    """Revoked, or its target is dead or another phone's by now."""
    return device.revoked_at is not None or device.push_lost_at is not None


def _replaces(newer: StoredPage) -> bool:
    """What is on a phone already, or takes an alert back, must not be followed by something older."""
    return newer.state is PageState.SENT or newer.kind is PageKind.RECALL


def _minutes(late_by: timedelta) -> str:
    minutes = round(late_by / timedelta(minutes=1))
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
