"""One incident shown to one unit, and the pages that make its phones ring: states and their legal moves."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class AlertState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    DECLINED = "declined"
    EXPIRED = "expired"
    RECALLED = "recalled"
    FAILED = "failed"


RINGING = frozenset({AlertState.QUEUED, AlertState.SENT, AlertState.RECEIVED})

_FROM_RINGING = frozenset(
    {
        AlertState.ACKNOWLEDGED,
        AlertState.DECLINED,
        AlertState.EXPIRED,
        AlertState.RECALLED,
        AlertState.FAILED,
    }
)
ALERT_MOVES: dict[AlertState, frozenset[AlertState]] = {
    AlertState.QUEUED: _FROM_RINGING | {AlertState.SENT, AlertState.RECEIVED},
    AlertState.SENT: _FROM_RINGING | {AlertState.RECEIVED},
    AlertState.RECEIVED: _FROM_RINGING,
    AlertState.ACKNOWLEDGED: frozenset({AlertState.DECLINED, AlertState.RECALLED}),
    AlertState.DECLINED: frozenset({AlertState.ACKNOWLEDGED}),
    AlertState.EXPIRED: frozenset({AlertState.ACKNOWLEDGED, AlertState.QUEUED}),
    AlertState.RECALLED: frozenset({AlertState.ACKNOWLEDGED, AlertState.QUEUED}),
    AlertState.FAILED: frozenset({AlertState.ACKNOWLEDGED, AlertState.QUEUED}),
}
"""Every legal move of an alert (DESIGN §4), and two that follow from it.

`queued → received` is a receipt that overtakes the settling of its page. `failed → queued` asks a unit again whose
phones were dead, once it has a device that can ring.
"""


class Role(StrEnum):
    PRIMARY = "primary"
    ASSISTING = "assisting"


class PageState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DEAD = "dead"
    SUPERSEDED = "superseded"


PAGE_MOVES: dict[PageState, frozenset[PageState]] = {
    PageState.PENDING: frozenset({PageState.SENDING, PageState.SUPERSEDED, PageState.DEAD}),
    PageState.SENDING: frozenset(
        {PageState.SENT, PageState.FAILED, PageState.DEAD, PageState.SUPERSEDED, PageState.PENDING}
    ),
    PageState.SENT: frozenset(),
    PageState.FAILED: frozenset(),
    PageState.DEAD: frozenset(),
    PageState.SUPERSEDED: frozenset(),
}
"""Every legal move of a page (DESIGN §4); `sending → pending` is a page to be tried again.

`pending → superseded | dead` is a page that nobody needs any more before anybody claimed it.
"""


class PageKind(StrEnum):
    ALERT = "alert"
    UPDATE = "update"
    RECALL = "recall"
    WARNING = "warning"
    DIGEST = "digest"
    DRILL = "drill"
    WELFARE = "welfare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """`level` is the level that asked the unit (last); `acknowledged_at` orders acknowledgments among each other.

    `refused`: a dispatcher has stood the unit down, so nobody but a dispatcher asks it again.
    """

    alert_id: UUID
    unit_id: UUID
    call_sign: str
    state: AlertState
    level: int
    deadline_at: datetime
    distance_m: float | None = None
    role: Role | None = None
    acknowledged_at: datetime | None = None
    refused: bool = False

    @property
    def rings(self) -> bool:
        return self.state in RINGING


def alert_sources_of(state: AlertState) -> frozenset[AlertState]:
    """The states from which `state` can be reached in one move."""
    return frozenset(origin for origin, targets in ALERT_MOVES.items() if state in targets)
