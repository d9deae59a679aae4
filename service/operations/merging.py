"""Two incidents turn out to be one: how does the one go into the other, so that nobody rings on for what is over?

Not for who says so: a dispatcher (`regrouping`) or what was heard (`gathering`). Under the agency's lock, as everything
that correlates; the caller holds both rows. Alerts go with the incident that lives on, as they are: whoever was going
is still going, and the buttons on a phone still work. ADR 16.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.alert import Alert, AlertState, PageKind
from service.domain.detection import headline, is_stale, rings
from service.domain.disposition import Disposition
from service.domain.effects import Page
from service.domain.escalation import decide
from service.domain.events import Acknowledged, Ended, Event, TookOver
from service.domain.incident import Incident, IncidentState
from service.operations.decisions import carry_out, free_unit
from service.store import alerts, detections, incidents, journal, pages, superseded, units
from service.store.alerts import StoredAlert
from service.store.database import Transaction
from service.store.journal import Entry
from service.store.superseded import Manner
from service.store.units import StoredUnit

_REASON = "Merged with another report of the same shots"
_SO_FAR = (
    "en_route_at",
    "on_scene_at",
    "confirmed_at",
    "confirmed_by",
    "welfare_asked_at",
    "welfare_answered_at",
    "welfare_silent_at",
)
"""Of an alert, what its unit takes along to the same shots' other incident."""


class Merging:
    """One incident on its way into another that lives, in one transaction that holds both. `actor` says so."""

    def __init__(self, tx: Transaction, old: Incident, new: Incident, *, actor: str, now: datetime) -> None:
        self.tx = tx
        self.old = old
        self.new = new
        self.actor = actor
        self.now = now

    def take_over(self) -> bool:
        """Both live: whoever was asked for the one is asked for the other. True when pages were queued."""
        self._tell()
        coming, staying = self._alerts()
        unsent = self._move(coming, staying)
        heard = self._heard()
        queued = self._follow(heard, self._took_over(heard, coming), unsent=unsent)
        self._hold_doubts(heard)
        queued |= self._go_on(staying)
        return self._end(told=[*_ring_elsewhere(coming), *self._only_warned()]) or queued

    def absorb(self) -> bool:
        """The old one rings nobody: what was heard goes over, and nothing follows from that here.

        Its alerts, if it ever had any, stay where they are: a recall that is still on its way must arrive.
        """
        self._tell()
        detections.hand_over(self.tx, self.old.incident_id, to=self.new.incident_id)
        if self.new.lives and self.new.is_silent:
            # What waits for a person there has waited for a while, and rings no later for being another's.
            incidents.wait_no_longer_than(self.tx, self.new.incident_id, self.old.incident_id)
        return self._end(told=())

    # -- what goes over -----------------------------------------------------------------------------------------

    def _tell(self) -> None:
        old_id, new_id = self.old.incident_id, self.new.incident_id
        self._journal("incident_merged", old_id, into=str(new_id))
        self._journal("incident_took_over", new_id, merged=str(old_id))
        keep_held(self.tx, self.old, self.new, actor=self.actor, now=self.now)

    def _alerts(self) -> tuple[list[Alert], list[StoredAlert]]:
        """Those that come along, and those of units that were asked for both incidents."""
        both = {alert.unit_id for alert in alerts.of_incident(self.tx, self.new.incident_id)}
        if self.new.emergency_unit_id is not None:
            both.add(self.new.emergency_unit_id)  # whose officer calls for help does not help
        known = alerts.stages_of_incident(self.tx, self.old.incident_id)
        coming = [one.alert for one in known if one.alert.unit_id not in both]
        return coming, [one for one in known if one.alert.unit_id in both]

    def _move(self, coming: Sequence[Alert], staying: Sequence[StoredAlert]) -> Mapping[UUID, Manner]:
        """What was still to be said to the units of the old one."""
        going = [alert for alert in coming if alert.state is AlertState.ACKNOWLEDGED]
        # Units before alerts before pages, as in every other transaction: or two of them wait for each other.
        units.lock(self.tx, [alert.unit_id for alert in (*going, *(each.alert for each in staying))])
        alerts.hand_over(self.tx, [alert.alert_id for alert in coming], to=self.new.incident_id, now=self.now)
        unsent = superseded.take_back_all(self.tx, self.old.incident_id, now=self.now)
        for alert in going:
            free_unit(self.tx, alert.unit_id, self.old.incident_id, now=self.now)
        return unsent

    def _heard(self) -> Incident:
        """The other incident, with what both have heard; an emergency stays what it is."""
        new_id = self.new.incident_id
        detections.hand_over(self.tx, self.old.incident_id, to=new_id)
        alerts.measure_anew(self.tx, new_id)
        heard = detections.heard_of(self.tx, [new_id])[new_id]
        sound = headline(heard) if self.new.emergency_unit_id is None else None
        if sound is None:
            return self.new
        incidents.hear(self.tx, new_id, sound=sound, last_heard_at=max(each.occurred_at for each in heard))
        return replace(self.new, sound=sound)

    def _took_over(self, heard: Incident, coming: Sequence[Alert]) -> TookOver:
        return TookOver(
            taken=tuple(alert.alert_id for alert in coming),
            # Also one that found nobody to ask, before its first level, does not fall silent.
            level=self.old.level if self.old.is_silent else max(self.old.level, 1),
            deadline_at=self.old.deadline_at,
            sounds_different=heard.sound != self.new.sound,
        )

    def _hold_doubts(self, heard: Incident) -> None:
        """What was only shown may be shots now: it rings when nobody has decided, as anything doubtful does."""
        shown_only = heard.is_silent and heard.state is not IncidentState.HELD
        stale = is_stale(heard.sound.occurred_at, now=self.now, policy=heard.policy)
        if shown_only and self.old.is_silent and rings(heard.sound) and not stale:
            until = self.now + timedelta(seconds=heard.policy.hold_low_confidence_s)
            incidents.hold(self.tx, heard.incident_id, until=until)

    # -- who goes on --------------------------------------------------------------------------------------------

    def _go_on(self, staying: Sequence[StoredAlert]) -> bool:
        """Who was going to the one and was asked for both goes to the other, and is as far there as it was here."""
        going = {each.alert.unit_id: each for each in staying if each.is_on_duty}
        before = units.by_id(self.tx, going)
        queued = False
        for alert in alerts.of_incident(self.tx, self.new.incident_id):
            if alert.unit_id in going and alert.state is not AlertState.ACKNOWLEDGED:
                current = incidents.find(self.tx, self.new.incident_id) or self.new
                queued |= self._follow(current, Acknowledged(alert_id=alert.alert_id))
                so_far = {name: getattr(going[alert.unit_id], name) for name in _SO_FAR}
                alerts.note(self.tx, alert.alert_id, **so_far)
                self._leave_status(before[alert.unit_id])
        return queued

    def _only_warned(self) -> list[UUID]:
        """Who knows of the old one by a warning alone; from now on nobody would tell them how it ended."""
        asked = {alert.unit_id for alert in alerts.of_incident(self.tx, self.new.incident_id)}
        return [unit_id for unit_id in pages.warned_units(self.tx, self.old.incident_id) if unit_id not in asked]

    def _leave_status(self, unit: StoredUnit) -> None:
        """That two reports are one does not send anybody on the way who is there, or off duty."""
        if unit.incident_id is None:
            units.set_status(self.tx, unit.unit_id, unit.status, now=self.now)
            return
        incident_id = self.new.incident_id if unit.incident_id == self.old.incident_id else unit.incident_id
        units.make_busy(self.tx, unit.unit_id, incident_id, status=unit.status, now=self.now)

    def _end(self, *, told: Sequence[UUID]) -> bool:
        """What is left there is over: its units are free, or go on with what they acknowledged here."""
        queued = False
        if self.old.lives:
            queued = self._follow(self.old, Ended(to=IncidentState.CLOSED, reason=_REASON, warned=tuple(told)))
        columns = {"merged_into": self.new.incident_id, "disposition": Disposition.DUPLICATE}
        incidents.note(self.tx, self.old.incident_id, **columns)
        return queued

    # -- what they share ----------------------------------------------------------------------------------------

    def _follow(self, incident: Incident, event: Event, *, unsent: Mapping[UUID, Manner] | None = None) -> bool:
        known = alerts.of_incident(self.tx, incident.incident_id)
        decision = decide(incident, known, event=event, now=self.now)
        if unsent:
            told = {alert.unit_id for alert in known} | set(pages.warned_units(self.tx, incident.incident_id))
            decision = replace(decision, pages=_with_unsent(decision.pages, unsent, told=told))
        return carry_out(self.tx, incident, decision, now=self.now, actor=self.actor)

    def _journal(self, action: str, incident_id: UUID, **details: str) -> None:
        entry = Entry(at=self.now, actor=self.actor, action=action, incident_id=incident_id, details=details)
        journal.write(self.tx, [entry])


