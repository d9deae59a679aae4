"""Was everybody who had to ring handed a page? PostgreSQL's rows beside the push service's record of deliveries.

What was promised is judged by two who do not know each other: the database says who was asked, the stand-in what came.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chaos.outside import Taken
from chaos.stand import Stand

_UNSETTLED = """
select count(*) as pages from pages where state in ('pending', 'sending')
"""
_DETECTIONS = """
select detection_id, incident_id::text from detections where agency_id = any(%(agencies)s) and revision = 0
"""
_INCIDENTS = "select incident_id::text, merged_into::text from incidents"
_ALERTS = """
select a.incident_id::text, a.alert_id::text, a.state, a.level, d.push_value as target
  from alerts a join devices d using (agency_id, unit_id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is missing, in words; empty when nothing is."""

    lost: Sequence[str]
    unrung: Sequence[str]
    unsettled: int

    @property
    def nothing_lost(self) -> bool:
        return not (self.lost or self.unrung or self.unsettled)


def unsettled_pages(stand: Stand) -> int:
    return int(stand.sql_again(_UNSETTLED)[0]["pages"])


def looked_for(stand: Stand, taken: Iterable[Taken]) -> Finding:
    """Every detection that was answered 202, in the database; and each alert of its incident, at the push service.

    An incident that was merged, because a later detection bridged two of them, is looked for as the one that took it.
    """
    taken = list(taken)
    now = _Now(stand)
    stored = stand.sql_again(_DETECTIONS, {"agencies": list({each.agency_id for each in taken})})
    found = {row["detection_id"]: now.incident(row["incident_id"]) for row in stored}
    lost = [
        each.detection_id for each in taken if found.get(each.detection_id, "") != now.incident(str(each.incident_id))
    ]
    incidents = {now.incident(str(each.incident_id)) for each in taken}
    return Finding(lost=lost, unrung=list(_unrung(stand, now, incidents)), unsettled=unsettled_pages(stand))


class _Now:
    """Which incident has become of which."""

    def __init__(self, stand: Stand) -> None:
        self._into = {row["incident_id"]: row["merged_into"] for row in stand.sql_again(_INCIDENTS)}

    def incident(self, incident_id: str) -> str:
        """The same, unless it was merged. Of one that is not there it makes none that is."""
        while into := self._into.get(incident_id):
            incident_id = into
        return incident_id if incident_id in self._into else f"no incident {incident_id}"


def _unrung(stand: Stand, now: _Now, incidents: set[str]) -> Iterable[str]:
    """Incidents for which nobody was asked, and alerts of which neither their phone heard nor, later, another one."""
    rung = {(now.incident(each.data["incident_id"]), each.target) for each in stand.deliveries()}
    highest: dict[str, int] = {}
    alerts = [row for row in stand.sql_again(_ALERTS) if row["incident_id"] in incidents]
    for row in alerts:
        if (row["incident_id"], row["target"]) in rung:
            highest[row["incident_id"]] = max(highest.get(row["incident_id"], 0), row["level"])
    for row in alerts:
        if row["state"] == "queued":
            yield f"alert {row['alert_id']} is still queued"
        elif (row["incident_id"], row["target"]) not in rung and row["level"] >= highest.get(row["incident_id"], 0):
            yield f"alert {row['alert_id']} of level {row['level']} ({row['state']}) was never handed over"
    asked = {row["incident_id"] for row in alerts}
    yield from (f"nobody was asked for incident {each}" for each in sorted(incidents - asked))
