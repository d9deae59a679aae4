"""What happens when a source says that shots were heard: stored once, joined or opened, and who must be asked is asked.

Not for parsing or signatures: `api` and `auth` have done that. Every answer is given after the commit, and the same
message always gets the same answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.alert import Alert
from service.domain.detection import (
    Confidence,
    Detection,
    DetectionKind,
    Outcome,
    Sound,
    headline,
    is_from_the_future,
    is_held,
    is_stale,
    is_upgrade,
    rings,
    standing,
)
from service.domain.effects import Decision, MoveIncident, Schedule
from service.domain.errors import Code, DomainError
from service.domain.escalation import decide
from service.domain.events import Changed, Ended, Event, Opened
from service.domain.incident import Incident, IncidentState, joins
from service.domain.policy import Policy
from service.operations.decisions import carry_out
from service.operations.paging import nudge_workers
from service.operations.surroundings import Surroundings, asked_anew, candidates, looking_around
from service.ports import Ports
from service.store import agencies, alerts, detections, incidents, journal, pages
from service.store.database import Database, Transaction
from service.store.detections import StoredDetection
from service.store.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The webhook's answer (DESIGN §7). `incident_id` is None while the message is parked."""

    incident_id: UUID | None
    detection_id: str
    revision: int
    outcome: Outcome
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """When a message came to our door, by the service's clock, from which network address, and what its body was."""

    at: datetime
    body_sha256: bytes
    origin: str | None = None


def receive_detection(
    database: Database, ports: Ports, *, agency_id: UUID, detection: Detection, arrival: Arrival
) -> Answer:
    """Take one message of a source, whatever order messages come in and however often they come.

    Raises DomainError: detection_conflict when the revision is known with another body, invalid when it lies too far
    in the future, unavailable when the database is away (nothing was accepted, or the same message will be a replay).
    """

    def receive(around: Surroundings) -> tuple[Answer, bool]:
        with database.transaction(agency_id, origin=arrival.origin, exclusive=True) as tx:
            return _Reception(tx, detection, arrival, around, now=ports.clock.now()).receive()

    if detection.sound is None:
        answer, queued = receive(Surroundings(tracks=(), complete=True, clock=ports.clock))
    else:
        place = detection.sound.place
        answer, queued = looking_around(database, ports, receive, agency_id=agency_id, place=place)
    if queued and answer.incident_id:
        nudge_workers(ports, agency_id, answer.incident_id)
    return answer


