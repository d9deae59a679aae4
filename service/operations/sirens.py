"""Which of the pages about to be sent may sound, and when a digest rings for those that may not.

The rule is `domain/siren`'s; here it meets the rows: what a unit's phones have sounded for is counted under the unit's
lock, so that two workers with two incidents for one car do not both find that it is quiet. Nothing is dropped: a hushed
alert is sent at once, without a sound, and its unit gets a digest (the next sequence of the last hushed incident).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from service.domain import siren
from service.domain.alert import PageKind, PageState
from service.domain.incident import Incident
from service.domain.notice import Notice
from service.domain.policy import Policy
from service.store import alerts, incidents, pages, sirens
from service.store.database import Transaction
from service.store.pages import NewPage, StoredPage
from service.store.sirens import Hushed, Rung

SOON = timedelta(seconds=0.25)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A page that rings for several hushed alerts of its unit: for its own, and so many `more`."""

    page: StoredPage
    more: int


class Sirens:
    """Of one claim: the due pages of one incident, in their transaction, which holds their units and the incident."""

    def __init__(self, tx: Transaction, incident: Incident, *, policy: Policy, now: datetime) -> None:
        self.tx = tx
        self.incident = incident
        self.policy = policy
        self.now = now
        self.rung: Mapping[UUID, list[Rung]] = defaultdict(list)

    def sound_or_hush(self, wanted: Sequence[tuple[StoredPage, Notice]]) -> list[Notice]:
        """The notices in the same order; those that would have sounded too soon without their sound."""
        # A drill was asked for, and must not hush a shot that follows it.
        loud = [page for page, notice in wanted if not notice.quiet and page.kind is not PageKind.DRILL]
        self._count({page.unit_id for page in loud})
        hushed = [page for page in loud if not self._sounds(page)]
        quiet = {page.page_id for page in hushed}
        # What would only have sounded because no receipt has come yet is no reason for a digest.
        owed = [page for page in hushed if page.loud]
        sounded = (page.page_id for page in loud if page.page_id not in quiet and page.loud)
        sirens.note_rung(self.tx, sounded, now=self.now)
        sirens.note_hushed(self.tx, (page.page_id for page in owed), now=self.now)
        self._queue_digests([page for page in owed if page.alert_id])
        return [_hush(notice) if page.page_id in quiet else notice for page, notice in wanted]

    def due_digests(self, due: Sequence[StoredPage], newest: Mapping[UUID, StoredPage]) -> list[Digest]:
        """Those that ring now. The others wait on, are not needed any more, or speak of another incident by now."""
        self._count({page.unit_id for page in due})
        ringing = []
        by_unit = defaultdict(list)
        for page in due:
            by_unit[page.unit_id].append(page)
        for unit_id, of_unit in by_unit.items():
            ringing += self._ring_for(unit_id, of_unit, newest)
        return ringing

    def _ring_for(self, unit_id: UUID, due: Sequence[StoredPage], newest: Mapping[UUID, StoredPage]) -> list[Digest]:
        # To be sent again: whoever had it has died, or it did not arrive.
        again = [Digest(page=page, more=0) for page in due if page.rang_at is not None]
        owed = {page.page_id: sirens.waiting(self.tx, page) for page in due if page.rang_at is None}
        self._settle([page for page in due if owed.get(page.page_id) == []], "everything was answered meanwhile")
        wanted = [page for page in due if owed.get(page.page_id)]
        if not wanted:
            return again
        last = owed[wanted[0].page_id][0]
        at = self._may_ring_at(unit_id, wanted)
        if at > self.now:
            self._wait(wanted, at)
        elif not self._still_says_it(wanted, last, newest):
            self._say_it_with(last, wanted)
        else:
            sirens.note_rung(self.tx, (page.page_id for page in wanted), now=self.now)
            sirens.note_digested(self.tx, unit_id, [page.device_id for page in wanted], now=self.now)
            return again + [Digest(page=page, more=len(owed[page.page_id]) - 1) for page in wanted]
        return again

    def _may_ring_at(self, unit_id: UUID, digests: Sequence[StoredPage]) -> datetime:
        """At once beside the same digest on another phone of the unit."""
        rung = self.rung[unit_id]
        same = {(self.incident.incident_id, page.sequence) for page in digests}
        if same & {(each.incident_id, each.sequence) for each in rung}:
            return self.now
        return siren.digest_at([each.at for each in rung], now=self.now, policy=self.policy)

    def _still_says_it(self, due: Sequence[StoredPage], last: Hushed, newest: Mapping[UUID, StoredPage]) -> bool:
        """It is about what was hushed last, and no phone has seen something later of that incident."""
        return last.incident_id == self.incident.incident_id and not any(
            page.device_id in newest and newest[page.device_id].sequence > page.sequence for page in due
        )

    def _say_it_with(self, last: Hushed, instead_of: Sequence[StoredPage]) -> None:
        other = last.incident_id != self.incident.incident_id
        if other and incidents.lock_if_free(self.tx, last.incident_id) is None:
            self._wait(instead_of, self.now + SOON)  # somebody has its incident
            return
        self._settle(instead_of, "something newer was hushed")
        self._add(last, instead_of, due_at=self.now)

    def _queue_digests(self, hushed: Sequence[StoredPage]) -> None:
        """One for each phone of a unit that has none on its way."""
        coming = sirens.with_digest(self.tx, {page.device_id for page in hushed}) if hushed else set()
        by_unit = defaultdict(list)
        for page in hushed:
            if page.device_id not in coming:
                by_unit[page.unit_id].append(page)
        for unit_id, of_unit in by_unit.items():
            at = siren.digest_at([rung.at for rung in self.rung[unit_id]], now=self.now, policy=self.policy)
            alert_id = of_unit[0].alert_id
            assert alert_id is not None  # noqa: S101  the caller leaves out warnings
            self._add(Hushed(self.incident.incident_id, alert_id), of_unit, due_at=at)

    def _add(self, last: Hushed, phones_of: Sequence[StoredPage], *, due_at: datetime) -> None:
        sequence = incidents.push_once_more(self.tx, last.incident_id)
        alerts.note(self.tx, last.alert_id, changed_at=self.now)
        for page in phones_of:
            digest = NewPage(
                alert_id=last.alert_id,
                unit_id=page.unit_id,
                device_id=page.device_id,
                kind=PageKind.DIGEST,
                loud=True,
                reason="",
            )
            pages.add_digest(
                self.tx,
                last.incident_id,
                digest,
                sequence=sequence,
                due_at=due_at,
                lifetime=self._lifetime,
            )

    # -- one by one ---------------------------------------------------------------------------------------------

    def _count(self, unit_ids: set[UUID]) -> None:
        if unit_ids:
            self.rung = sirens.rung(self.tx, unit_ids, since=self.now - siren.WINDOW)

    def _sounds(self, page: StoredPage) -> bool:
        """Whether it may; if so, it counts from now on."""
        rung = self.rung[page.unit_id]
        own = [each for each in rung if each.incident_id == self.incident.incident_id]
        if page.rang_at is not None or any(page.sequence == each.sequence for each in own):
            return True
        if own and not page.loud:
            return True  # no siren: it sounds on a phone that has seen nothing of an incident for which it was rung
        may = not self._is_limited(page) or siren.may_sound(
            [each.at for each in self._before(page, rung, own)], now=self.now, policy=self.policy
        )
        if may:
            rung.append(Rung(self.incident.incident_id, page.sequence, page.kind, self.now))
        return may

    def _is_limited(self, page: StoredPage) -> bool:
        return siren.is_limited(page.kind, is_emergency=self.incident.emergency_call_sign is not None)

    def _before(self, page: StoredPage, rung: Sequence[Rung], own: Sequence[Rung]) -> list[Rung]:
        """What sounded before, as far as it counts.

        An incident may sound once more at once: it got worse, or came back. And whoever was warned of a shot and is
        then asked to go has not been rung for that yet.
        """
        others = [each for each in rung if each.incident_id != self.incident.incident_id]
        before = [*others, *sorted(own, key=lambda each: each.at)[1:]]
        return [each for each in before if page.kind is PageKind.WARNING or each.kind is not PageKind.WARNING]

    def _settle(self, due: Sequence[StoredPage], why: str) -> None:
        for page in due:
            pages.settle(self.tx, page, to=PageState.SUPERSEDED, now=self.now, failure=why)

    def _wait(self, due: Sequence[StoredPage], until: datetime) -> None:
        for page in due:
            pages.put_off(self.tx, page, until=until, lifetime=self._lifetime)

    @property
    def _lifetime(self) -> timedelta:
        return timedelta(seconds=self.incident.policy.page_lifetime_s)


def _hush(notice: Notice) -> Notice:
    """One of those that were "also heard": a kind that no phone takes for a siren, whatever it knew before."""
    return replace(notice, kind=PageKind.DIGEST, silent=True)
