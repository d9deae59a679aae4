"""Tables of units, their phones, and where they are."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from service.domain.unit import Platform, PushKind, Status, UnitKind
from service.store.tables.columns import belongs, one_of, time_column


class UnitRow(SQLModel, table=True):
    """`incident_id` is what a busy unit is busy with; no foreign key, it is a note beside the status."""

    __tablename__ = "units"
    __table_args__ = (
        ForeignKeyConstraint(["agency_id"], ["agencies.agency_id"]),
        one_of("kind", UnitKind),
        one_of("status", Status),
        UniqueConstraint("agency_id", "call_sign", name="call_sign"),
    )
    agency_id: UUID = Field(primary_key=True)
    unit_id: UUID = Field(primary_key=True)
    call_sign: str
    kind: str
    status: str
    status_at: datetime = time_column()
    incident_id: UUID | None = None


class DeviceRow(SQLModel, table=True):
    """`push_lost_at`: when the push service said that its target is gone; until a new one comes it cannot ring."""

    __tablename__ = "devices"
    __table_args__ = (
        belongs("units", "unit_id"),
        one_of("platform", Platform),
        one_of("push_kind", PushKind),
        Index("ix_devices_unit", "agency_id", "unit_id", postgresql_where=text("revoked_at is null")),
    )
    agency_id: UUID = Field(primary_key=True)
    device_id: UUID = Field(primary_key=True)
    unit_id: UUID
    platform: str
    model: str
    app_version: str
    push_kind: str
    push_value: str
    push_lost_at: datetime | None = time_column(nullable=True)
    token_hash: str
    enrolled_at: datetime = time_column()
    last_seen_at: datetime | None = time_column(nullable=True)
    revoked_at: datetime | None = time_column(nullable=True)


class EnrolmentCodeRow(SQLModel, table=True):
    """`code_id` names it to an administrator: a hash of so few symbols would give the code away."""

    __tablename__ = "enrolment_codes"
    __table_args__ = (belongs("units", "unit_id"), UniqueConstraint("agency_id", "code_id", name="code_id"))
    agency_id: UUID = Field(primary_key=True)
    code_hash: str = Field(primary_key=True)
    code_id: UUID
    unit_id: UUID
    created_at: datetime = time_column()
    expires_at: datetime = time_column()
    used_at: datetime | None = time_column(nullable=True)
    revoked_at: datetime | None = time_column(nullable=True)


class FixRow(SQLModel, table=True):
    """The last believed fix of a unit (and a suspect one), so that Redis can be rebuilt."""

    __tablename__ = "fixes"
    __table_args__ = (belongs("units", "unit_id"),)
    agency_id: UUID = Field(primary_key=True)
    unit_id: UUID = Field(primary_key=True)
    lat: float
    lon: float
    at: datetime = time_column()
    accuracy_m: float | None = None
    heading_deg: float | None = None
    speed_mps: float | None = None
    suspect: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True), nullable=True), default=None)
    updated_at: datetime = time_column()


class TrailRow(SQLModel, table=True):
    """Where a unit was while it was on an incident: at most one fix every 5 s, kept for a day."""

    __tablename__ = "trails"
    __table_args__ = (
        belongs("units", "unit_id"),
        belongs("incidents", "incident_id"),
        Index("ix_trails_incident", "agency_id", "incident_id", "unit_id", "at"),
        Index("ix_trails_at", "agency_id", "at"),
    )
    agency_id: UUID = Field(primary_key=True)
    unit_id: UUID = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    incident_id: UUID
    lat: float
    lon: float
    accuracy_m: float | None = None
