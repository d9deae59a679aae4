"""Which sounds are one incident, and which of two incidents that turn out to be one lives on? Pure.

Messages come in any order, so the answer must not depend on it. What stands (the highest revision of each detection,
unless it is a dismissal) falls into groups: sounds are together that are near in time and in place, and groups that
are near are one group. Near groups stay near when they grow, so whoever is merged first, the end is the same. Two
things do not follow from the messages alone, and stay as they were found: where a chain is cut that is longer or wider
than one incident may be, and what was put together by a sound that was taken back or moved since: nothing is torn
apart by itself, for somebody may be on the way there. ADR 20.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.detection import Sound
from service.domain.geo import Distance
from service.domain.incident import Incident, IncidentState
from service.domain.policy import Policy


def joins(sound: Sound, heard: Sequence[Sound], *, policy: Policy) -> bool:
    """Does this sound belong with those already heard in an incident? Never with one of which nothing stands."""
    return are_one([sound], heard, policy=policy)


def are_one(these: Sequence[Sound], those: Sequence[Sound], *, policy: Policy) -> bool:
    """Is what was heard here and what was heard there one incident?

    Near enough in time to any, and in place to any, while all of it stays within the limits of one incident: at most
    `join_total_s` long and `join_total_m` wide. The same either way round.
    """
    if not these or not those:
        return False
    return _are_near_in_time(these, those, policy=policy) and _are_near_in_place(these, those, policy=policy)


def precedence(incident: Incident) -> tuple[bool, bool, bool, datetime, UUID]:
    """Of two that are one the lesser lives on: what rings, then what waits for a person, then the older.

    So no phone learns anew what it rings for, unless both ring.
    """
    is_held = incident.state is IncidentState.HELD
    return not incident.lives, incident.is_silent, not is_held, incident.opened_at, incident.incident_id


def _are_near_in_time(these: Sequence[Sound], those: Sequence[Sound], *, policy: Policy) -> bool:
    # To the nearest of them, not to the last: a message that comes late may belong in their middle.
    gap = min(abs(this.occurred_at - that.occurred_at) for this in these for that in those)
    times = [sound.occurred_at for sound in (*these, *those)]
    span = max(times) - min(times)
    return gap <= timedelta(seconds=policy.join_within_s) and span <= timedelta(seconds=policy.join_total_s)


def _are_near_in_place(these: Sequence[Sound], those: Sequence[Sound], *, policy: Policy) -> bool:
    away = [
        (Distance(this.place, that.place), this.uncertainty_m + that.uncertainty_m) for this in these for that in those
    ]
    near = any(distance.is_within(policy.join_within_m + uncertain_m) for distance, uncertain_m in away)
    return near and all(distance.is_within(policy.join_total_m) for distance, _ in away)
