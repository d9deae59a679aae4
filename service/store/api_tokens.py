"""Statements on API tokens: what a program shows instead of a session, known by its hash alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import insert, or_, select, update

from service.store import directory
from service.store.database import Transaction
from service.store.directory import Door
from service.store.ids import new_id
from service.store.tables import API_TOKENS, USERS
from service.store.users import UserRole


class Scope(StrEnum):
    """How far a token goes; its owner's role is the other bound."""

    READ = "read"
    DISPATCH = "dispatch"
    ADMINISTER = "administer"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """Without the token itself, which nobody has but its owner. `last_used_at` is right to a minute."""

    token_id: UUID
    user_id: UUID
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """`scopes` is not empty; `expires_at` is in the future."""

    user_id: UUID
    name: str
    scopes: frozenset[Scope]
    expires_at: datetime


class LiveToken(NamedTuple):
    """A token that is good, and what its owner is."""

    token: ApiToken
    role: UserRole


USED_EVERY = timedelta(minutes=1)
"""A script that asks all the time must not write all the time."""


def add(tx: Transaction, token: NewToken, *, token_hash: str, now: datetime) -> ApiToken:
    row = tx.session.execute(
        insert(API_TOKENS)
        .values(
            agency_id=tx.agency_id,
            token_id=new_id(),
            user_id=token.user_id,
            name=token.name,
            token_hash=token_hash,
            scopes=sorted(token.scopes),
            created_at=now,
            expires_at=token.expires_at,
        )
        .returning(API_TOKENS)
    ).one()
    directory.add(tx, Door.API_TOKEN, token_hash)
    return _token(row)


def all_of_agency(tx: Transaction) -> list[ApiToken]:
    """Newest first, the revoked and expired ones among them."""
    rows = tx.session.execute(select(API_TOKENS).order_by(API_TOKENS.c.created_at.desc(), API_TOKENS.c.token_id.desc()))
    return [_token(row) for row in rows]


def live(tx: Transaction, token_hash: str, *, now: datetime) -> LiveToken | None:
    """None when it was revoked or has expired, or its owner is let in no more."""
    row = tx.session.execute(
        select(API_TOKENS, USERS.c.role)
        .join(USERS, (USERS.c.agency_id == API_TOKENS.c.agency_id) & (USERS.c.user_id == API_TOKENS.c.user_id))
        .where(
            API_TOKENS.c.token_hash == token_hash,
            API_TOKENS.c.revoked_at.is_(None),
            API_TOKENS.c.expires_at > now,
            USERS.c.disabled_at.is_(None),
        )
    ).one_or_none()
    return LiveToken(_token(row), UserRole(row.role)) if row else None


def note_use(tx: Transaction, token_id: UUID, *, now: datetime) -> None:
    """For an administrator who asks which tokens are still needed."""
    tx.session.execute(
        update(API_TOKENS)
        .where(
            API_TOKENS.c.token_id == token_id,
            or_(API_TOKENS.c.last_used_at.is_(None), API_TOKENS.c.last_used_at <= now - USED_EVERY),
        )
        .values(last_used_at=now)
    )


def revoke(tx: Transaction, token_id: UUID, *, now: datetime) -> ApiToken | None:
    """As it was before; it is good for nothing from now on. A second call does nothing; None when there is none."""
    row = tx.session.execute(
        select(API_TOKENS).where(API_TOKENS.c.token_id == token_id).with_for_update()
    ).one_or_none()
    if row is None:
        return None
    _revoke(tx, [row], now=now)
    return _token(row)


def revoke_all(tx: Transaction, user_id: UUID, *, now: datetime) -> None:
    """All that this person's programs have."""
    rows = tx.session.execute(select(API_TOKENS).where(API_TOKENS.c.user_id == user_id).with_for_update())
    _revoke(tx, rows, now=now)


def _revoke(tx: Transaction, rows: Iterable[Any], *, now: datetime) -> None:
    living = [row for row in rows if row.revoked_at is None]
    for row in living:
        directory.remove(tx, Door.API_TOKEN, row.token_hash)
    token_ids = [row.token_id for row in living]
    tx.session.execute(update(API_TOKENS).where(API_TOKENS.c.token_id.in_(token_ids)).values(revoked_at=now))


def _token(row: Any) -> ApiToken:
    return ApiToken(
        token_id=row.token_id,
        user_id=row.user_id,
        name=row.name,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
