"""An asked unit has no phone left that can ring: the next nearest is asked in its place, at once and with its deadline.

Found out in three ways (a push service that says so, a revoked device, a target that another device has now) and mended
in one: whoever notices calls `replace_unreachable`, and the clock does when nobody came to it.
"""

from datetime import datetime
from uuid import UUID

from service.domain.escalation import decide
from service.domain.events import PhonesDead
from service.domain.incident import Incident
from service.operations.decisions import carry_out
from service.operations.surroundings import Surroundings, candidates
from service.store import alerts, incidents, units
from service.store.database import Transaction


def replace_unreachable(tx: Transaction, incident: Incident, around: Surroundings, *, now: datetime) -> bool:
    """True when pages were queued. The caller holds the incident's row; a second call finds nobody unreachable."""
    queued = False
    for alert_id in _unreachable(tx, incident.incident_id):
        # Each replacement changes what the next is decided on.
        current = incidents.find(tx, incident.incident_id)
        if current is not None:
            queued |= _replace(tx, current, alert_id, around, now=now)
    return queued


def _unreachable(tx: Transaction, incident_id: UUID) -> list[UUID]:
    ringing = [alert for alert in alerts.of_incident(tx, incident_id) if alert.rings]
    known = units.by_id(tx, [alert.unit_id for alert in ringing])
    return [alert.alert_id for alert in ringing if not known[alert.unit_id].has_device]


def _replace(tx: Transaction, incident: Incident, alert_id: UUID, around: Surroundings, *, now: datetime) -> bool:
    known = alerts.of_incident(tx, incident.incident_id)
    found = candidates(tx, incident, known, around, want=1, now=now)
    decision = decide(incident, known, event=PhonesDead(alert_id=alert_id, candidates=found), now=now)
    return carry_out(tx, incident, decision, now=now, actor="worker", found=found)
