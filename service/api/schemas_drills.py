"""What is said of a drill: who was rung, how far each phone came, and what is wrong, in words."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from service.domain.drill import Report, UnitReport
from service.operations.drills import LONGEST_S, SHORTEST_S, WAIT_S
from service.store.drills import StoredDrill


class DrillBody(BaseModel):
    """`wait_s` is how long the phones are waited for."""

    wait_s: int = Field(default=WAIT_S, ge=SHORTEST_S, le=LONGEST_S)


class FindingShown(BaseModel):
    """`what` is wrong and the `advice` are for people; `code` is for programs. `is_fault`: a phone did not ring."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    is_fault: bool
    what: str
    advice: str


class DrilledPhone(BaseModel):
    """Times are seconds since the drill began, null for a stage that has not come.

    `is_queued` is false for a phone without a push target: it hears of the drill only by its stream.
    """

    model_config = ConfigDict(from_attributes=True)

    device_id: UUID
    model: str
    platform: str
    app_version: str
    is_queued: bool
    handed_to_push_s: float | None
    received_s: float | None
    displayed_s: float | None
    findings: list[FindingShown]


class DrillShown(BaseModel):
    """`is_ready`: the unit has phones, and each has received or displayed the drill. `answer` is what was pressed.

    `is_settled`: there is nothing more to wait for. `finished_at` is null as long as something may change.
    `installation` is what the drill has shown of workers and clocks.
    """

    drill_id: UUID
    unit_id: UUID
    call_sign: str
    started_at: datetime
    until: datetime
    finished_at: datetime | None
    is_settled: bool
    is_ready: bool
    answer: str | None
    phones: list[DrilledPhone]
    findings: list[FindingShown]
    installation: list[FindingShown]

    @classmethod
    def of(cls, drill: StoredDrill, report: Report, unit: UnitReport) -> Self:
        return cls(
            drill_id=drill.drill_id,
            unit_id=UUID(unit.unit_id),
            call_sign=unit.call_sign,
            started_at=drill.started_at,
            until=drill.until,
            finished_at=drill.finished_at,
            is_settled=report.is_settled,
            is_ready=unit.is_ready,
            answer=unit.answer,
            phones=[DrilledPhone.model_validate(phone) for phone in unit.phones],
            findings=[FindingShown.model_validate(finding) for finding in unit.findings],
            installation=[FindingShown.model_validate(finding) for finding in report.findings],
        )
