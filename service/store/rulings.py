"""What has a person decided about an incident that no source may undo? Read from the journal: it has the last word.

Not for what the incident is now: whoever holds its row knows that.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select

from service.store.database import Transaction
from service.store.tables import JOURNAL

_ENDED = frozenset({"cancellation_ordered", "closure_ordered"})
_REOPENED = "incident_reopened"
_SPLIT = "incident_split"
_RULINGS = (
    select(JOURNAL.c.action)
    .where(
        JOURNAL.c.incident_id == bindparam("incident_id"),
        JOURNAL.c.action.in_([*sorted(_ENDED), _REOPENED, _SPLIT]),
    )
    .order_by(JOURNAL.c.at, JOURNAL.c.entry_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulings:
    """The last word of people: `ended`, or `reopened` after it was over; neither while nobody has said either.

    `split`: somebody has taken detections out of it.
    """

    ended: bool
    reopened: bool
    split: bool


def of_incident(tx: Transaction, incident_id: UUID) -> Rulings:
    """What this transaction itself writes into the journal is not among them."""
    acts = list(tx.session.execute(_RULINGS, {"incident_id": incident_id}).scalars())
    last = next((act for act in reversed(acts) if act != _SPLIT), None)
    return Rulings(ended=last in _ENDED, reopened=last == _REOPENED, split=_SPLIT in acts)
