"""The table of the journal: what happened, and the chain of hashes that holds it together."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from service.store.tables.columns import json_column, time_column

_CAN_BE_TOLD = """
    at >= '0001-01-01 00:00:00+00' and at < '10000-01-01 00:00:00+00'
    and (sealed_at is null or sealed_at >= '0001-01-01 00:00:00+00' and sealed_at < '10000-01-01 00:00:00+00')
    and (number is null or number <= 9007199254740992)
"""
"""Times that every program can tell, so none at infinity, and numbers that JSON can carry."""


class JournalRow(SQLModel, table=True):
    """Append-only: a trigger refuses to everybody what is not adding, or sealing what is not sealed.

    `origin` is the network address it came from. The clock seals: it gives each entry the agency's next `number`, and
    `hash` over the entry and the hash before it.
    """

    __tablename__ = "journal"
    __table_args__ = (
        Index("ix_journal_incident", "agency_id", "incident_id", "entry_id"),
        Index(
            "ix_journal_user",
            "agency_id",
            "actor",
            "entry_id",
            postgresql_ops={"actor": "text_pattern_ops"},
            postgresql_where=text("actor like 'user:%'"),
        ),
        Index("ix_journal_unsealed", "agency_id", "at", "entry_id", postgresql_where=text("number is null")),
        CheckConstraint("num_nonnulls(number, hash, sealed_at) in (0, 3) and number > 0", name="sealed"),
        CheckConstraint(_CAN_BE_TOLD, name="can_be_told"),
        UniqueConstraint("agency_id", "number", name="number"),
    )
    agency_id: UUID = Field(primary_key=True)
    entry_id: UUID = Field(primary_key=True)
    at: datetime = time_column()
    actor: str
    action: str
    incident_id: UUID | None = None
    details: dict[str, Any] = json_column()
    origin: str | None = None
    number: int | None = Field(sa_column=Column(BigInteger, nullable=True), default=None)
    hash: bytes | None = Field(sa_column=Column(LargeBinary, nullable=True), default=None)
    sealed_at: datetime | None = time_column(nullable=True)
