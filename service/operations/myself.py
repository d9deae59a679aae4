"""What does a phone know of its own unit: who it is, how it is, and who comes when its officer has called for help?"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.alert import AlertState, Role
from service.domain.incident import Incident
from service.operations.registry import SignedInDevice
from service.store import alerts, emergencies, incidents, units
from service.store.database import Database, Transaction
from service.store.units import StoredUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Myself:
    """`emergency` is the living call for help of the unit's officer; `coming` are who goes, the primary unit first."""

    unit: StoredUnit
    emergency: Incident | None
    coming: Sequence[str]


def look_at_myself(database: Database, *, device: SignedInDevice) -> Myself:
    """The unit of this device, as it is now."""
    with database.transaction(device.agency_id) as tx:
        unit = units.by_id(tx, [device.unit_id])[device.unit_id]
        known = emergencies.living_of(tx, device.unit_id)
        emergency = incidents.find(tx, known) if known else None
        return Myself(unit=unit, emergency=emergency, coming=_coming(tx, emergency) if emergency else ())


def _coming(tx: Transaction, emergency: Incident) -> list[str]:
    going = [one for one in alerts.of_incident(tx, emergency.incident_id) if one.state is AlertState.ACKNOWLEDGED]
    return [alert.call_sign for alert in sorted(going, key=lambda alert: alert.role is not Role.PRIMARY)]
