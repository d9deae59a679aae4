"""A dispatcher knows better which detections belong together: two incidents become one, or one becomes two.

Under the agency's lock, as everything that correlates. What was split by hand is never put together again by sources
(`gathering`). How one incident goes into another: `merging`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.detection import Confidence, Sound, headline, is_stale, rings, standing_sounds
from service.domain.errors import Code, DomainError
from service.domain.escalation import decide
from service.domain.events import Changed, Ended, Opened
from service.domain.incident import Incident, IncidentState
from service.operations.accounts import SignedInUser
from service.operations.decisions import carry_out
from service.operations.dispatching import follow, lock_living, tell
from service.operations.merging import Merging, keep_held
from service.operations.paging import nudge_workers
from service.operations.surroundings import Surroundings, candidates, looking_around
from service.ports import Ports
from service.store import agencies, alerts, detections, incidents, pages
from service.store.database import Database, Transaction
from service.store.detections import StoredDetection


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
        queued = Merging(tx, old, new, actor=user.actor, now=now).take_over()
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
            keep_held(tx, incident, new, actor=user.actor, now=now)
            detections.hand_over(tx, incident_id, to=new.incident_id, detection_ids=detection_ids)
            _hear(tx, {incident_id: kept, new.incident_id: apart})
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


def _was_split(tx: Transaction, incident: Incident, detection_ids: Sequence[str]) -> bool:
    """Somebody has just done it: none is here any more, and all are where something was split off to.

    Not wherever there is one of that name: two sources may use the same.
    """
    here = {message.detection.detection_id for message in _messages(tx, incident)}
    wanted = set(detection_ids)
    return not wanted & here and wanted <= detections.split_off(tx, incident.incident_id)


def _parted(tx: Transaction, incident: Incident, detection_ids: Sequence[str]) -> tuple[Sound, Sound]:
    """What was heard by those detections, and what by the others."""
    messages = _messages(tx, incident)
    strangers = set(detection_ids) - {message.detection.detection_id for message in messages}
    if strangers:
        raise DomainError(Code.INVALID, f"Not of this incident: {', '.join(sorted(strangers))}.")
    known = [message.detection for message in messages]
    apart = headline(standing_sounds(each for each in known if each.detection_id in detection_ids))
    kept = headline(standing_sounds(each for each in known if each.detection_id not in detection_ids))
    if incident.emergency_unit_id is not None:
        kept = incident.sound  # a call for help stays what it is, and where
    if apart is None or kept is None:
        raise DomainError(Code.INVALID, "Each of the two incidents needs a detection that was not dismissed.")
    return apart, kept


def _hear(tx: Transaction, sounds: Mapping[UUID, Sound]) -> None:
    """Each incident's headline, and when the last of what it has now was heard: by that it is found."""
    heard = detections.heard_of(tx, sounds)
    for incident_id, sound in sounds.items():
        last_heard_at = max((each.occurred_at for each in heard[incident_id]), default=sound.occurred_at)
        incidents.hear(tx, incident_id, sound=sound, last_heard_at=last_heard_at)


def _messages(tx: Transaction, incident: Incident) -> list[StoredDetection]:
    return detections.of_incidents(tx, [incident.incident_id])[incident.incident_id]


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
