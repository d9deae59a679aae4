"""Tables of incidents, what was heard of them, and who was chosen to be asked."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from service.domain.detection import Classification, Confidence, DetectionKind, Outcome
from service.domain.disposition import Disposition
from service.domain.incident import LIVING, IncidentState
from service.store.tables.columns import belongs, json_column, one_of, time_column


class IncidentRow(SQLModel, table=True):
    """`next_action_at` is when the clock must look at it again; null when nothing is due by itself.

    `merged_into` and `split_from` name the incident that took its detections, or that they were taken from.
    `emergency_unit_id` is the unit whose officer called for help, by the call sign that it had then: such an incident
    has no detections. `legal_hold` is why nothing of it may be purged, null when it may. A `drill` is no incident, and
    is cancelled from its first moment.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        ForeignKeyConstraint(["agency_id"], ["agencies.agency_id"]),
        one_of("state", IncidentState),
        one_of("classification", Classification),
        one_of("confidence", Confidence),
        CheckConstraint(
            f"disposition is null or disposition in ({', '.join(repr(d.value) for d in Disposition)})",
            name="disposition",
        ),
        Index("ix_incidents_ended", "agency_id", "ended_at", postgresql_where=text("ended_at is not null")),
        Index("ix_incidents_due", "next_action_at", postgresql_where=text("next_action_at is not null")),
        Index(
            "ix_incidents_living",
            "agency_id",
            "last_heard_at",
            postgresql_where=text(f"state in ({', '.join(sorted(repr(state.value) for state in LIVING))})"),
        ),
        Index(
            "ix_incidents_emergency",
            "agency_id",
            "emergency_unit_id",
            postgresql_where=text("emergency_unit_id is not null"),
        ),
    )
    agency_id: UUID = Field(primary_key=True)
    incident_id: UUID = Field(primary_key=True)
    state: str
    level: int
    sequence: int
    deadline_at: datetime | None = time_column(nullable=True)
    next_action_at: datetime | None = time_column(nullable=True)
    occurred_at: datetime = time_column()
    last_heard_at: datetime = time_column()
    lat: float
    lon: float
    uncertainty_m: float
    classification: str
    confidence: str
    rounds: int | None = None
    tactical_notes: list[str] = json_column()
    address: str | None = None
    audio_url: str | None = None
    image_url: str | None = None
    policy: dict[str, Any] = json_column()
    opened_at: datetime = time_column()
    covered_at: datetime | None = time_column(nullable=True)
    ended_at: datetime | None = time_column(nullable=True)
    disposition: str | None = None
    cad_number: str | None = None
    merged_into: UUID | None = None
    split_from: UUID | None = None
    emergency_unit_id: UUID | None = None
    emergency_call_sign: str | None = None
    legal_hold: str | None = None
    drill: bool = Field(sa_column=Column(Boolean, nullable=False, server_default=text("false")), default=False)


class DrillRow(SQLModel, table=True):
    """What rings phones without a shot: `until` is how long they are waited for, `report` what was found in the end.

    `units` are those that were to be rung, with the reason for each that was not. It goes with its incident.
    """

    __tablename__ = "drills"
    __table_args__ = (
        ForeignKeyConstraint(
            ["agency_id", "incident_id"], ["incidents.agency_id", "incidents.incident_id"], ondelete="CASCADE"
        ),
        Index("ix_drills_due", "until", postgresql_where=text("finished_at is null")),
    )
    agency_id: UUID = Field(primary_key=True)
    incident_id: UUID = Field(primary_key=True)
    started_at: datetime = time_column()
    until: datetime = time_column()
    units: list[dict[str, Any]] = json_column()
    finished_at: datetime | None = time_column(nullable=True)
    report: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True), nullable=True), default=None)


class DetectionRow(SQLModel, table=True):
    """One message of a source. `incident_id` is null while it is parked; `stored_at` is just before the commit."""

    __tablename__ = "detections"
    __table_args__ = (
        belongs("sources", "source_id"),
        belongs("incidents", "incident_id"),
        one_of("kind", DetectionKind),
        one_of("outcome", Outcome),
        UniqueConstraint("agency_id", "source_id", "detection_id", "revision", name="revision"),
        Index("ix_detections_incident", "agency_id", "incident_id"),
        Index("ix_detections_source", "agency_id", "source_id", "received_at"),
    )
    agency_id: UUID = Field(primary_key=True)
    message_id: UUID = Field(primary_key=True)
    source_id: UUID
    detection_id: str
    revision: int
    kind: str
    occurred_at: datetime = time_column()
    sound: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True), nullable=True), default=None)
    body_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    outcome: str
    incident_id: UUID | None = None
    received_at: datetime = time_column()
    stored_at: datetime = time_column()


class SelectionRow(SQLModel, table=True):
    """Who was asked at one moment and who was not, with the reasons, as a dispatcher reads them.

    `facts` is where everybody was who could have been asked: what a policy is tried out on. Positions, so kept as short
    as positions are.
    """

    __tablename__ = "selections"
    __table_args__ = (
        belongs("incidents", "incident_id"),
        Index("ix_selections_incident", "agency_id", "incident_id"),
        Index("ix_selections_facts", "agency_id", "selected_at", postgresql_where=text("facts is not null")),
    )
    agency_id: UUID = Field(primary_key=True)
    selection_id: UUID = Field(primary_key=True)
    incident_id: UUID
    level: int
    selected_at: datetime = time_column()
    asked: list[dict[str, Any]] = json_column()
    not_asked: list[dict[str, Any]] = json_column()
    not_asked_more: dict[str, int] = json_column()
    facts: bytes | None = Field(sa_column=Column(LargeBinary, nullable=True), default=None)
