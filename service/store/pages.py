"""Statements on pages, the outbox: queued with the change that causes them, claimed with a lease, settled once.

Numbers: a page is due when `next_action_at` has come; a claim moves that forward by the lease, so that a page whose
worker died is due again by itself. `attempt` fences: whoever lost the lease settles nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from service.domain.alert import PageKind, PageState
from service.store import superseded
from service.store.database import Transaction
from service.store.ids import new_id
from service.store.superseded import Manner, Place
from service.store.tables import PAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPage:
    alert_id: UUID | None
    unit_id: UUID
    device_id: UUID
    kind: PageKind
    loud: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPage:
    """`failure` says in words why the last attempt did not arrive."""

    page_id: UUID
    incident_id: UUID
    alert_id: UUID | None
    unit_id: UUID
    device_id: UUID
    kind: PageKind
    sequence: int
    loud: bool
    reason: str
    state: PageState
    attempt: int
    created_at: datetime
    expires_at: datetime
    claimed_at: datetime | None
    settled_at: datetime | None
    message_id: str | None
    failure: str | None
    rang_at: datetime | None
    hushed_at: datetime | None


P = TypeVar("P", NewPage, StoredPage)

AT_ONCE = 64
"""Pages of one claim: as many as can be on their way before its lease runs out, when every phone hangs."""
_ADD = insert(PAGES)
_BEFORE = PAGES.alias("before")
# What is on its way to a phone must be settled before anything later is sent there, or a page that rang in vain is
# followed by one that says nothing. A recall does not wait: it must be later than what it takes back, and it is.
_NOTHING_ON_ITS_WAY = or_(
    PAGES.c.kind == PageKind.RECALL,
    ~exists().where(
        _BEFORE.c.agency_id == PAGES.c.agency_id,
        _BEFORE.c.incident_id == PAGES.c.incident_id,
        _BEFORE.c.device_id == PAGES.c.device_id,
        _BEFORE.c.sequence < PAGES.c.sequence,
        _BEFORE.c.state == PageState.SENDING,
        _BEFORE.c.next_action_at > bindparam("now"),
    ),
)
_IS_DUE = and_(
    PAGES.c.incident_id == bindparam("of_incident"),
    PAGES.c.state.in_([PageState.PENDING, PageState.SENDING]),
    PAGES.c.next_action_at <= bindparam("now"),
)
_UNITS_DUE = select(PAGES.c.unit_id).where(_IS_DUE).distinct()
_DUE = (
    select(PAGES.c.page_id)
    .where(_IS_DUE, PAGES.c.unit_id == func.any(bindparam("of_units")), _NOTHING_ON_ITS_WAY)
    .order_by(PAGES.c.sequence, PAGES.c.page_id)
    .limit(AT_ONCE)
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(PAGES)
    .where(PAGES.c.page_id.in_(_DUE))
    .values(
        state=PageState.SENDING,
        attempt=PAGES.c.attempt + 1,
        claimed_at=bindparam("now"),
        next_action_at=bindparam("lease_ends_at"),
    )
    .returning(PAGES)
)


@cache
def _move(columns: tuple[str, ...]) -> Any:
    """Whoever holds the claim sets these columns: attempt by attempt, so that a lost lease moves nothing."""
    return (
        update(PAGES)
        .where(
            PAGES.c.page_id == bindparam("of_page"),
            PAGES.c.state == PageState.SENDING,
            PAGES.c.attempt == bindparam("of_attempt"),
        )
        .values({name: bindparam(f"to_{name}") for name in columns})
        .returning(PAGES.c.page_id)
    )


def add(
    tx: Transaction,
    incident_id: UUID,
    pages: Sequence[NewPage],
    *,
    sequence: int,
    now: datetime,
    lifetime: timedelta,
) -> None:
    """Due at once. Everything older that still waits for the same device and incident is superseded by it.

    What was superseded before it rang rings now: an update inherits that it is an alert or a welfare question, and that
    it is loud.
    """
    if sequence > 1:
        unsent = superseded.take_back_waiting(tx, incident_id, [page.device_id for page in pages], now=now)
        pages = [_inheriting(page, unsent.get(page.device_id)) for page in pages]
    rows = [_row(tx, incident_id, page, sequence=sequence, now=now) for page in pages]
    tx.session.execute(_ADD, [row | {"next_action_at": now, "expires_at": now + lifetime} for row in rows])


def add_digest(
    tx: Transaction,
    incident_id: UUID,
    digest: NewPage,
    *,
    sequence: int,
    due_at: datetime,
    lifetime: timedelta,
) -> None:
    """Due at its time. It is about all of its unit's incidents, so it supersedes nothing, and nothing supersedes it."""
    row = _row(tx, incident_id, digest, sequence=sequence, now=due_at)
    tx.session.execute(_ADD, [row | {"next_action_at": due_at, "expires_at": due_at + lifetime}])


def units_due(tx: Transaction, incident_id: UUID, *, now: datetime) -> list[UUID]:
    """Units of the incident for whose phones something is due."""
    return list(tx.session.execute(_UNITS_DUE, {"of_incident": incident_id, "now": now}).scalars())


