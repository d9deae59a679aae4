"""The tables, as SQLModel classes that never leave `store`. Not for row-level security and roles: see migrations.

`agency_id` leads every primary and foreign key, so that one policy fits all tables and an agency can move away.
Words that a state table of the domain decides are text with a named CHECK; times are timestamptz.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from service.domain.alert import AlertState, PageKind, PageState, Role
from service.domain.detection import Classification, Confidence, DetectionKind, Outcome
from service.domain.disposition import Disposition
from service.domain.incident import LIVING, IncidentState
from service.domain.unit import Platform, PushKind, Status, UnitKind

SQLModel.metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(constraint_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_name)s",
}


def _time(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(DateTime(timezone=True), nullable=nullable), default=None)


def _json() -> Any:
    return Field(sa_column=Column(JSONB, nullable=False))


def _one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=column)


def _belongs(table: str, *columns: str, to: tuple[str, ...] = ()) -> ForeignKeyConstraint:
    own = ("agency_id", *columns)
    target = ("agency_id", *(to or columns))
    return ForeignKeyConstraint(own, [f"{table}.{column}" for column in target])


class AgencyRow(SQLModel, table=True):
    __tablename__ = "agencies"
    agency_id: UUID = Field(primary_key=True)
    name: str
    timezone: str
    policy: dict[str, Any] = _json()
    created_at: datetime = _time()


class DirectoryRow(SQLModel, table=True):
    """The narrow door outside row-level security: which agency an id, e-mail, code or token belongs to."""

    __tablename__ = "directory"
    __table_args__ = (_one_of("kind", ("source", "email", "enrolment_code", "device_token", "session_token")),)
    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    agency_id: UUID = Field(index=True)


class UserRow(SQLModel, table=True):
    __tablename__ = "users"
    __table_args__ = (
        ForeignKeyConstraint(["agency_id"], ["agencies.agency_id"]),
        _one_of("role", ("administrator", "supervisor", "dispatcher", "auditor")),
        UniqueConstraint("email", name="email"),
    )
    agency_id: UUID = Field(primary_key=True)
    user_id: UUID = Field(primary_key=True)
    email: str
    name: str
    role: str
    password_hash: str
    created_at: datetime = _time()


class SessionRow(SQLModel, table=True):
    __tablename__ = "sessions"
    __table_args__ = (_belongs("users", "user_id"),)
    agency_id: UUID = Field(primary_key=True)
    token_hash: str = Field(primary_key=True)
    user_id: UUID
    created_at: datetime = _time()
    expires_at: datetime = _time()


class SourceRow(SQLModel, table=True):
    """`secrets` are the live ones, newest first: two while they are being rotated."""

    __tablename__ = "sources"
    __table_args__ = (
        ForeignKeyConstraint(["agency_id"], ["agencies.agency_id"]),
        UniqueConstraint("agency_id", "name", name="name"),
    )
    agency_id: UUID = Field(primary_key=True)
    source_id: UUID = Field(primary_key=True)
    name: str
    secrets: list[str] = _json()
    created_at: datetime = _time()


class UnitRow(SQLModel, table=True):
    """`incident_id` is what a busy unit is busy with; no foreign key, it is a note beside the status."""

    __tablename__ = "units"
    __table_args__ = (
        ForeignKeyConstraint(["agency_id"], ["agencies.agency_id"]),
        _one_of("kind", UnitKind),
        _one_of("status", Status),
        UniqueConstraint("agency_id", "call_sign", name="call_sign"),
    )
    agency_id: UUID = Field(primary_key=True)
    unit_id: UUID = Field(primary_key=True)
    call_sign: str
    kind: str
    status: str
    status_at: datetime = _time()
    incident_id: UUID | None = None


class DeviceRow(SQLModel, table=True):
    """`push_lost_at`: when the push service said that its target is gone; until a new one comes it cannot ring."""

    __tablename__ = "devices"
    __table_args__ = (
        _belongs("units", "unit_id"),
        _one_of("platform", Platform),
        _one_of("push_kind", PushKind),
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
    push_lost_at: datetime | None = _time(nullable=True)
    token_hash: str
    enrolled_at: datetime = _time()
    revoked_at: datetime | None = _time(nullable=True)


class EnrolmentCodeRow(SQLModel, table=True):
    __tablename__ = "enrolment_codes"
    __table_args__ = (_belongs("units", "unit_id"),)
    agency_id: UUID = Field(primary_key=True)
    code_hash: str = Field(primary_key=True)
    unit_id: UUID
    created_at: datetime = _time()
    expires_at: datetime = _time()
    used_at: datetime | None = _time(nullable=True)


class FixRow(SQLModel, table=True):
    """The last believed fix of a unit (and a suspect one), so that Redis can be rebuilt."""

    __tablename__ = "fixes"
    __table_args__ = (_belongs("units", "unit_id"),)
    agency_id: UUID = Field(primary_key=True)
    unit_id: UUID = Field(primary_key=True)
    lat: float
    lon: float
    at: datetime = _time()
    accuracy_m: float | None = None
    heading_deg: float | None = None
    speed_mps: float | None = None
    suspect: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True), nullable=True), default=None)
    updated_at: datetime = _time()


class IncidentRow(SQLModel, table=True):
    """`next_action_at` is when the clock must look at it again; null when nothing is due by itself."""

    __tablename__ = "incidents"
    __table_args__ = (
        ForeignKeyConstraint(["agency_id"], ["agencies.agency_id"]),
        _one_of("state", IncidentState),
        _one_of("classification", Classification),
        _one_of("confidence", Confidence),
        CheckConstraint(
            f"disposition is null or disposition in ({', '.join(repr(d.value) for d in Disposition)})",
            name="disposition",
        ),
        Index("ix_incidents_due", "next_action_at", postgresql_where=text("next_action_at is not null")),
        Index(
            "ix_incidents_living",
            "agency_id",
            "last_heard_at",
            postgresql_where=text(f"state in ({', '.join(sorted(repr(state.value) for state in LIVING))})"),
        ),
    )
    agency_id: UUID = Field(primary_key=True)
    incident_id: UUID = Field(primary_key=True)
    state: str
    level: int
    sequence: int
    deadline_at: datetime | None = _time(nullable=True)
    next_action_at: datetime | None = _time(nullable=True)
    occurred_at: datetime = _time()
    last_heard_at: datetime = _time()
    lat: float
    lon: float
    uncertainty_m: float
    classification: str
    confidence: str
    rounds: int | None = None
    tactical_notes: list[str] = _json()
    address: str | None = None
    audio_url: str | None = None
    image_url: str | None = None
    policy: dict[str, Any] = _json()
    opened_at: datetime = _time()
    covered_at: datetime | None = _time(nullable=True)
    ended_at: datetime | None = _time(nullable=True)
    disposition: str | None = None
    cad_number: str | None = None


class DetectionRow(SQLModel, table=True):
    """One message of a source. `incident_id` is null while it is parked."""

    __tablename__ = "detections"
    __table_args__ = (
        _belongs("sources", "source_id"),
        _belongs("incidents", "incident_id"),
        _one_of("kind", DetectionKind),
        _one_of("outcome", Outcome),
        UniqueConstraint("agency_id", "source_id", "detection_id", "revision", name="revision"),
        Index("ix_detections_incident", "agency_id", "incident_id"),
    )
    agency_id: UUID = Field(primary_key=True)
    message_id: UUID = Field(primary_key=True)
    source_id: UUID
    detection_id: str
    revision: int
    kind: str
    occurred_at: datetime = _time()
    sound: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True), nullable=True), default=None)
    body_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    outcome: str
    incident_id: UUID | None = None
    received_at: datetime = _time()


class SelectionRow(SQLModel, table=True):
    """Who was asked at one moment and who was not, with the reasons, as a dispatcher reads them."""

    __tablename__ = "selections"
    __table_args__ = (
        _belongs("incidents", "incident_id"),
        Index("ix_selections_incident", "agency_id", "incident_id"),
    )
    agency_id: UUID = Field(primary_key=True)
    selection_id: UUID = Field(primary_key=True)
    incident_id: UUID
    level: int
    selected_at: datetime = _time()
    asked: list[dict[str, Any]] = _json()
    not_asked: list[dict[str, Any]] = _json()
    not_asked_more: dict[str, int] = _json()


class AlertRow(SQLModel, table=True):
    __tablename__ = "alerts"
    __table_args__ = (
        _belongs("incidents", "incident_id"),
        _belongs("units", "unit_id"),
        _one_of("state", AlertState),
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
    )
    agency_id: UUID = Field(primary_key=True)
    alert_id: UUID = Field(primary_key=True)
    incident_id: UUID
    unit_id: UUID
    state: str
    level: int
    role: str | None = None
    distance_m: float | None = None
    deadline_at: datetime = _time()
    queued_at: datetime = _time()
    sent_at: datetime | None = _time(nullable=True)
    received_at: datetime | None = _time(nullable=True)
    displayed_at: datetime | None = _time(nullable=True)
    acknowledged_at: datetime | None = _time(nullable=True)
    declined_at: datetime | None = _time(nullable=True)
    en_route_at: datetime | None = _time(nullable=True)
    on_scene_at: datetime | None = _time(nullable=True)
    cleared_at: datetime | None = _time(nullable=True)
    reason: str | None = None
    changed_at: datetime = _time()


class ReceiptRow(SQLModel, table=True):
    __tablename__ = "receipts"
    __table_args__ = (_belongs("alerts", "alert_id"), _one_of("kind", ("received", "displayed")))
    agency_id: UUID = Field(primary_key=True)
    alert_id: UUID = Field(primary_key=True)
    device_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    at: datetime = _time()
    recorded_at: datetime = _time()


class PageRow(SQLModel, table=True):
    """The outbox. `next_action_at`: when a pending page is due, or when the lease of a sending one runs out."""

    __tablename__ = "pages"
    __table_args__ = (
        _belongs("incidents", "incident_id"),
        _belongs("alerts", "alert_id"),
        _belongs("devices", "device_id"),
        _one_of("kind", PageKind),
        _one_of("state", PageState),
        UniqueConstraint("agency_id", "incident_id", "device_id", "sequence", name="sequence"),
        Index("ix_pages_due", "next_action_at", postgresql_where=text("state in ('pending', 'sending')")),
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
    created_at: datetime = _time()
    next_action_at: datetime | None = _time(nullable=True)
    expires_at: datetime = _time()
    claimed_at: datetime | None = _time(nullable=True)
    settled_at: datetime | None = _time(nullable=True)
    message_id: str | None = None
    failure: str | None = None


class JournalRow(SQLModel, table=True):
    """Append-only: the app role may insert and read, and a trigger refuses the rest to everybody."""

    __tablename__ = "journal"
    __table_args__ = (Index("ix_journal_incident", "agency_id", "incident_id", "entry_id"),)
    agency_id: UUID = Field(primary_key=True)
    entry_id: UUID = Field(primary_key=True)
    at: datetime = _time()
    actor: str
    action: str
    incident_id: UUID | None = None
    details: dict[str, Any] = _json()


METADATA = SQLModel.metadata
"""What migrations compare a database with."""

# What statements are written on: Core tables, whose columns are typed as columns and whose rows are plain tuples.
AGENCIES = METADATA.tables["agencies"]
DIRECTORY = METADATA.tables["directory"]
USERS = METADATA.tables["users"]
SESSIONS = METADATA.tables["sessions"]
SOURCES = METADATA.tables["sources"]
UNITS = METADATA.tables["units"]
DEVICES = METADATA.tables["devices"]
ENROLMENT_CODES = METADATA.tables["enrolment_codes"]
FIXES = METADATA.tables["fixes"]
INCIDENTS = METADATA.tables["incidents"]
DETECTIONS = METADATA.tables["detections"]
SELECTIONS = METADATA.tables["selections"]
ALERTS = METADATA.tables["alerts"]
RECEIPTS = METADATA.tables["receipts"]
PAGES = METADATA.tables["pages"]
JOURNAL = METADATA.tables["journal"]
