"""What must a dispatcher see to in an incident now, whoever opens the console whenever? Nothing is written here.

As it is, not as it was told: the clock tells (`care`), and this goes when somebody has handled it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from service.domain.alert import Alert
from service.domain.concerns import Worry, worries
from service.domain.incident import Incident
from service.operations.care import duty_of
from service.store import alerts
from service.store.alerts import StoredAlert
from service.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One worry, and the alert of the unit that it is about."""

    alert: Alert
    worry: Worry


def concerns_of(incident: Incident, its_alerts: Iterable[StoredAlert]) -> list[Standing]:
    """Of the units that go or are there, the most pressing of each first; none of an incident that is over."""
    if not incident.lives:
        return []
    on_duty = [stored for stored in its_alerts if stored.is_on_duty]
    return [Standing(alert=stored.alert, worry=worry) for stored in on_duty for worry in worries(duty_of(stored))]


def concerns_of_incidents(
    database: Database, incidents: Sequence[Incident], *, agency_id: UUID
) -> Mapping[UUID, list[Standing]]:
    """By incident, an empty list for whichever has none."""
    living = [incident.incident_id for incident in incidents if incident.lives]
    asked: Mapping[UUID, list[StoredAlert]] = {}
    if living:
        with database.transaction(agency_id) as tx:
            asked = alerts.stages_of_incidents(tx, living)
    return {each.incident_id: concerns_of(each, asked.get(each.incident_id, ())) for each in incidents}
