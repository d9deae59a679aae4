"""What one page says, the same for every way of saying it. Not for wire formats: those belong to the adapters."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.domain.alert import PageKind
from service.domain.detection import Sound


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Everything a phone needs for one (incident, sequence); every update carries everything.

    `alert_id` is None for a warning. `expires_at` is when nobody needs it any more (the push service's TTL).
    `reason` is the sentence a recall shows ("Covered by 3A12"). `timezone` is the agency's IANA name: no officer
    should read UTC. `minimal` leaves everything but ids, sequence and kind for the phone to fetch.
    """

    kind: PageKind
    incident_id: UUID
    alert_id: UUID | None
    sequence: int
    silent: bool
    sound: Sound
    distance_m: float | None
    deadline_at: datetime | None
    expires_at: datetime
    timezone: str
    reason: str = ""
    minimal: bool = False
