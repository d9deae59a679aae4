"""What does an administrator send and see of the agency itself, its units and its sources? Unknown fields are refused.

In a change, what is absent or null stays as it is. Phones: `schemas_devices`; people: `schemas_users`; rules:
`schemas_policies`.
"""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StrictBool

from service.api.fields import Name
from service.domain.unit import Status, UnitKind
from service.operations.roster import UnitOnRoster
from service.store.sources import ListedSource

_STRICT = ConfigDict(extra="forbid")


class AgencyChange(BaseModel):
    """`timezone` is an IANA name; what officers read is in it."""

    model_config = _STRICT

    name: Name | None = None
    timezone: Name | None = None


class AgencyShown(BaseModel):
    agency_id: UUID
    name: str
    timezone: str


class AgenciesAnswer(BaseModel):
    """The caller's own: nobody sees another."""

    items: list[AgencyShown]


class UnitBody(BaseModel):
    model_config = _STRICT

    call_sign: Name
    kind: UnitKind = UnitKind.PATROL


class UnitChange(BaseModel):
    model_config = _STRICT

    call_sign: Name | None = None
    kind: UnitKind | None = None


class UnitShown(BaseModel):
    """`devices` counts its phones in service; `has_device`: one of them can ring. `last_fix_age_s` is null without one.

    The last fix is at most a few seconds older than the unit's last report.
    """

    unit_id: UUID
    call_sign: str
    kind: UnitKind
    status: Status
    status_at: datetime
    incident_id: UUID | None
    has_device: bool
    devices: int
    last_fix_at: datetime | None
    last_fix_age_s: float | None

    @classmethod
    def of(cls, seen: UnitOnRoster) -> Self:
        unit, age_s = seen.listed.unit, seen.last_fix_age_s
        return cls(
            unit_id=unit.unit_id,
            call_sign=unit.call_sign,
            kind=unit.kind,
            status=unit.status,
            status_at=unit.status_at,
            incident_id=unit.incident_id,
            has_device=unit.has_device,
            devices=seen.listed.devices,
            last_fix_at=seen.listed.last_fix_at,
            last_fix_age_s=None if age_s is None else round(age_s, 1),
        )


class RosterAnswer(BaseModel):
    """By call sign."""

    items: list[UnitShown]


class SourceBody(BaseModel):
    model_config = _STRICT

    name: Name


class SourceChange(BaseModel):
    """A disabled source's messages are refused as a stranger's are."""

    model_config = _STRICT

    name: Name | None = None
    disabled: StrictBool | None = None


class SourceShown(BaseModel):
    """Never a secret, only how many are live: two while one is being replaced, since `rotated_at`.

    `last_detection_at` is when its last message about a detection came, `last_positions_at` when it last told
    positions, within a minute.
    """

    source_id: UUID
    name: str
    live_secrets: int
    created_at: datetime
    rotated_at: datetime | None
    disabled_at: datetime | None
    last_detection_at: datetime | None
    last_positions_at: datetime | None

    @classmethod
    def of(cls, listed: ListedSource) -> Self:
        source = listed.source
        return cls(
            source_id=source.source_id,
            name=source.name,
            live_secrets=len(source.secrets),
            created_at=source.created_at,
            rotated_at=source.rotated_at,
            disabled_at=source.disabled_at,
            last_detection_at=listed.last_detection_at,
            last_positions_at=source.last_positions_at,
        )


class SourcesAnswer(BaseModel):
    """By name."""

    items: list[SourceShown]


class SecretAnswer(BaseModel):
    """`secret` is shown this once: `whsec_` and base64, as Standard Webhooks has it."""

    source_id: UUID
    secret: str
