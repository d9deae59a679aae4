"""Tables of the agency itself, and of the people, programs and sources that call for it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from service.store.tables.columns import belongs, json_column, one_of, time_column


class AgencyRow(SQLModel, table=True):
    """`next_purge_at` is when the clock must look for what has been kept long enough.

    `canary`: nobody's; the installation tries itself out on it. There is one at most, and it remains what it is.
    """

    __tablename__ = "agencies"
    __table_args__ = (Index("uq_agencies_canary", "canary", unique=True, postgresql_where=text("canary")),)
    agency_id: UUID = Field(primary_key=True)
    name: str
    timezone: str
    policy: dict[str, Any] = json_column()
    retention: dict[str, Any] = json_column()
    next_purge_at: datetime = time_column()
    created_at: datetime = time_column()
    canary: bool = Field(sa_column=Column(Boolean, nullable=False, server_default=false()), default=False)


class DirectoryRow(SQLModel, table=True):
    """The narrow door outside row-level security: which agency an id, e-mail, code or token belongs to."""

    __tablename__ = "directory"
    __table_args__ = (
        one_of("kind", ("source", "email", "enrolment_code", "device_token", "session_token", "api_token")),
    )
    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    agency_id: UUID = Field(index=True)


class UserRow(SQLModel, table=True):
    __tablename__ = "users"
    __table_args__ = (
        ForeignKeyConstraint(["agency_id"], ["agencies.agency_id"]),
        one_of("role", ("administrator", "supervisor", "dispatcher", "auditor")),
        UniqueConstraint("email", name="email"),
    )
    agency_id: UUID = Field(primary_key=True)
    user_id: UUID = Field(primary_key=True)
    email: str
    name: str
    role: str
    password_hash: str
    created_at: datetime = time_column()
    disabled_at: datetime | None = time_column(nullable=True)


class SessionRow(SQLModel, table=True):
    __tablename__ = "sessions"
    __table_args__ = (belongs("users", "user_id"),)
    agency_id: UUID = Field(primary_key=True)
    token_hash: str = Field(primary_key=True)
    user_id: UUID
    created_at: datetime = time_column()
    expires_at: datetime = time_column()


class ApiTokenRow(SQLModel, table=True):
    """What a program shows instead of a session. It may do what its owner may, as far as its scopes go."""

    __tablename__ = "api_tokens"
    __table_args__ = (belongs("users", "user_id"), UniqueConstraint("token_hash", name="token_hash"))
    agency_id: UUID = Field(primary_key=True)
    token_id: UUID = Field(primary_key=True)
    user_id: UUID
    name: str
    token_hash: str
    scopes: list[str] = json_column()
    created_at: datetime = time_column()
    expires_at: datetime = time_column()
    revoked_at: datetime | None = time_column(nullable=True)
    last_used_at: datetime | None = time_column(nullable=True)


class SignInFailureRow(SQLModel, table=True):
    """How often somebody was wrong at the door. Of no agency: whoever guesses need not have guessed one.

    `key` is a hash of what was tried from where, and `right_at` when that was last right; a row that is old enough
    counts as none.
    """

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index("ix_sign_in_failures_last_at", "last_at"),)
    key: str = Field(primary_key=True)
    failures: int
    last_at: datetime = time_column()
    right_at: datetime | None = time_column(nullable=True)


class SourceRow(SQLModel, table=True):
    """`secrets` are the live ones, newest first: two while they are being rotated.

    `last_positions_at` is when it last told positions, within a minute; of detections the messages are kept.
    """

    __tablename__ = "sources"
    __table_args__ = (
        ForeignKeyConstraint(["agency_id"], ["agencies.agency_id"]),
        UniqueConstraint("agency_id", "name", name="name"),
    )
    agency_id: UUID = Field(primary_key=True)
    source_id: UUID = Field(primary_key=True)
    name: str
    secrets: list[str] = json_column()
    rotated_at: datetime | None = time_column(nullable=True)
    created_at: datetime = time_column()
    disabled_at: datetime | None = time_column(nullable=True)
    last_positions_at: datetime | None = time_column(nullable=True)
