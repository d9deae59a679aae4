"""What becomes of an incident when what was heard of it has changed: it rings, waits for a person, is updated, or ends.

In one transaction that holds the incident. Not for which incident it is (`gathering`). What follows depends on what
stands alone, with two exceptions that depend on what had been heard first: phones that rang go on ringing for what has
become doubtful, and what rang and is harmless now is cancelled, where it would only be shown had it never rung.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.domain.alert import Alert
from service.domain.detection import Confidence, Sound, headline, is_upgrade, rings
from service.domain.effects import Decision, MoveIncident, Schedule
from service.domain.escalation import decide
from service.domain.events import Changed, Ended, Event, Opened
from service.domain.geo import Distance
from service.domain.incident import Incident, IncidentState
from service.operations.decisions import carry_out
from service.operations.surroundings import Surroundings, asked_anew, candidates
from service.store import alerts, incidents, pages, rulings
from service.store.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """Who could be asked, when it is, and who says so: the same for all that one message changes."""

    tx: Transaction
    around: Surroundings
    now: datetime
    actor: str

    def renew(self, incident: Incident, heard: Sequence[Sound], *, may_ring: bool) -> bool:
        """The incident after what was heard of it changed; True when pages were queued.

        `heard` is what still counts; the incident's own sound is what its phones show.
        """
        sound = headline(heard)
        if sound is None:
            ends = incident.lives and not self._is_kept(incident)
            return ends and self._end(incident, "Dismissed by the sensor network")
        last_heard_at = max(each.occurred_at for each in heard)
        incidents.hear(self.tx, incident.incident_id, sound=sound, last_heard_at=last_heard_at)
        renewed = replace(incident, sound=sound)
        if sound.place != incident.sound.place:
            self._measure_anew(renewed)
        if incident.is_silent and incident.state is not IncidentState.HELD:
            return self._sound_out(renewed, may_ring=may_ring)
        if not rings(sound) and not self._is_kept(incident):
            return self._end(renewed, f"Now classified as {sound.classification.replace('_', ' ')}")
        if incident.state is IncidentState.HELD:
            return may_ring and sound.confidence is not Confidence.LOW and self.ring(renewed)
        upgrade = may_ring and is_upgrade(incident.sound, sound)
        return sound != incident.sound and self._decide(renewed, Changed(upgrade=upgrade))

    def ring(self, incident: Incident) -> bool:
        """For the first time, or as if it were; True when pages were queued."""
        known = self._alerts(incident)
        want = incident.policy.units_per_level
        found = candidates(self.tx, incident, asked_anew(known), self.around, want=want, now=self.now)
        decision = decide(incident, known, event=Opened(candidates=found), now=self.now)
        return carry_out(self.tx, incident, decision, now=self.now, actor=self.actor, found=found)

    def hold(self, incident: Incident) -> None:
        """It rings when its time is over, unless a source or a person says otherwise first."""
        release_at = self.now + timedelta(seconds=incident.policy.hold_low_confidence_s)
        incidents.hold(self.tx, incident.incident_id, until=release_at)

    def _sound_out(self, incident: Incident, *, may_ring: bool) -> bool:
        """Shown only, or dismissed before: it rings now if it has become something that rings."""
        if not rings(incident.sound):
            incidents.hold(self.tx, incident.incident_id, until=None)
            return False
        if not may_ring:
            return False
        if incident.sound.confidence is not Confidence.LOW:
            return self.ring(incident)
        if not incident.lives:
            shown_only = Schedule(level=0, deadline_at=None, next_action_at=None)
            reopening = Decision(changes=(MoveIncident(to=IncidentState.OPEN), shown_only))
            carry_out(self.tx, incident, reopening, now=self.now, actor=self.actor)
        # DESIGN §4 lets nothing become held again; it stays open, shown, and rings when the same time is over.
        self.hold(incident)
        return False

    def _measure_anew(self, incident: Incident) -> None:
        """The place is another: who was asked is as far from it as the last fix says, and has come no closer yet."""
        asked = {alert.unit_id for alert in self._alerts(incident)}
        if asked:
            alerts.measure_anew(self.tx, incident.incident_id)
            fixes = {found.unit_id: found.track.last for found in self.around.tracks if found.unit_id in asked}
            place = incident.sound.place
            away_m = {unit_id: Distance(fix.point, place).exact_m for unit_id, fix in fixes.items() if fix}
            alerts.note_distances(self.tx, incident.incident_id, away_m)

    def _is_kept(self, incident: Incident) -> bool:
        """A person has brought it back to life: who has said that it was no end knows more than a sensor."""
        return rulings.of_incident(self.tx, incident.incident_id).reopened

    def _end(self, incident: Incident, reason: str) -> bool:
        warned = pages.warned_units(self.tx, incident.incident_id)
        return self._decide(incident, Ended(to=IncidentState.CANCELLED, reason=reason, warned=warned))

    def _decide(self, incident: Incident, event: Event) -> bool:
        decision = decide(incident, self._alerts(incident), event=event, now=self.now)
        return carry_out(self.tx, incident, decision, now=self.now, actor=self.actor)

    def _alerts(self, incident: Incident) -> list[Alert]:
        """None before the first change was pushed."""
        return alerts.of_incident(self.tx, incident.incident_id) if incident.sequence else []
