"""Tables of those who watch whether Beatline is well: heartbeats, alarms, and the canary."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint
from sqlmodel import Field, SQLModel

from service.store.tables.columns import json_column, time_column


class HeartbeatRow(SQLModel, table=True):
    """A process that is alive, or was within the last hour. Of no agency; behind doors, as alarms are.

    `condition` is what it finds of the world from where it stands: whether push and Redis can be reached.
    """

    __tablename__ = "heartbeats"
    process_id: UUID = Field(primary_key=True)
    kind: str
    host: str
    started_at: datetime = time_column()
    seen_at: datetime = time_column()
    condition: dict[str, Any] = json_column()


class AlarmRow(SQLModel, table=True):
    """What is wrong now. `seen_at` is when an auditor last found it so; `detail` names nobody: all agencies read it."""

    __tablename__ = "alarms"
    alarm: str = Field(primary_key=True)
    since: datetime = time_column()
    seen_at: datetime = time_column()
    detail: str


class CanaryRow(SQLModel, table=True):
    """The one agency that nobody is served by. `incident_id` is what is on its way now, null once it has arrived.

    `next_at`: the next is released then. `arrived_at` and `took_s` are of the last one whose page was handed over.
    """

    __tablename__ = "canaries"
    __table_args__ = (ForeignKeyConstraint(["agency_id"], ["agencies.agency_id"]),)
    agency_id: UUID = Field(primary_key=True)
    source_id: UUID
    unit_id: UUID
    next_at: datetime = time_column()
    incident_id: UUID | None = None
    released_at: datetime | None = time_column(nullable=True)
    arrived_at: datetime | None = time_column(nullable=True)
    took_s: float | None = None