def keep_held(tx: Transaction, old: Incident, new: Incident, *, actor: str, now: datetime) -> None:
    """What is under a legal hold stays so wherever it goes."""
    if old.legal_hold is not None and new.legal_hold is None:
        incidents.note(tx, new.incident_id, legal_hold=old.legal_hold)
        details = {"reason": old.legal_hold}
        held = Entry(at=now, actor=actor, action="legal_hold_placed", incident_id=new.incident_id, details=details)
        journal.write(tx, [held])


def _ring_elsewhere(coming: Sequence[Alert]) -> list[UUID]:
    """Whose phones ring for the other incident from now on: they must stop ringing for this one.

    Also who was recalled, for that word may have been among what was taken back. Whom it has expired for keeps the
    buttons, and whoever goes is told by the other incident.
    """
    return [alert.unit_id for alert in coming if alert.rings or alert.state is AlertState.RECALLED]


def _with_unsent(wanted: Sequence[Page], unsent: Mapping[UUID, Manner], *, told: Collection[UUID]) -> tuple[Page, ...]:
    """What nobody could send for the old one is said by the new one: that something got worse, a question, a warning.

    `told` are the units that know of the new one.
    """
    heirs = [_inheriting(page, unsent.get(page.unit_id)) for page in wanted]
    has_page = {page.unit_id for page in wanted}
    for unit_id, (kind, loud) in unsent.items():
        is_missed = kind is PageKind.WELFARE or (kind is PageKind.WARNING and unit_id not in told)
        if is_missed and unit_id not in has_page:
            heirs.append(Page(unit_id=unit_id, kind=kind, loud=loud))
    return tuple(heirs)


def _inheriting(page: Page, unsent: Manner | None) -> Page:
    manner = Manner(page.kind, page.loud).inheriting(unsent)
    return replace(page, kind=manner.kind, loud=manner.loud)
