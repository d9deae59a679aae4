"""Statements on what has sounded: which pages rang a unit's phones, which were hushed, and what a digest is for.

What sounds is counted for all phones of a unit together, over all of its incidents; so whoever wants to know holds the
unit (`hold`). What is owed is owed to each phone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, func, or_, select, text, update

from service.domain.alert import RINGING, AlertState, PageKind, PageState
from service.domain.incident import LIVING, IncidentState
from service.store.database import Transaction
from service.store.pages import StoredPage
from service.store.tables import ALERTS, INCIDENTS, PAGES


class Rung(NamedTuple):
    """One sound of a unit's phones: all of them together, for one change of one incident."""

    incident_id: UUID
    sequence: int
    kind: PageKind
    at: datetime


class Hushed(NamedTuple):
    """An alert that has not sounded and may still be answered, or something worse of one that was."""

    incident_id: UUID
    alert_id: UUID


# One after the other in one order, or two claims wait for each other. Not the unit's row: acknowledgments lock that.
_HOLD = text(
    "select pg_advisory_xact_lock(hashtextextended(wanted.unit_id::text, 7))"
    "  from (select unnest(cast(:unit_ids as uuid[])) as unit_id order by 1) wanted"
)
_RUNG = (
    select(PAGES.c.unit_id, PAGES.c.incident_id, PAGES.c.sequence, PAGES.c.kind, func.min(PAGES.c.rang_at).label("at"))
    .where(PAGES.c.unit_id == func.any(bindparam("unit_ids")), PAGES.c.rang_at > bindparam("since"))
    .group_by(PAGES.c.unit_id, PAGES.c.incident_id, PAGES.c.sequence, PAGES.c.kind)
)
_WAITS = and_(
    PAGES.c.hushed_at.is_not(None),
    PAGES.c.digested_at.is_(None),
    PAGES.c.unit_id == bindparam("of_unit"),
    PAGES.c.device_id == func.any(bindparam("of_devices")),
)
_LATER = PAGES.alias("later")
_RANG_LATER = exists().where(
    _LATER.c.agency_id == PAGES.c.agency_id,
    _LATER.c.device_id == PAGES.c.device_id,
    _LATER.c.incident_id == PAGES.c.incident_id,
    _LATER.c.sequence > PAGES.c.sequence,
    _LATER.c.rang_at.is_not(None),
)
_NOBODY_GOES_YET = and_(
    ALERTS.c.state == AlertState.EXPIRED, INCIDENTS.c.state.in_([IncidentState.OPEN, IncidentState.UNANSWERED])
)
_RINGS = or_(ALERTS.c.state.in_(RINGING), _NOBODY_GOES_YET)
_IS_WORSE = and_(ALERTS.c.state == AlertState.ACKNOWLEDGED, PAGES.c.kind == PageKind.UPDATE)
_WAITING = (
    select(ALERTS.c.incident_id, ALERTS.c.alert_id, func.max(PAGES.c.hushed_at).label("hushed_at"))
    .select_from(PAGES)
    .join(ALERTS, and_(ALERTS.c.agency_id == PAGES.c.agency_id, ALERTS.c.alert_id == PAGES.c.alert_id))
    .join(INCIDENTS, and_(INCIDENTS.c.agency_id == ALERTS.c.agency_id, INCIDENTS.c.incident_id == ALERTS.c.incident_id))
    .where(_WAITS, ~_RANG_LATER, or_(_RINGS, _IS_WORSE), INCIDENTS.c.state.in_(LIVING))
    .group_by(ALERTS.c.incident_id, ALERTS.c.alert_id)
    .order_by(text("hushed_at desc"), ALERTS.c.alert_id.desc())
)


def hold(tx: Transaction, unit_ids: Collection[UUID]) -> None:
    """Until this transaction ends, nobody else decides whether phones of these units may sound."""
    tx.session.execute(_HOLD, {"unit_ids": list(unit_ids)})


def rung(tx: Transaction, unit_ids: Collection[UUID], *, since: datetime) -> Mapping[UUID, list[Rung]]:
    """What sounded after `since`, by unit; a list for those with none, too."""
    found: defaultdict[UUID, list[Rung]] = defaultdict(list)
    for row in tx.session.execute(_RUNG, {"unit_ids": list(unit_ids), "since": since}):
        found[row.unit_id].append(Rung(row.incident_id, row.sequence, PageKind(row.kind), row.at))
    return found


def note_rung(tx: Transaction, page_ids: Iterable[UUID], *, now: datetime) -> None:
    _note(tx, page_ids, rang_at=now, hushed_at=None)


def note_unheard(tx: Transaction, page: StoredPage) -> None:
    """It did not arrive, so it did not sound. Not of a digest: for that, what it is about counts as told."""
    if page.kind is not PageKind.DIGEST:
        tx.session.execute(
            update(PAGES)
            # Only by whoever still has it: another attempt may be sounding.
            .where(PAGES.c.page_id == page.page_id, PAGES.c.attempt == page.attempt)
            .values(rang_at=None)
        )


def note_hushed(tx: Transaction, page_ids: Iterable[UUID], *, now: datetime) -> None:
    _note(tx, page_ids, hushed_at=now)


def waiting(tx: Transaction, page: StoredPage) -> list[Hushed]:
    """What a digest for this phone is about now, the latest first: empty when everything was answered meanwhile."""
    wanted = {"of_unit": page.unit_id, "of_devices": [page.device_id]}
    return [Hushed(row.incident_id, row.alert_id) for row in tx.session.execute(_WAITING, wanted)]


def note_digested(tx: Transaction, unit_id: UUID, device_ids: Collection[UUID], *, now: datetime) -> None:
    """All that was hushed so far, but what somebody is about to send again: that one may wait for us."""
    free = select(PAGES.c.page_id).where(_WAITS).with_for_update(skip_locked=True)
    tx.session.execute(
        update(PAGES).where(PAGES.c.page_id.in_(free)).values(digested_at=now),
        {"of_unit": unit_id, "of_devices": list(device_ids)},
    )


def with_digest(tx: Transaction, device_ids: Collection[UUID]) -> set[UUID]:
    """Those of the phones for which a digest is on its way that has not rung yet, so that it will speak of more."""
    rows = tx.session.execute(
        select(PAGES.c.device_id).where(
            PAGES.c.device_id == func.any(list(device_ids)),
            PAGES.c.kind == PageKind.DIGEST,
            PAGES.c.rang_at.is_(None),
            # As the index on due pages spells it, which is small: all pages of a phone are not.
            PAGES.c.state.in_([PageState.PENDING, PageState.SENDING]),
            PAGES.c.next_action_at.is_not(None),
        )
    )
    return {row.device_id for row in rows}


def _note(tx: Transaction, page_ids: Iterable[UUID], **times: datetime | None) -> None:
    wanted = list(page_ids)
    if wanted:
        tx.session.execute(update(PAGES).where(PAGES.c.page_id == func.any(wanted)).values(**times))
