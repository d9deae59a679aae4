"""What does a phone send when its officer is asked how it goes, or calls for help; what does it learn of itself?

A call for help is not refused for what is wrong with it: a place or a time that makes no sense counts as not told.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from service.api.fields import Instant
from service.api.schemas_units import EnrolledUnit
from service.domain.emergency import Told
from service.domain.geo import Point
from service.domain.incident import IncidentState
from service.domain.unit import Status
from service.operations.emergencies import Call
from service.operations.myself import Myself
from service.operations.registry import SignedInDevice


def _none_when_wrong(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


class SpotBody(BaseModel):
    """WGS-84 degrees; accuracy in metres (1 σ)."""

    model_config = ConfigDict(strict=True)

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    accuracy_m: Annotated[float, Field(ge=0)] | None = None


class EmergencyBody(BaseModel):
    """Both are welcome and neither is needed; what makes no sense is passed over. `at` is by the phone's clock."""

    at: Annotated[Instant | None, WrapValidator(_none_when_wrong)] = None
    location: Annotated[SpotBody | None, WrapValidator(_none_when_wrong)] = None

    def to_call(self) -> Call:
        spot = self.location
        told = Told(point=Point(lat=spot.lat, lon=spot.lon), accuracy_m=spot.accuracy_m) if spot else None
        return Call(told=told, at=self.at)


class WelfareBody(EmergencyBody):
    """`help` calls for help, as the emergency button does."""

    answer: Literal["all_right", "help"]


class EmergencyAnswer(BaseModel):
    """Pressed again, it is the same incident."""

    incident_id: UUID


class OwnEmergency(BaseModel):
    """`coming` are the call signs of those who are on their way, the primary unit first."""

    incident_id: UUID
    state: IncidentState
    called_at: datetime
    coming: list[str]


class MeAnswer(BaseModel):
    """`incident_id` is what the unit is busy with; `emergency` its officer's living call for help."""

    device_id: UUID
    unit: EnrolledUnit
    status: Status
    status_at: datetime
    incident_id: UUID | None
    emergency: OwnEmergency | None

    @classmethod
    def of(cls, device: SignedInDevice, myself: Myself) -> Self:
        unit = myself.unit
        return cls(
            device_id=device.device_id,
            unit=EnrolledUnit(id=unit.unit_id, call_sign=unit.call_sign),
            status=unit.status,
            status_at=unit.status_at,
            incident_id=unit.incident_id,
            emergency=_own_emergency(myself),
        )


def _own_emergency(myself: Myself) -> OwnEmergency | None:
    called = myself.emergency
    if called is None:
        return None
    return OwnEmergency(
        incident_id=called.incident_id, state=called.state, called_at=called.opened_at, coming=list(myself.coming)
    )
