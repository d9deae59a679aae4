"""What do an incident's own alerts make of the units around it? For every selection the same: a real one, a preview.

Not for choosing among them (`selection`), nor for what follows from the choice (`escalation`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from service.domain.alert import Alert, AlertState
from service.domain.incident import Incident, IncidentState
from service.domain.policy import Policy
from service.domain.selection import Candidate, Selection

FARTHER = "farther than the units looked at"
"""Why units are not asked that nobody looked at: there are enough nearer ones. Others of them might have been next."""


def by_their_alerts(units: Iterable[Candidate], alerts: Sequence[Alert], *, now: datetime) -> tuple[Candidate, ...]:
    """The units, each with what is known of its alert.

    Alerts whose deadline has come count as expired already: this is asked in the moment in which they expire.
    """
    alert_of = {alert.unit_id: alert for alert in alerts}
    return tuple(
        replace(unit, alert_state=_state_at(alert, now), refused=alert.refused)
        if (alert := alert_of.get(unit.unit_id))
        else unit
        for unit in units
    )


def supervisors_are_next(incident: Incident, selection: Selection) -> bool:
    """After the last level, or when nobody else is left; at every level when an officer has called for help."""
    last = incident.level >= incident.policy.levels or incident.state is IncidentState.UNANSWERED
    return last or not selection.asked or incident.emergency_unit_id is not None


def suffices(selection: Selection, *, want: int, policy: Policy) -> bool:
    """Would looking farther change nothing? Units with an old fix are asked only when nobody else is left."""
    ages_s = [unit.fix_age_s or 0 for unit in selection.asked]
    return len(ages_s) >= want and max(ages_s, default=0) <= policy.usable_fix_age_s


def _state_at(alert: Alert, now: datetime) -> AlertState:
    return AlertState.EXPIRED if alert.rings and alert.deadline_at <= now else alert.state
