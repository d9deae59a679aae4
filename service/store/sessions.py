"""Statements on sessions: who is signed in at a desk? A session is known by the hash of its token alone."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.sql import ColumnElement

from service.store import directory
from service.store.database import Transaction
from service.store.directory import Door
from service.store.tables import SESSIONS, USERS
from service.store.users import UserRole


class LiveSession(NamedTuple):
    """A session that is good, and what its user is."""

    user_id: UUID
    role: UserRole
    expires_at: datetime


def add(tx: Transaction, token_hash: str, *, user_id: UUID, now: datetime, expires_at: datetime) -> None:
    tx.session.execute(
        insert(SESSIONS).values(
            agency_id=tx.agency_id, token_hash=token_hash, user_id=user_id, created_at=now, expires_at=expires_at
        )
    )
    directory.add(tx, Door.SESSION_TOKEN, token_hash)


def live(tx: Transaction, token_hash: str, *, now: datetime) -> LiveSession | None:
    """None when it has ended, or its user is let in no more."""
    row = tx.session.execute(
        select(USERS.c.user_id, USERS.c.role, SESSIONS.c.expires_at)
        .join(SESSIONS, (SESSIONS.c.agency_id == USERS.c.agency_id) & (SESSIONS.c.user_id == USERS.c.user_id))
        .where(SESSIONS.c.token_hash == token_hash, SESSIONS.c.expires_at > now, USERS.c.disabled_at.is_(None))
    ).one_or_none()
    return LiveSession(row.user_id, UserRole(row.role), row.expires_at) if row else None


def end(tx: Transaction, token_hash: str) -> bool:
    """False when it had ended before."""
    return _end(tx, SESSIONS.c.token_hash == token_hash) > 0


def end_all(tx: Transaction, user_id: UUID) -> None:
    """Wherever this person is signed in."""
    _end(tx, SESSIONS.c.user_id == user_id)


def end_expired(tx: Transaction, user_id: UUID, *, now: datetime) -> None:
    """Those of one person that nobody signed out of."""
    _end(tx, (SESSIONS.c.user_id == user_id) & (SESSIONS.c.expires_at <= now))


def _end(tx: Transaction, which: ColumnElement[bool]) -> int:
    ended = tx.session.scalars(delete(SESSIONS).where(which).returning(SESSIONS.c.token_hash)).all()
    for token_hash in ended:
        directory.remove(tx, Door.SESSION_TOKEN, token_hash)
    return len(ended)
