"""Tables of alerts, their pages, and what phones said of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from service.domain.alert import AlertState, PageKind, PageState, Role
from service.store.tables.columns import belongs, one_of, time_column


class AlertRow(SQLModel, table=True):
    """`next_look_at` is when the clock must look after the unit again: forgotten, not coming closer, or silent.

    `refused_at` is when a dispatcher stood the unit down. `closest_m` is how near it has come since it acknowledged.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        belongs("incidents", "incident_id"),
        belongs("units", "unit_id"),
        one_of("state", AlertState),
        CheckConstraint(f"role is null or role in ({', '.join(repr(role.value) for role in Role)})", name="role"),
        UniqueConstraint("agency_id", "incident_id", "unit_id", name="unit"),
        Index(
            "uq_alerts_primary",
            "agency_id",
            "incident_id",
            unique=True,
            postgresql_where=text("role = 'primary'"),
        ),
        Index("ix_alerts_unit", "agency_id", "unit_id", "changed_at"),
        Index("ix_alerts_due", "next_look_at", postgresql_where=text("next_look_at is not null")),
    )
    agency_id: UUID = Field(primary_key=True)
    alert_id: UUID = Field(primary_key=True)
    incident_id: UUID
    unit_id: UUID
    state: str
    level: int
    role: str | None = None
    distance_m: float | None = None
    deadline_at: datetime = time_column()
    queued_at: datetime = time_column()
    sent_at: datetime | None = time_column(nullable=True)
    received_at: datetime | None = time_column(nullable=True)
    displayed_at: datetime | None = time_column(nullable=True)
    acknowledged_at: datetime | None = time_column(nullable=True)
    declined_at: datetime | None = time_column(nullable=True)
    en_route_at: datetime | None = time_column(nullable=True)
    on_scene_at: datetime | None = time_column(nullable=True)
    cleared_at: datetime | None = time_column(nullable=True)
    reason: str | None = None
    changed_at: datetime = time_column()
    confirmed_at: datetime | None = time_column(nullable=True)
    confirmed_by: str | None = None
    refused_at: datetime | None = time_column(nullable=True)
    next_look_at: datetime | None = time_column(nullable=True)
    closest_m: float | None = None
    closest_at: datetime | None = time_column(nullable=True)
    unconfirmed_nudged_at: datetime | None = time_column(nullable=True)
    stalled_nudged_at: datetime | None = time_column(nullable=True)
    welfare_asked_at: datetime | None = time_column(nullable=True)
    welfare_answered_at: datetime | None = time_column(nullable=True)
    welfare_silent_at: datetime | None = time_column(nullable=True)


class ReceiptRow(SQLModel, table=True):
    __tablename__ = "receipts"
    __table_args__ = (
        belongs("alerts", "alert_id"),
        one_of("kind", ("received", "displayed")),
        Index("ix_receipts_device", "agency_id", "device_id", "recorded_at"),
    )
    agency_id: UUID = Field(primary_key=True)
    alert_id: UUID = Field(primary_key=True)
    device_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    at: datetime = time_column()
    recorded_at: datetime = time_column()


class PageRow(SQLModel, table=True):
    """The outbox. `next_action_at`: when a pending page is due, or when the lease of a sending one runs out.

    `rang_at`: it was sent to sound. `hushed_at`: it would have sounded, had its unit's phones not just done so;
    `digested_at`: a digest has rung for it since.
    """

    __tablename__ = "pages"
    __table_args__ = (
        belongs("incidents", "incident_id"),
        belongs("alerts", "alert_id"),
        belongs("devices", "device_id"),
        one_of("kind", PageKind),
        one_of("state", PageState),
        UniqueConstraint("agency_id", "incident_id", "device_id", "sequence", name="sequence"),
        Index("ix_pages_alert", "agency_id", "alert_id"),
        Index("ix_pages_due", "next_action_at", postgresql_where=text("state in ('pending', 'sending')")),
        Index("ix_pages_rang", "agency_id", "unit_id", "rang_at", postgresql_where=text("rang_at is not null")),
        Index(
            "ix_pages_hushed",
            "agency_id",
            "unit_id",
            postgresql_where=text("hushed_at is not null and digested_at is null"),
        ),
    )
    agency_id: UUID = Field(primary_key=True)
    page_id: UUID = Field(primary_key=True)
    incident_id: UUID
    alert_id: UUID | None = None
    unit_id: UUID
    device_id: UUID
    kind: str
    sequence: int
    loud: bool
    reason: str
    state: str
    attempt: int
    created_at: datetime = time_column()
    next_action_at: datetime | None = time_column(nullable=True)
    expires_at: datetime = time_column()
    claimed_at: datetime | None = time_column(nullable=True)
    settled_at: datetime | None = time_column(nullable=True)
    message_id: str | None = None
    failure: str | None = None
    rang_at: datetime | None = time_column(nullable=True)
    hushed_at: datetime | None = time_column(nullable=True)
    digested_at: datetime | None = time_column(nullable=True)
