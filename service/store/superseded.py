"""What need not be sent any more, because something newer is: pages taken back, and what the newer one inherits.

A phone shows the highest sequence it has seen, so an older page that comes after a newer one says nothing. Never a
digest's: that is about all of its unit's incidents.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, update

from service.domain.alert import PageKind, PageState
from service.store.database import Transaction
from service.store.tables import PAGES

_WANT_ANSWERS = frozenset({PageKind.ALERT, PageKind.WELFARE})
_OTHER_THAN_DIGESTS = PAGES.c.kind != PageKind.DIGEST


class Manner(NamedTuple):
    """How a page comes to a phone."""

    kind: PageKind
    loud: bool

    def inheriting(self, unsent: "Manner | None") -> "Manner":
        """Of a page in the place of one that was not sent: an update becomes an alert or a question, and loud."""
        if unsent is None or self.kind is not PageKind.UPDATE:
            return self
        return Manner(unsent.kind if unsent.kind in _WANT_ANSWERS else self.kind, self.loud or unsent.loud)


class Place(NamedTuple):
    """Where a page stands among those of its incident for one phone."""

    device_id: UUID
    sequence: int


def take_back_waiting(
    tx: Transaction, incident_id: UUID, device_ids: Collection[UUID], *, now: datetime
) -> Mapping[UUID, Manner]:
    """Nothing that waits for these phones is sent, for something newer is; what that inherits, by phone."""
    return _take_back(tx, incident_id, PAGES.c.device_id.in_(device_ids), PAGES.c.state == PageState.PENDING, now=now)


def take_back_older(
    tx: Transaction, incident_id: UUID, newest: Collection[Place], *, claimed: Collection[UUID], now: datetime
) -> Mapping[UUID, Manner]:
    """Whatever waits for the same phones as these and is older, and the pages `claimed`: as `take_back_waiting`."""
    older = or_(
        false(),
        *(and_(PAGES.c.device_id == one.device_id, PAGES.c.sequence < one.sequence) for one in newest),
    )
    waiting = and_(PAGES.c.state == PageState.PENDING, older)
    return _take_back(tx, incident_id, or_(PAGES.c.page_id == func.any(list(claimed)), waiting), now=now)


def take_back_all(tx: Transaction, incident_id: UUID, *, now: datetime) -> Mapping[UUID, Manner]:
    """Nothing that waits is sent: the incident is over, or another's now; what the other's pages inherit, by unit.

    Nothing of an alert: whoever still rings is rung by the other incident, and whoever has answered is not.
    """
    rows = _taken_back(tx, incident_id, PAGES.c.state == PageState.PENDING, now=now)
    return _each((row.unit_id, _manner(row)) for row in rows if row.kind != PageKind.ALERT)


def silence(tx: Transaction, unit_id: UUID, *, now: datetime) -> None:
    """Nothing that still waits for phones of this unit is sent."""
    tx.session.execute(
        update(PAGES)
        .where(PAGES.c.unit_id == unit_id, PAGES.c.state == PageState.PENDING)
        .values(state=PageState.SUPERSEDED, settled_at=now, next_action_at=None)
    )


def _take_back(tx: Transaction, incident_id: UUID, *those: ColumnElement[bool], now: datetime) -> Mapping[UUID, Manner]:
    rows = _taken_back(tx, incident_id, *those, now=now)
    return _each((row.device_id, _manner(row)) for row in rows)


def _taken_back(tx: Transaction, incident_id: UUID, *those: ColumnElement[bool], now: datetime) -> Iterable[Any]:
    return tx.session.execute(
        update(PAGES)
        .where(PAGES.c.incident_id == incident_id, _OTHER_THAN_DIGESTS, *those)
        .values(state=PageState.SUPERSEDED, settled_at=now, next_action_at=None)
        .returning(PAGES.c.unit_id, PAGES.c.device_id, PAGES.c.kind, PAGES.c.loud)
    )


def _manner(row: Any) -> Manner:
    return Manner(PageKind(row.kind), row.loud)


def _each(unsent: Iterable[tuple[UUID, Manner]]) -> dict[UUID, Manner]:
    """Of several for one phone or unit: an answer that one of them wanted is still wanted, and one sound is enough."""
    found: dict[UUID, Manner] = {}
    for one_id, manner in unsent:
        other = found.get(one_id)
        found[one_id] = Manner(
            next((each.kind for each in (manner, other) if each and each.kind in _WANT_ANSWERS), manner.kind),
            manner.loud or (other is not None and other.loud),
        )
    return found
