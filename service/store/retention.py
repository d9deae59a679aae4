"""Statements that purge: what was kept long enough goes, in pieces, except what a legal hold protects.

What is due is decided by `domain/retention`; the functions of the database that take whole incidents and entries of the
journal decide once more, by its own time. Each statement says how many rows went.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from service.domain.errors import Code, DomainError
from service.domain.retention import Retention
from service.store import directory
from service.store.database import Database, Transaction
from service.store.directory import Door

_CLAIM = text(
    """
    update agencies set next_purge_at = :next_at
    where agency_id = :agency_id and next_purge_at <= :now returning retention
    """
)
_HURRY = text("update agencies set next_purge_at = :now where agency_id = :agency_id")
_TRAILS = text(
    """
    delete from trails where (unit_id, at) in (
        select unit_id, at from trails
        where at < :before and incident_id not in (select held_incidents(:agency_id))
        order by at limit :at_most)
    """
)
_FACTS = text(
    """
    update selections set facts = null where selection_id in (
        select selection_id from selections
        where facts is not null and selected_at < :before
          and incident_id not in (select held_incidents(:agency_id))
        order by selected_at limit :at_most)
    """
)
_FIXES = text(
    "delete from fixes where unit_id in (select unit_id from fixes where at < :before order by at limit :at_most)"
)
_SESSIONS = text(
    """
    delete from sessions where token_hash in (
        select token_hash from sessions where expires_at < :before order by expires_at limit :at_most)
    returning token_hash as key
    """
)
_CODES = text(
    """
    delete from enrolment_codes where code_hash in (
        select code_hash from enrolment_codes
        where expires_at < :before or used_at < :before or revoked_at < :before limit :at_most)
    returning code_hash as key
    """
)
_JOURNAL = text("select number, hash from purge_journal(:before, :at_most)")
_ENDED = text(
    """
    select incident_id from incidents
    where ended_at < :before and next_action_at is null and incident_id not in (select held_incidents(:agency_id))
    order by ended_at limit :at_most
    """
)
_INCIDENT = text("select purge_incident(:incident_id, :before)")


def due(database: Database, *, now: datetime, at_most: int) -> list[UUID]:
    """Agencies whose time to purge has come, through the clock's narrow door."""
    with database.outside() as connection:
        rows = connection.execute(
            text("select agency_id from due_purges(:now, :at_most)"), {"now": now, "at_most": at_most}
        )
        return [row.agency_id for row in rows]


def claim(tx: Transaction, *, now: datetime, next_at: datetime) -> Retention | None:
    """By what the agency is to be purged, now and by nobody else until `next_at`; None when somebody was first."""
    values = {"agency_id": tx.agency_id, "now": now, "next_at": next_at}
    row = tx.session.execute(_CLAIM, values).one_or_none()
    return Retention.from_dict(row.retention) if row else None


def hurry(tx: Transaction, *, now: datetime) -> None:
    """There was more than one turn's worth: the next may begin at once."""
    tx.session.execute(_HURRY, {"agency_id": tx.agency_id, "now": now})


def purge_trails(tx: Transaction, *, before: datetime, at_most: int) -> int:
    return _rows_gone(tx, _TRAILS, before=before, at_most=at_most)


def purge_facts(tx: Transaction, *, before: datetime, at_most: int) -> int:
    """Where everybody was when units were chosen; who was chosen, and why, stays."""
    return _rows_gone(tx, _FACTS, before=before, at_most=at_most)


def purge_fixes(tx: Transaction, *, before: datetime, at_most: int) -> int:
    """The last fix of units that have reported nothing since."""
    return _rows_gone(tx, _FIXES, before=before, at_most=at_most)


def purge_sessions(tx: Transaction, *, before: datetime, at_most: int) -> int:
    """That ended before then, and the directory's way to them."""
    return _keys_gone(tx, _SESSIONS, Door.SESSION_TOKEN, before=before, at_most=at_most)


def purge_codes(tx: Transaction, *, before: datetime, at_most: int) -> int:
    """Enrolment codes that were used or revoked, or have expired, before then."""
    return _keys_gone(tx, _CODES, Door.ENROLMENT_CODE, before=before, at_most=at_most)


def purge_journal(tx: Transaction, *, before: datetime, at_most: int) -> list[tuple[int, bytes]]:
    """Entries that were sealed before then, by number and hash. The caller writes the receipt for them."""
    rows = tx.session.execute(_JOURNAL, {"before": before, "at_most": at_most})
    return [(row.number, row.hash) for row in rows]


def ended_incidents(tx: Transaction, *, before: datetime, at_most: int) -> list[UUID]:
    """Candidates for `purge_incident`, the earliest ended first."""
    values = {"agency_id": tx.agency_id, "before": before, "at_most": at_most}
    return list(tx.session.execute(_ENDED, values).scalars())


def purge_incident(tx: Transaction, incident_id: UUID, *, before: datetime) -> Mapping[str, int] | None:
    """How many rows of each kind went with it; None when it may not go. The caller holds the incident's row.

    Raises DomainError(illegal_move) when a row that does not go with it refers to it; the transaction is lost then.
    """
    values = {"incident_id": incident_id, "before": before}
    try:
        counts: Mapping[str, int] | None = tx.session.execute(_INCIDENT, values).scalar_one()
    except IntegrityError as error:
        raise DomainError(Code.ILLEGAL_MOVE, "Something still refers to this.", internal=str(error.orig)) from error
    return counts


def _rows_gone(tx: Transaction, statement: Any, *, before: datetime, at_most: int) -> int:
    values = {"agency_id": tx.agency_id, "before": before, "at_most": at_most}
    return tx.session.connection().execute(statement, values).rowcount


def _keys_gone(tx: Transaction, statement: Any, door: Door, *, before: datetime, at_most: int) -> int:
    keys = list(tx.session.execute(statement, {"before": before, "at_most": at_most}).scalars())
    for key in keys:
        directory.remove(tx, door, key)
    return len(keys)