class _Reception:
    """One message being received, in one transaction under the agency's lock."""

    def __init__(
        self,
        tx: Transaction,
        detection: Detection,
        arrival: Arrival,
        around: Surroundings,
        *,
        now: datetime,
    ) -> None:
        self.tx = tx
        self.new = detection
        self.arrival = arrival
        self.around = around
        self.now = now
        self.actor = f"source:{detection.source_id}"

    def receive(self) -> tuple[Answer, bool]:
        """The answer, and whether pages were queued."""
        earlier = detections.about(self.tx, self.new.source_id, self.new.detection_id)
        for known in earlier:
            if known.detection.revision == self.new.revision:
                return self._replay(known), False
        policy = agencies.agency(self.tx).policy
        if is_from_the_future(self.new.occurred_at, now=self.now, policy=policy):
            raise DomainError(
                Code.INVALID, f"occurred_at lies more than {policy.future_after_s} s in the future; check the clock."
            )
        messages = [known.detection for known in earlier]
        after = standing([*messages, self.new])
        incident_id = next((known.incident_id for known in earlier if known.incident_id), None)
        if after is None:
            return self._store(Outcome.PARKED, None), False
        if incident_id is not None:
            return self._revise(incident_id, before=standing(messages), after=after)
        return self._hear(after, _latest_sound([*messages, self.new]), policy=policy, parked=bool(earlier))

    # -- the same again -----------------------------------------------------------------------------------------

    def _replay(self, known: StoredDetection) -> Answer:
        if known.body_sha256 != self.arrival.body_sha256:
            raise DomainError(
                Code.DETECTION_CONFLICT,
                f"Revision {self.new.revision} of detection {self.new.detection_id} is known with other content.",
            )
        return Answer(
            incident_id=known.incident_id if known.outcome is not Outcome.PARKED else None,
            detection_id=self.new.detection_id,
            revision=self.new.revision,
            outcome=known.outcome,
            replayed=True,
        )

    # -- heard for the first time -------------------------------------------------------------------------------

    def _hear(self, after: Detection, sound: Sound, *, policy: Policy, parked: bool) -> tuple[Answer, bool]:
        dismissed = after.kind is DetectionKind.DISMISSED
        stale = is_stale(sound.occurred_at, now=self.now, policy=policy)
        found = self._living(sound, policy)
        if found and dismissed:
            incident, outcome, queued = found[0], Outcome.DISMISSED, False
        elif found:
            incident, heard = found
            outcome = Outcome.STORED if stale else Outcome.JOINED
            queued = self._renew(incident, [*heard, sound], may_ring=not stale)
        elif dismissed:
            incident, outcome, queued = self._opened(sound, IncidentState.CANCELLED, policy), Outcome.DISMISSED, False
        elif stale:
            incident, outcome, queued = self._opened(sound, IncidentState.OPEN, policy), Outcome.STORED, False
        else:
            incident, outcome, queued = self._open(sound, policy)
        if parked:
            detections.attach_parked(self.tx, self.new, incident_id=incident.incident_id)
        return self._store(outcome, incident.incident_id), queued

    def _living(self, sound: Sound, policy: Policy) -> tuple[Incident, list[Sound]] | None:
        """The living incident it belongs to, with what was heard of it; the one heard last when there are several."""
        living = incidents.living_around(
            self.tx,
            sound.place,
            within_m=policy.join_total_m,
            since=sound.occurred_at - timedelta(seconds=policy.join_within_s),
            until=sound.occurred_at + timedelta(seconds=policy.join_total_s),
        )
        messages = detections.of_incidents(self.tx, [incident.incident_id for incident in living])
        for incident in living:
            heard = standing_sounds(messages[incident.incident_id])
            if joins(sound, heard, policy=incident.policy):
                locked = incidents.lock(self.tx, incident.incident_id)
                return (locked, heard) if locked and locked.lives else None
        return None

    def _open(self, sound: Sound, policy: Policy) -> tuple[Incident, Outcome, bool]:
        if is_held(sound):
            incident = self._opened(sound, IncidentState.HELD, policy)
            self._hold(incident)
            return incident, Outcome.HELD, False
        incident = self._opened(sound, IncidentState.OPEN, policy)
        return incident, Outcome.OPENED, rings(sound) and self._ring(incident)

    def _opened(self, sound: Sound, state: IncidentState, policy: Policy) -> Incident:
        incident = incidents.open_new(self.tx, sound=sound, state=state, policy=policy, now=self.now)
        details = {"state": state, "classification": sound.classification, "confidence": sound.confidence}
        self._journal("incident_opened", incident.incident_id, **details)
        return incident

    # -- heard of before ----------------------------------------------------------------------------------------

    def _revise(self, incident_id: UUID, *, before: Detection | None, after: Detection) -> tuple[Answer, bool]:
        dismisses = self.new.kind is DetectionKind.DISMISSED
        answer = self._store(Outcome.DISMISSED if dismisses else Outcome.UPDATED, incident_id)
        incident = incidents.lock(self.tx, incident_id)
        if after is before or incident is None:
            return answer, False  # an older revision, come late: what is newer holds
        if incident.emergency_unit_id is not None:
            return answer, False  # merged into a call for help: no source can change that, or take it back
        if not incident.lives and not _was_harmless(before):
            return answer, False  # a person has ended it: it stays ended
        heard = standing_sounds(detections.of_incidents(self.tx, [incident_id])[incident_id])
        stale = is_stale(after.occurred_at, now=self.now, policy=incident.policy)
        return answer, self._renew(incident, heard, may_ring=not (stale or dismisses))

    def _renew(self, incident: Incident, heard: Sequence[Sound], *, may_ring: bool) -> bool:
        """The incident after what was heard of it changed; True when pages were queued."""
        sound = headline(heard)
        if sound is None:
            return incident.lives and self._end(incident, "Dismissed by the sensor network")
        last_heard_at = max(each.occurred_at for each in heard)
        incidents.hear(self.tx, incident.incident_id, sound=sound, last_heard_at=last_heard_at)
        renewed = replace(incident, sound=sound)
        if incident.is_silent and incident.state is not IncidentState.HELD:
            # Shown only, or dismissed before: it rings now if it has become something that rings.
            if not rings(sound):
                incidents.hold(self.tx, incident.incident_id, until=None)
                return False
            return may_ring and self._ring_or_hold(renewed)
        if not rings(sound):
            return self._end(renewed, f"Now classified as {sound.classification.replace('_', ' ')}")
        if incident.state is IncidentState.HELD:
            return may_ring and sound.confidence is not Confidence.LOW and self._ring(renewed)
        upgrade = may_ring and is_upgrade(incident.sound, sound)
        return sound != incident.sound and self._decide(renewed, Changed(upgrade=upgrade))

    # -- what they share ----------------------------------------------------------------------------------------

    def _ring_or_hold(self, incident: Incident) -> bool:
        if incident.sound.confidence is not Confidence.LOW:
            return self._ring(incident)
        if not incident.lives:
            shown_only = Schedule(level=0, deadline_at=None, next_action_at=None)
            reopening = Decision(changes=(MoveIncident(to=IncidentState.OPEN), shown_only))
            carry_out(self.tx, incident, reopening, now=self.now, actor=self.actor)
        # DESIGN §4 lets nothing become held again; it stays open, shown, and rings when the same time is over.
        self._hold(incident)
        return False

    def _hold(self, incident: Incident) -> None:
        release_at = self.now + timedelta(seconds=incident.policy.hold_low_confidence_s)
        incidents.hold(self.tx, incident.incident_id, until=release_at)

    def _ring(self, incident: Incident) -> bool:
        known = self._alerts(incident)
        want = incident.policy.units_per_level
        found = candidates(self.tx, incident, asked_anew(known), self.around, want=want, now=self.now)
        decision = decide(incident, known, event=Opened(candidates=found), now=self.now)
        return carry_out(self.tx, incident, decision, now=self.now, actor=self.actor, found=found)

    def _end(self, incident: Incident, reason: str) -> bool:
        warned = pages.warned_units(self.tx, incident.incident_id)
        return self._decide(incident, Ended(to=IncidentState.CANCELLED, reason=reason, warned=warned))

    def _decide(self, incident: Incident, event: Event) -> bool:
        decision = decide(incident, self._alerts(incident), event=event, now=self.now)
        return carry_out(self.tx, incident, decision, now=self.now, actor=self.actor)

    def _alerts(self, incident: Incident) -> list[Alert]:
        """None before the first change was pushed."""
        return alerts.of_incident(self.tx, incident.incident_id) if incident.sequence else []

    def _store(self, outcome: Outcome, incident_id: UUID | None) -> Answer:
        detections.add(
            self.tx,
            StoredDetection(
                detection=self.new,
                body_sha256=self.arrival.body_sha256,
                outcome=outcome,
                incident_id=incident_id,
                received_at=self.arrival.at,
                stored_at=self.around.clock.now(),
            ),
        )
        self._journal(
            "detection_received",
            incident_id,
            detection_id=self.new.detection_id,
            revision=self.new.revision,
            kind=self.new.kind,
            outcome=outcome,
        )
        return Answer(
            incident_id=incident_id, detection_id=self.new.detection_id, revision=self.new.revision, outcome=outcome
        )

    def _journal(self, action: str, incident_id: UUID | None, **details: str | int) -> None:
        entry = Entry(at=self.now, actor=self.actor, action=action, incident_id=incident_id, details=details)
        journal.write(self.tx, [entry])


def standing_sounds(messages: Iterable[StoredDetection]) -> list[Sound]:
    """What still counts of an incident's messages: the standing one of each detection, unless it is a dismissal."""
    by_detection = defaultdict(list)
    for message in messages:
        by_detection[message.detection.source_id, message.detection.detection_id].append(message.detection)
    current = [standing(about_one) for about_one in by_detection.values()]
    return [each.sound for each in current if each and each.sound and each.kind is not DetectionKind.DISMISSED]


def _was_harmless(standing_before: Detection | None) -> bool:
    """Its source had taken it back, or called it something that does not ring."""
    if standing_before is None or standing_before.sound is None:
        return standing_before is not None
    return standing_before.kind is DetectionKind.DISMISSED or not rings(standing_before.sound)


def _latest_sound(messages: Sequence[Detection]) -> Sound:
    """Of the highest revision that says where and what; a dismissal need not repeat it, a `detected` always does."""
    latest = max((each for each in messages if each.sound), key=lambda each: each.revision)
    assert latest.sound is not None  # noqa: S101  filtered one line above
    return latest.sound
