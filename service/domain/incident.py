"""What happened at a place: its states and their legal moves. Not for which detections belong to it: `grouping`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.domain.detection import Sound
from service.domain.disposition import Disposition
from service.domain.policy import Policy


class IncidentState(StrEnum):
    HELD = "held"
    OPEN = "open"
    UNANSWERED = "unanswered"
    COVERED = "covered"
    CLOSED = "closed"
    CANCELLED = "cancelled"


LIVING = frozenset({IncidentState.HELD, IncidentState.OPEN, IncidentState.UNANSWERED, IncidentState.COVERED})

MOVES: dict[IncidentState, frozenset[IncidentState]] = {
    IncidentState.HELD: frozenset({IncidentState.OPEN, IncidentState.CLOSED, IncidentState.CANCELLED}),
    IncidentState.OPEN: frozenset(
        {IncidentState.COVERED, IncidentState.UNANSWERED, IncidentState.CLOSED, IncidentState.CANCELLED}
    ),
    IncidentState.UNANSWERED: frozenset({IncidentState.COVERED, IncidentState.CLOSED, IncidentState.CANCELLED}),
    IncidentState.COVERED: frozenset({IncidentState.OPEN, IncidentState.CLOSED, IncidentState.CANCELLED}),
    IncidentState.CLOSED: frozenset({IncidentState.OPEN}),
    IncidentState.CANCELLED: frozenset({IncidentState.OPEN}),
}
"""Every legal move of an incident (DESIGN §4); anything else is an illegal move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`level` counts the levels asked so far, 0 before the first; `sequence` the changes pushed so far.

    `deadline_at` is the end of the running level, None when nothing runs out (held, covered, over, or shown only).
    `sound` is the headline of its detections; `policy` the agency's as it was when the incident opened.
    `merged_into` and `split_from` name the incident that took its detections, or that they were taken from;
    `emergency_unit_id` is the unit whose officer called for help, by the call sign that it had then: nothing was heard,
    and `sound` says where help is wanted. `legal_hold` is why nothing of it may be purged. `is_drill`: it is none at
    all, only phones are rung for it; so it does not live, unless a process that does not know drills has reopened it.
    """

    incident_id: UUID
    agency_id: UUID
    state: IncidentState
    sound: Sound
    policy: Policy
    opened_at: datetime
    level: int = 0
    sequence: int = 0
    deadline_at: datetime | None = None
    ended_at: datetime | None = None
    disposition: Disposition | None = None
    merged_into: UUID | None = None
    split_from: UUID | None = None
    emergency_unit_id: UUID | None = None
    emergency_call_sign: str | None = None
    legal_hold: str | None = None
    is_drill: bool = False

    @property
    def lives(self) -> bool:
        return self.state in LIVING

    @property
    def is_silent(self) -> bool:
        """No phone rings for it now: it is held, shown only (fireworks, too old), or over."""
        shown_only = self.state is IncidentState.OPEN and self.level == 0
        return shown_only or self.state is IncidentState.HELD or not self.lives


def sources_of(state: IncidentState) -> frozenset[IncidentState]:
    """The states from which `state` can be reached in one move."""
    return frozenset(origin for origin, targets in MOVES.items() if state in targets)
