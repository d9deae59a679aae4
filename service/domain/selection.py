"""Which units are asked, in what order, and why the others are not. Not for when: that is `escalation`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from service.domain.alert import AlertState
from service.domain.unit import Fix, Status, UnitKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A unit as selection sees it. `alert_state` is its alert of this same incident, None when it was never asked."""

    unit_id: UUID
    call_sign: str
    kind: UnitKind
    status: Status
    has_device: bool
    fix: Fix | None
    alert_state: AlertState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`rank` counts from 1 within one selection; `distance_m` is geodesic, without the penalty for a poor fix."""

    unit_id: UUID
    call_sign: str
    rank: int
    distance_m: float | None
    fix_age_s: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAsked:
    unit_id: UUID
    call_sign: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`asked` in order of rank; `not_asked` the nearest 100 with reasons; `not_asked_more` counts the rest by reason.

    `warned` are on-duty units so close to the place that they get a warning, whatever their status.
    """

    asked: tuple[Asked, ...] = ()
    not_asked: tuple[NotAsked, ...] = ()
    not_asked_more: Mapping[str, int] = field(default_factory=dict)
    warned: tuple[UUID, ...] = ()
