"""Statements on the people at the desks. Their sessions: `sessions`; their programs: `api_tokens`."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from service.store import directory
from service.store.database import Transaction
from service.store.directory import Door
from service.store.ids import new_id
from service.store.tables import USERS
from service.store.taken import refusing_taken


class UserRole(StrEnum):
    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    DISPATCHER = "dispatcher"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """`disabled_at`: since when this person is let in no more."""

    agency_id: UUID
    user_id: UUID
    email: str
    name: str
    role: UserRole
    password_hash: str = field(repr=False)
    created_at: datetime
    disabled_at: datetime | None


def add(tx: Transaction, *, email: str, name: str, role: UserRole, password_hash: str, now: datetime) -> User:
    """E-mail addresses are kept and looked up in lower case.

    Raises DomainError(already_exists) when somebody has this one, in whatever agency.
    """
    new = insert(USERS).values(
        agency_id=tx.agency_id,
        user_id=new_id(),
        email=email.lower(),
        name=name,
        role=role,
        password_hash=password_hash,
        created_at=now,
    )
    with refusing_taken("Somebody signs in with this e-mail address already."):
        row = tx.session.execute(new.returning(USERS)).one()
        directory.add(tx, Door.EMAIL, email.lower())
    return _user(row)


def all_of_agency(tx: Transaction) -> list[User]:
    """By e-mail, the disabled ones among them."""
    return [_user(row) for row in tx.session.execute(select(USERS).order_by(USERS.c.email))]


def by_email(tx: Transaction, email: str) -> User | None:
    row = tx.session.execute(select(USERS).where(USERS.c.email == email.lower())).one_or_none()
    return _user(row) if row else None


def find(tx: Transaction, user_id: UUID) -> User | None:
    row = tx.session.execute(select(USERS).where(USERS.c.user_id == user_id)).one_or_none()
    return _user(row) if row else None


def is_as_it_was(tx: Transaction, user: User) -> bool:
    """Let in, and with the same password, until the transaction ends: nobody was disabled while we looked."""
    found = tx.session.execute(
        select(USERS.c.user_id)
        .where(
            USERS.c.user_id == user.user_id, USERS.c.password_hash == user.password_hash, USERS.c.disabled_at.is_(None)
        )
        .with_for_update(read=True)
    )
    return found.first() is not None


def locked(tx: Transaction, user_id: UUID) -> User | None:
    """Nobody else changes this person, or any administrator, until the transaction ends.

    Who takes an administrator's place away must know that another one stays, and two could take each other's.
    """
    rows = tx.session.execute(
        select(USERS)
        .where((USERS.c.user_id == user_id) | (USERS.c.role == UserRole.ADMINISTRATOR))
        .order_by(USERS.c.user_id)
        .with_for_update()
    )
    return next((_user(row) for row in rows if row.user_id == user_id), None)


def administrators(tx: Transaction) -> int:
    """How many can sign in."""
    rows = tx.session.execute(
        select(USERS.c.user_id).where(USERS.c.role == UserRole.ADMINISTRATOR, USERS.c.disabled_at.is_(None))
    )
    return len(rows.all())


def change(tx: Transaction, user_id: UUID, **values: Any) -> None:
    """Set columns of one person: `password_hash`, `role`, `disabled_at`."""
    tx.session.execute(update(USERS).where(USERS.c.user_id == user_id).values(**values))


def _user(row: Any) -> User:
    return User(
        agency_id=row.agency_id,
        user_id=row.user_id,
        email=row.email,
        name=row.name,
        role=UserRole(row.role),
        password_hash=row.password_hash,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )
