"""A dispatcher knows better which detections belong together: two incidents become one, or one becomes two.

Under the agency's lock, as everything that correlates. Alerts go with the incident that lives on, as they are: whoever
was going is still going, and the buttons on a phone still work.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.alert import Alert, AlertState
from service.domain.detection import Confidence, Sound, headline, is_stale, rings
from service.domain.disposition import Disposition
from service.domain.errors import Code, DomainError
from service.domain.escalation import decide
from service.domain.events import Acknowledged, Changed, Ended, Opened, TookOver
from service.domain.incident import Incident, IncidentState
from service.operations.accounts import SignedInUser
from service.operations.decisions import carry_out, free_unit
from service.operations.detections import standing_sounds
from service.operations.dispatching import follow, lock_living, tell
from service.operations.paging import nudge_workers
from service.operations.surroundings import Surroundings, candidates, looking_around
from service.ports import Ports
from service.store import agencies, alerts, detections, incidents, pages, units
from service.store.alerts import StoredAlert
from service.store.database import Database, Transaction
from service.store.units import StoredUnit


def merge_incidents(database: Database, ports: Ports, *, user: SignedInUser, incident_id: UUID, into: UUID) -> None:
    """It was the other one: its detections, alerts and acknowledgments go there, and it is closed.

    Raises DomainError: not_found for either, incident_over, invalid for an incident into itself.
    """
    if incident_id == into:
        raise DomainError(Code.INVALID, "An incident cannot be merged into itself.")
    now = ports.clock.now()
    with database.transaction(user.agency_id, origin=user.origin, exclusive=True) as tx:
        # In one order, whoever merges what into what: or two who merge crosswise wait for each other.
        locked = {each: incidents.lock(tx, each) for each in sorted((incident_id, into))}
        old = locked[incident_id]
        if old is not None and old.merged_into == into:
            return
        old, new = lock_living(tx, incident_id), lock_living(tx, into)
        if old.emergency_unit_id is not None:
            raise DomainError(Code.INVALID, "An emergency is merged into nothing; merge the other incident into it.")
        tell(tx, user, incident_id, "incident_merged", now=now, into=str(into))
        tell(tx, user, into, "incident_took_over", now=now, merged=str(incident_id))
        _keep_held(tx, user, old, new, now=now)
        queued = _Merging(tx, user, old, now).into(new)
        # What is left there is over: its units are free, or go on with what they acknowledged here.
        left = alerts.of_incident(tx, incident_id)
        ended = Ended(to=IncidentState.CLOSED, reason="Merged with another report of the same shots")
        queued |= carry_out(tx, old, decide(old, left, event=ended, now=now), now=now, actor=user.actor)
        incidents.note(tx, incident_id, merged_into=into, disposition=Disposition.DUPLICATE)
    if queued:
        for each in (incident_id, into):
            nudge_workers(ports, user.agency_id, each)


def split_incident(
    database: Database, ports: Ports, *, user: SignedInUser, incident_id: UUID, detection_ids: Sequence[str]
) -> None:
    """These detections were something else: they become an incident of their own, which rings like any new one.

    A second call changes nothing. Raises DomainError: not_found, incident_over, invalid when one of them is not this
    incident's, or nothing would stay.
    """
    with database.transaction(user.agency_id) as tx:
        incident = lock_living(tx, incident_id)
        if _was_split(tx, incident, detection_ids):
            return
        place = _parted(tx, incident, detection_ids)[0].place

    def act(around: Surroundings) -> UUID | None:
        now = ports.clock.now()
        with database.transaction(user.agency_id, origin=user.origin, exclusive=True) as tx:
            incident = lock_living(tx, incident_id)
            if _was_split(tx, incident, detection_ids):
                return None
            apart, kept = _parted(tx, incident, detection_ids)
            new = _apart(tx, incident, apart, now=now)
            _keep_held(tx, user, incident, new, now=now)
            detections.hand_over(tx, incident_id, to=new.incident_id, detection_ids=detection_ids)
            incidents.hear(tx, incident_id, sound=kept, last_heard_at=kept.occurred_at)
            details = {"detection_ids": list(detection_ids), "into": str(new.incident_id)}
            tell(tx, user, incident_id, "incident_split", now=now, **details)
            tell(tx, user, new.incident_id, "incident_opened", now=now, split_from=str(incident_id))
            if kept != incident.sound:
                _go_on_without(tx, replace(incident, sound=kept), user=user, now=now)
            _ring(tx, new, around, user=user, now=now)
            return new.incident_id

    new_id = looking_around(database, ports, act, agency_id=user.agency_id, place=place)
    if new_id is not None:
        for each in (incident_id, new_id):
            nudge_workers(ports, user.agency_id, each)


def _keep_held(tx: Transaction, user: SignedInUser, old: Incident, new: Incident, *, now: datetime) -> None:
    """What is under a legal hold stays so wherever it goes."""
    if old.legal_hold is not None and new.legal_hold is None:
        incidents.note(tx, new.incident_id, legal_hold=old.legal_hold)
        tell(tx, user, new.incident_id, "legal_hold_placed", now=now, reason=old.legal_hold)


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


class _Merging:
    """One incident on its way into another, in one transaction that holds both."""

    def __init__(self, tx: Transaction, user: SignedInUser, old: Incident, now: datetime) -> None:
        self.tx = tx
        self.user = user
        self.old = old
        self.now = now

    def into(self, new: Incident) -> bool:
        """True when pages were queued."""
        coming, staying = self._alerts(new)
        moved = [alert.alert_id for alert in coming]
        # Alerts before pages, as in every other transaction: or two of them wait for each other.
        alerts.hand_over(self.tx, moved, to=new.incident_id, now=self.now)
        pages.supersede_all(self.tx, self.old.incident_id, now=self.now)
        for alert in coming:
            if alert.state is AlertState.ACKNOWLEDGED:
                free_unit(self.tx, alert.unit_id, self.old.incident_id, now=self.now)
        heard = self._heard(new)
        alerts.measure_anew(self.tx, new.incident_id)
        event = TookOver(
            taken=tuple(moved),
            # Also one that found nobody to ask, before its first level, does not fall silent.
            level=self.old.level if self.old.is_silent else max(self.old.level, 1),
            deadline_at=self.old.deadline_at,
            sounds_different=heard.sound != new.sound,
        )
        queued = follow(self.tx, heard, event, user=self.user, now=self.now)
        self._hold_doubts(heard)
        return self._go_on(new, staying) or queued

    def _hold_doubts(self, heard: Incident) -> None:
        """What was only shown may be shots now: it rings when nobody has decided, as anything doubtful does."""
        shown_only = heard.is_silent and heard.state is not IncidentState.HELD
        stale = is_stale(heard.sound.occurred_at, now=self.now, policy=heard.policy)
        if shown_only and self.old.is_silent and rings(heard.sound) and not stale:
            until = self.now + timedelta(seconds=heard.policy.hold_low_confidence_s)
            incidents.hold(self.tx, heard.incident_id, until=until)

    def _alerts(self, new: Incident) -> tuple[list[Alert], list[StoredAlert]]:
        """Those that come along, and those of units that were asked for both incidents."""
        both = {alert.unit_id for alert in alerts.of_incident(self.tx, new.incident_id)}
        if new.emergency_unit_id is not None:
            both.add(new.emergency_unit_id)  # whose officer calls for help does not help
        known = alerts.stages_of_incident(self.tx, self.old.incident_id)
        coming = [one.alert for one in known if one.alert.unit_id not in both]
        return coming, [one for one in known if one.alert.unit_id in both]

    def _heard(self, new: Incident) -> Incident:
        """The other incident, with what both have heard; an emergency stays what it is."""
        detections.hand_over(self.tx, self.old.incident_id, to=new.incident_id)
        heard = standing_sounds(detections.of_incidents(self.tx, [new.incident_id])[new.incident_id])
        sound = headline(heard) if new.emergency_unit_id is None else None
        if sound is None:
            return new
        last_heard_at = max(each.occurred_at for each in heard)
        incidents.hear(self.tx, new.incident_id, sound=sound, last_heard_at=last_heard_at)
        return replace(new, sound=sound)

    def _go_on(self, new: Incident, staying: Sequence[StoredAlert]) -> bool:
        """Who was going to the one and was asked for both goes to the other, and is as far there as it was here."""
        going = {each.alert.unit_id: each for each in staying if each.is_on_duty}
        before = units.by_id(self.tx, going)
        queued = False
        for alert in alerts.of_incident(self.tx, new.incident_id):
            if alert.unit_id in going and alert.state is not AlertState.ACKNOWLEDGED:
                current = lock_living(self.tx, new.incident_id)
                event = Acknowledged(alert_id=alert.alert_id)
                queued |= follow(self.tx, current, event, user=self.user, now=self.now)
                so_far = {name: getattr(going[alert.unit_id], name) for name in _SO_FAR}
                alerts.note(self.tx, alert.alert_id, **so_far)
                self._leave_status(before[alert.unit_id], new)
        return queued

    def _leave_status(self, unit: StoredUnit, new: Incident) -> None:
        """That two reports are one does not send anybody on the way who is there, or off duty."""
        if unit.incident_id is None:
            units.set_status(self.tx, unit.unit_id, unit.status, now=self.now)
            return
        incident_id = new.incident_id if unit.incident_id == self.old.incident_id else unit.incident_id
        units.make_busy(self.tx, unit.unit_id, incident_id, status=unit.status, now=self.now)


def _was_split(tx: Transaction, incident: Incident, detection_ids: Sequence[str]) -> bool:
    """Somebody has just done it: all of them belong to incidents that were split from this one."""
    theirs = incidents.by_id(tx, detections.incidents_of(tx, detection_ids))
    return bool(theirs) and all(each.split_from == incident.incident_id for each in theirs.values())


def _parted(tx: Transaction, incident: Incident, detection_ids: Sequence[str]) -> tuple[Sound, Sound]:
    """What was heard by those detections, and what by the others."""
    messages = detections.of_incidents(tx, [incident.incident_id])[incident.incident_id]
    strangers = set(detection_ids) - {message.detection.detection_id for message in messages}
    if strangers:
        raise DomainError(Code.INVALID, f"Not of this incident: {', '.join(sorted(strangers))}.")
    apart = headline(standing_sounds(one for one in messages if one.detection.detection_id in detection_ids))
    kept = headline(standing_sounds(one for one in messages if one.detection.detection_id not in detection_ids))
    if incident.emergency_unit_id is not None:
        kept = incident.sound  # a call for help stays what it is, and where
    if apart is None or kept is None:
        raise DomainError(Code.INVALID, "Each of the two incidents needs a detection that was not dismissed.")
    return apart, kept


def _apart(tx: Transaction, incident: Incident, sound: Sound, *, now: datetime) -> Incident:
    held = rings(sound) and sound.confidence is Confidence.LOW
    state = IncidentState.HELD if held else IncidentState.OPEN
    # A call for help has rules of its own: what was heard beside it goes by the agency's.
    policy = incident.policy if incident.emergency_unit_id is None else agencies.agency(tx).policy
    new = incidents.open_new(tx, sound=sound, state=state, policy=policy, now=now)
    incidents.note(tx, new.incident_id, split_from=incident.incident_id)
    if held:
        incidents.hold(tx, new.incident_id, until=now + timedelta(seconds=policy.hold_low_confidence_s))
    return replace(new, split_from=incident.incident_id)


def _go_on_without(tx: Transaction, incident: Incident, *, user: SignedInUser, now: datetime) -> None:
    """What was not split off. When it is nothing that rings, it is shown, or ended, as when its source says so."""
    alerts.measure_anew(tx, incident.incident_id)
    if rings(incident.sound):
        follow(tx, incident, Changed(upgrade=False), user=user, now=now)
    elif incident.is_silent and incident.state is not IncidentState.HELD:
        incidents.hold(tx, incident.incident_id, until=None)
    else:
        warned = pages.warned_units(tx, incident.incident_id)
        reason = f"Now classified as {incident.sound.classification.replace('_', ' ')}"
        follow(tx, incident, Ended(to=IncidentState.CANCELLED, reason=reason, warned=warned), user=user, now=now)


def _ring(tx: Transaction, new: Incident, around: Surroundings, *, user: SignedInUser, now: datetime) -> None:
    stale = is_stale(new.sound.occurred_at, now=now, policy=new.policy)
    if new.state is IncidentState.HELD or stale or not rings(new.sound):
        return
    found = candidates(tx, new, [], around, want=new.policy.units_per_level, now=now)
    decision = decide(new, [], event=Opened(candidates=found), now=now)
    carry_out(tx, new, decision, now=now, actor=user.actor, found=found)
