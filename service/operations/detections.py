"""What happens when a source says that shots were heard: stored once, joined or opened, and who must be asked is asked.

Not for parsing or signatures: `api` and `auth` have done that. Every answer is given after the commit, and the same
message always gets the same answer.

Messages come in any order and more than once, and the same messages end the same: which detections stand together in
an incident (`domain/grouping`), whether it lives, what its headline says, and whether it rings. What does depend on
when a message came: ids, sequence numbers and the journal; who was near, and so who was asked; what was too old to
ring when it came; whether something rang before it was dismissed or doubted (`hearing`); and with which neighbour a
dismissed detection lies. What a person has decided stands above all of it. ADR 20.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from service.domain.detection import (
    Detection,
    DetectionKind,
    Outcome,
    Sound,
    is_from_the_future,
    is_held,
    is_stale,
    rings,
    standing,
)
from service.domain.errors import Code, DomainError
from service.domain.incident import Incident, IncidentState
from service.domain.policy import Policy
from service.operations.gathering import Group, beside, gather, is_open_to_sources
from service.operations.hearing import Hearing
from service.operations.paging import nudge_workers
from service.operations.surroundings import Surroundings, looking_around
from service.ports import Ports
from service.store import agencies, detections, incidents, journal
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

    def receive(around: Surroundings) -> tuple[Answer, Collection[UUID]]:
        with database.transaction(agency_id, origin=arrival.origin, exclusive=True) as tx:
            return _Reception(tx, detection, arrival, around, now=ports.clock.now()).receive()

    if detection.sound is None:
        answer, queued = receive(Surroundings(tracks=(), complete=True, clock=ports.clock))
    else:
        place = detection.sound.place
        answer, queued = looking_around(database, ports, receive, agency_id=agency_id, place=place)
    for incident_id in queued:
        nudge_workers(ports, agency_id, incident_id)
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
        self.parked = False
        self.actor = f"source:{detection.source_id}"
        self.hearing = Hearing(tx=tx, around=around, now=now, actor=self.actor)

    def receive(self) -> tuple[Answer, Collection[UUID]]:
        """The answer, and the incidents for which pages were queued."""
        earlier = detections.about(self.tx, self.new.source_id, self.new.detection_id)
        for known in earlier:
            if known.detection.revision == self.new.revision:
                return self._replay(known), ()
        policy = agencies.agency(self.tx).policy
        if is_from_the_future(self.new.occurred_at, now=self.now, policy=policy):
            raise DomainError(
                Code.INVALID, f"occurred_at lies more than {policy.future_after_s} s in the future; check the clock."
            )
        messages = [known.detection for known in earlier]
        after = standing([*messages, self.new])
        incident_id = next((known.incident_id for known in earlier if known.incident_id), None)
        if after is None:
            return self._store(Outcome.PARKED, None), ()
        if incident_id is not None:
            return self._revise(incident_id, before=standing(messages), after=after)
        self.parked = bool(earlier)
        return self._hear(after, _latest_sound([*messages, self.new]), policy=policy)

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

    def _hear(self, after: Detection, sound: Sound, *, policy: Policy) -> tuple[Answer, Collection[UUID]]:
        stale = is_stale(sound.occurred_at, now=self.now, policy=policy)
        found = beside(self.tx, [sound], policy=policy)
        if after.kind is DetectionKind.DISMISSED:
            incident = found[0].incident if found else self._opened(sound, IncidentState.CANCELLED, policy)
            return self._take_in(incident, Outcome.DISMISSED), ()
        if found:
            group = replace(found[0], heard=[*found[0].heard, sound])
            answer = self._take_in(group.incident, Outcome.STORED if stale else Outcome.JOINED)
            return self._settle(answer, group, may_ring=not stale)
        if stale:
            return self._take_in(self._opened(sound, IncidentState.OPEN, policy), Outcome.STORED), ()
        return self._open(sound, policy)

    def _open(self, sound: Sound, policy: Policy) -> tuple[Answer, Collection[UUID]]:
        if is_held(sound):
            incident = self._opened(sound, IncidentState.HELD, policy)
            self.hearing.hold(incident)
            return self._take_in(incident, Outcome.HELD), ()
        incident = self._opened(sound, IncidentState.OPEN, policy)
        answer = self._take_in(incident, Outcome.OPENED)
        queued = rings(sound) and self.hearing.ring(incident)
        return answer, [incident.incident_id] if queued else ()

    def _opened(self, sound: Sound, state: IncidentState, policy: Policy) -> Incident:
        incident = incidents.open_new(self.tx, sound=sound, state=state, policy=policy, now=self.now)
        details = {"state": state, "classification": sound.classification, "confidence": sound.confidence}
        self._journal("incident_opened", incident.incident_id, **details)
        return incident

    def _take_in(self, incident: Incident, outcome: Outcome) -> Answer:
        """The message, and whatever came before it, is the incident's."""
        if self.parked:
            detections.attach_parked(self.tx, self.new, incident_id=incident.incident_id)
        return self._store(outcome, incident.incident_id)

    # -- heard of before ----------------------------------------------------------------------------------------

    def _revise(
        self, incident_id: UUID, *, before: Detection | None, after: Detection
    ) -> tuple[Answer, Collection[UUID]]:
        dismisses = self.new.kind is DetectionKind.DISMISSED
        answer = self._store(Outcome.DISMISSED if dismisses else Outcome.UPDATED, incident_id)
        incident = incidents.lock(self.tx, incident_id)
        if after is before or incident is None:
            return answer, ()  # an older revision, come late: what is newer holds
        if incident.emergency_unit_id is not None:
            return answer, ()  # merged into a call for help: no source can change that, or take it back
        if not is_open_to_sources(self.tx, incident):
            return answer, ()  # a person has ended it: it stays ended
        group = Group(incident=incident, heard=detections.heard_of(self.tx, [incident_id])[incident_id])
        stale = is_stale(after.occurred_at, now=self.now, policy=incident.policy)
        return self._settle(answer, group, may_ring=not (stale or dismisses))

    # -- what they share ----------------------------------------------------------------------------------------

    def _settle(self, answer: Answer, group: Group, *, may_ring: bool) -> tuple[Answer, Collection[UUID]]:
        """What stands has changed: is more than one incident one now, and what follows for it?"""
        group = gather(self.tx, group, actor=self.actor, now=self.now)
        incident_id = group.incident.incident_id
        queued = self.hearing.renew(group.incident, group.heard, may_ring=may_ring)
        return replace(answer, incident_id=incident_id), group.queued | ({incident_id} if queued else set())

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


def _latest_sound(messages: Sequence[Detection]) -> Sound:
    """Of the highest revision that says where and what; a dismissal need not repeat it, a `detected` always does."""
    latest = max((each for each in messages if each.sound), key=lambda each: each.revision)
    assert latest.sound is not None  # noqa: S101  filtered one line above
    return latest.sound