def claim_due(
    tx: Transaction, incident_id: UUID, unit_ids: Collection[UUID], *, now: datetime, lease: timedelta
) -> list[StoredPage]:
    """Up to `AT_ONCE` due pages of one incident for these units, ours until the lease runs out.

    Rows that another worker claims now are passed over.
    """
    rows = tx.session.execute(
        _CLAIM,
        {"of_incident": incident_id, "of_units": list(unit_ids), "now": now, "lease_ends_at": now + lease},
    )
    return [_page(row) for row in rows]


def settle(
    tx: Transaction,
    page: StoredPage,
    *,
    to: PageState,
    now: datetime,
    message_id: str | None = None,
    failure: str | None = None,
) -> bool:
    """The claimed page is done with; False when the lease was lost and another attempt is under way."""
    return _move_claimed(
        tx, page, state=to, settled_at=now, next_action_at=None, message_id=message_id, failure=failure
    )


def try_again(tx: Transaction, page: StoredPage, *, at: datetime, failure: str) -> bool:
    """`sending → pending`, due at `at`."""
    return _move_claimed(tx, page, state=PageState.PENDING, next_action_at=at, failure=failure)


def absorb(tx: Transaction, incident_id: UUID, claimed: Sequence[StoredPage], *, now: datetime) -> list[StoredPage]:
    """The newest claimed page of each phone, and in it whatever older one was not sent.

    Such an older one was in somebody's hand when the newer was queued, and came back: what should have rung must ring.
    """
    newest = {page.device_id: page for page in sorted(claimed, key=lambda page: page.sequence)}
    unsent = superseded.take_back_older(
        tx,
        incident_id,
        [Place(page.device_id, page.sequence) for page in newest.values()],
        claimed=[page.page_id for page in claimed if page is not newest[page.device_id]],
        now=now,
    )
    for device_id in unsent:
        page = newest[device_id]
        newest[device_id] = heir = _inheriting(page, unsent[device_id])
        if heir != page:
            _move_claimed(tx, page, kind=heir.kind, loud=heir.loud)
    return list(newest.values())


def put_off(tx: Transaction, page: StoredPage, *, until: datetime, lifetime: timedelta) -> None:
    """As if nobody had claimed it: due then, and alive for as long again."""
    _move_claimed(
        tx,
        page,
        state=PageState.PENDING,
        next_action_at=until,
        attempt=page.attempt - 1,
        expires_at=until + lifetime,
    )


def of_incident(tx: Transaction, incident_id: UUID) -> list[StoredPage]:
    """In the order they were queued."""
    rows = tx.session.execute(select(PAGES).where(PAGES.c.incident_id == incident_id).order_by(PAGES.c.page_id))
    return [_page(row) for row in rows]


def warned_units(tx: Transaction, incident_id: UUID) -> tuple[UUID, ...]:
    """Units that got a warning of this incident."""
    rows = tx.session.execute(
        select(PAGES.c.unit_id).where(PAGES.c.incident_id == incident_id, PAGES.c.kind == PageKind.WARNING).distinct()
    )
    return tuple(row.unit_id for row in rows)


def newest(tx: Transaction, incident_id: UUID, device_ids: Iterable[UUID]) -> dict[UUID, StoredPage]:
    """The page with the highest sequence of each device."""
    rows = tx.session.execute(
        select(PAGES)
        .where(PAGES.c.incident_id == incident_id, PAGES.c.device_id.in_(list(device_ids)))
        .order_by(PAGES.c.device_id, PAGES.c.sequence.desc())
        .ext(distinct_on(PAGES.c.device_id))
    )
    return {row.device_id: _page(row) for row in rows}


def _inheriting(page: P, unsent: Manner | None) -> P:
    manner = Manner(page.kind, page.loud).inheriting(unsent)
    return replace(page, kind=manner.kind, loud=manner.loud)


def _row(tx: Transaction, incident_id: UUID, page: NewPage, *, sequence: int, now: datetime) -> dict[str, Any]:
    return {
        "agency_id": tx.agency_id,
        "page_id": new_id(),
        "incident_id": incident_id,
        "alert_id": page.alert_id,
        "unit_id": page.unit_id,
        "device_id": page.device_id,
        "kind": page.kind,
        "sequence": sequence,
        "loud": page.loud,
        "reason": page.reason,
        "state": PageState.PENDING,
        "attempt": 0,
        "created_at": now,
    }


def _move_claimed(tx: Transaction, page: StoredPage, **values: Any) -> bool:
    moved = tx.session.execute(
        _move(tuple(values)),
        {"of_page": page.page_id, "of_attempt": page.attempt} | {f"to_{name}": value for name, value in values.items()},
    )
    return moved.first() is not None


def _page(row: Any) -> StoredPage:
    return StoredPage(
        page_id=row.page_id,
        incident_id=row.incident_id,
        alert_id=row.alert_id,
        unit_id=row.unit_id,
        device_id=row.device_id,
        kind=PageKind(row.kind),
        sequence=row.sequence,
        loud=row.loud,
        reason=row.reason,
        state=PageState(row.state),
        attempt=row.attempt,
        created_at=row.created_at,
        expires_at=row.expires_at,
        claimed_at=row.claimed_at,
        settled_at=row.settled_at,
        message_id=row.message_id,
        failure=row.failure,
        rang_at=row.rang_at,
        hushed_at=row.hushed_at,
    )
