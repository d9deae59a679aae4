"""What is a dispatcher's console shown of units (DESIGN §7)?

Of incidents: `schemas_incident`.
"""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from service.domain.unit import Fix, Status, UnitKind
from service.operations.board import UnitOnBoard


class PositionShown(BaseModel):
    """The last fix that was believed, at most a few seconds older than the last report."""

    lat: float
    lon: float
    at: datetime
    accuracy_m: float | None
    heading_deg: float | None
    speed_mps: float | None

    @classmethod
    def of(cls, fix: Fix) -> Self:
        return cls(
            lat=fix.point.lat,
            lon=fix.point.lon,
            at=fix.at,
            accuracy_m=fix.accuracy_m,
            heading_deg=fix.heading_deg,
            speed_mps=fix.speed_mps,
        )


class UnitAnswer(BaseModel):
    """`incident_id` is what a busy unit is busy with; `has_device`: a phone of it can ring."""

    unit_id: UUID
    call_sign: str
    kind: UnitKind
    status: Status
    status_at: datetime
    incident_id: UUID | None
    has_device: bool
    position: PositionShown | None

    @classmethod
    def of(cls, on_board: UnitOnBoard) -> Self:
        unit, fix = on_board.unit, on_board.fix
        return cls(
            unit_id=unit.unit_id,
            call_sign=unit.call_sign,
            kind=unit.kind,
            status=unit.status,
            status_at=unit.status_at,
            incident_id=unit.incident_id,
            has_device=unit.has_device,
            position=PositionShown.of(fix) if fix else None,
        )


class UnitsAnswer(BaseModel):
    """By call sign."""

    items: list[UnitAnswer]
