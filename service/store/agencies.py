"""Statements on agencies, their sources, users and sessions: who may knock, and by which rules they are served."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select

from service.domain.policy import Policy
from service.store import directory
from service.store.database import Transaction
from service.store.directory import Door
from service.store.ids import new_id
from service.store.tables import AGENCIES, SESSIONS, SOURCES, USERS


class UserRole(StrEnum):
    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    DISPATCHER = "dispatcher"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """`timezone` is an IANA name: what its officers read is in their own time."""

    agency_id: UUID
    name: str
    timezone: str
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """`secrets` are the live ones, newest first: two while they are being rotated."""

    agency_id: UUID
    source_id: UUID
    name: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    agency_id: UUID
    user_id: UUID
    email: str
    name: str
    role: UserRole
    password_hash: str


_OWN_AGENCY = select(AGENCIES)
_SOURCE = select(SOURCES).where(SOURCES.c.source_id == bindparam("source_id"))


def add_agency(tx: Transaction, *, name: str, timezone: str, policy: Policy, now: datetime) -> None:
    """The agency whose id the transaction was opened with."""
    tx.session.execute(
        insert(AGENCIES).values(
            agency_id=tx.agency_id,
            name=name,
            timezone=timezone,
            policy=policy.as_dict(),
            retention={},
            next_purge_at=now,
            created_at=now,
        )
    )


def agency(tx: Transaction) -> Agency:
    """The transaction's own agency."""
    row = tx.session.execute(_OWN_AGENCY).one()
    return Agency(agency_id=row.agency_id, name=row.name, timezone=row.timezone, policy=Policy.from_dict(row.policy))


def add_source(tx: Transaction, *, name: str, secret: str, now: datetime) -> UUID:
    source_id = new_id()
    tx.session.execute(
        insert(SOURCES).values(agency_id=tx.agency_id, source_id=source_id, name=name, secrets=[secret], created_at=now)
    )
    directory.add(tx, Door.SOURCE, str(source_id))
    return source_id


def source(tx: Transaction, source_id: UUID) -> Source | None:
    row = tx.session.execute(_SOURCE, {"source_id": source_id}).one_or_none()
    if row is None:
        return None
    return Source(agency_id=row.agency_id, source_id=row.source_id, name=row.name, secrets=tuple(row.secrets))


def add_user(tx: Transaction, *, email: str, name: str, role: UserRole, password_hash: str, now: datetime) -> UUID:
    """E-mail addresses are kept and looked up in lower case."""
    user_id = new_id()
    tx.session.execute(
        insert(USERS).values(
            agency_id=tx.agency_id,
            user_id=user_id,
            email=email.lower(),
            name=name,
            role=role,
            password_hash=password_hash,
            created_at=now,
        )
    )
    directory.add(tx, Door.EMAIL, email.lower())
    return user_id


def user_by_email(tx: Transaction, email: str) -> User | None:
    row = tx.session.execute(select(USERS).where(USERS.c.email == email.lower())).one_or_none()
    return None if row is None else _user(row)


def add_session(tx: Transaction, token_hash: str, *, user_id: UUID, now: datetime, expires_at: datetime) -> None:
    tx.session.execute(
        insert(SESSIONS).values(
            agency_id=tx.agency_id, token_hash=token_hash, user_id=user_id, created_at=now, expires_at=expires_at
        )
    )
    directory.add(tx, Door.SESSION_TOKEN, token_hash)


def user_of_session(tx: Transaction, token_hash: str, *, now: datetime) -> User | None:
    """None when the session has ended."""
    row = tx.session.execute(
        select(USERS)
        .join(SESSIONS, (SESSIONS.c.agency_id == USERS.c.agency_id) & (SESSIONS.c.user_id == USERS.c.user_id))
        .where(SESSIONS.c.token_hash == token_hash, SESSIONS.c.expires_at > now)
    ).one_or_none()
    return None if row is None else _user(row)


def end_session(tx: Transaction, token_hash: str) -> None:
    """A second call does nothing."""
    tx.session.execute(delete(SESSIONS).where(SESSIONS.c.token_hash == token_hash))
    directory.remove(tx, Door.SESSION_TOKEN, token_hash)


def _user(row: Any) -> User:
    return User(
        agency_id=row.agency_id,
        user_id=row.user_id,
        email=row.email,
        name=row.name,
        role=UserRole(row.role),
        password_hash=row.password_hash,
    )
