"""Which incidents does what was heard belong to, and which of them become one without anybody's hand?

In one transaction under the agency's lock. Not for which sounds are one incident (`domain/grouping`), nor for what
rings then (`hearing`). Whatever a person has decided stands: sources join nothing to an incident that a person has
ended, merge nothing that a person has parted, and do not take an incident from officers who are on their way. ADR 20.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.alert import AlertState
from service.domain.detection import Sound, headline
from service.domain.grouping import are_one, precedence
from service.domain.incident import Incident, IncidentState
from service.domain.policy import Policy
from service.operations.merging import Merging
from service.store import alerts, detections, incidents, rulings
from service.store.database import Transaction
from service.store.incidents import Around


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An incident that this transaction holds, and what still counts of all that was heard of it.

    `queued` are incidents for which pages were queued on the way here.
    """

    incident: Incident
    heard: Sequence[Sound]
    queued: frozenset[UUID] = frozenset()


def beside(tx: Transaction, heard: Sequence[Sound], *, policy: Policy, apart_from: UUID | None = None) -> list[Group]:
    """Incidents that are one with what was heard, held; those that live first, and of these the one heard last.

    Besides those that live, those that sources alone have ended while something of them still stands, as when shots
    were called fireworks: what is heard beside them belongs there as it would if that had been known from the start.
    """
    found = [incident for incident in _around(tx, heard, policy=policy) if incident.incident_id != apart_from]
    sounds = detections.heard_of(tx, [incident.incident_id for incident in found])
    groups = []
    for incident in found:
        its_own = sounds[incident.incident_id]
        if not are_one(heard, its_own, policy=incident.policy):
            continue
        held = incidents.lock(tx, incident.incident_id)
        if held is not None and is_open_to_sources(tx, held):
            groups.append(Group(incident=held, heard=its_own))
    return groups


def gather(tx: Transaction, group: Group, *, actor: str, now: datetime) -> Group:
    """Merge with the incident whatever is one with it now; the one that lives on, its headline still as it was."""
    while other := _next_to_merge(tx, group):
        new, old = sorted((group, other), key=lambda each: precedence(each.incident))
        group = _merge(tx, old, new, actor=actor, now=now)
    return group


def is_open_to_sources(tx: Transaction, incident: Incident) -> bool:
    """It lives, or only sources have ended it."""
    if incident.lives:
        return True
    ended_by_sources = incident.state is IncidentState.CANCELLED and incident.merged_into is None
    return ended_by_sources and not rulings.of_incident(tx, incident.incident_id).ended


def _around(tx: Transaction, heard: Sequence[Sound], *, policy: Policy) -> list[Incident]:
    """About as near in time and place; what stands of an incident is within its limits, and so is its headline."""
    picture = headline(heard)
    if picture is None:
        return []
    longest = timedelta(seconds=policy.join_total_s)
    earliest = min(sound.occurred_at for sound in heard)
    since = earliest - timedelta(seconds=policy.join_within_s)
    around = Around(place=picture.place, within_m=policy.join_total_m, since=since, until=earliest + longest)
    return [
        *incidents.living_around(tx, around),
        *incidents.cancelled_around(tx, around, ended_since=since - longest),
    ]


def _next_to_merge(tx: Transaction, group: Group) -> Group | None:
    own = group.incident
    found = beside(tx, group.heard, policy=own.policy, apart_from=own.incident_id)
    return next((other for other in found if _may_be_one(tx, own, other.incident)), None)


def _may_be_one(tx: Transaction, one: Incident, other: Incident) -> bool:
    """Not what a person has parted; nor two that both ring, once an officer has said of either: I am going."""
    both = (one, other)
    if any(each.split_from or rulings.of_incident(tx, each.incident_id).split for each in both):
        return False
    return any(each.is_silent for each in both) or not any(_somebody_goes(tx, each) for each in both)


def _somebody_goes(tx: Transaction, incident: Incident) -> bool:
    return any(alert.state is AlertState.ACKNOWLEDGED for alert in alerts.of_incident(tx, incident.incident_id))


def _merge(tx: Transaction, old: Group, new: Group, *, actor: str, now: datetime) -> Group:
    merging = Merging(tx, old.incident, new.incident, actor=actor, now=now)
    has_queued = merging.absorb() if old.incident.is_silent else merging.take_over()
    queued = {old.incident.incident_id, new.incident.incident_id} if has_queued else set()
    current = incidents.find(tx, new.incident.incident_id) or new.incident
    return Group(
        # With the old headline: whether the new one is worth another ring is yet to be decided.
        incident=replace(current, sound=new.incident.sound),
        heard=detections.heard_of(tx, [current.incident_id])[current.incident_id],
        queued=old.queued | new.queued | queued,
    )
