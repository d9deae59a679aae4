"""Statements of the auditor: what waits for nobody, in all agencies at once, and how it is put before the clock again.

The first are asked through narrow doors that give ids and figures alone. Mending is done under the agency's own rows,
and looks once more whether there is anything to mend: of two auditors one does it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from service.domain.vigilance import Finding
from service.store.database import Database, Transaction


class Neglected(NamedTuple):
    """A row that nobody looks at. `row_id` is the incident's, the alert's or the page's, as the finding says."""

    finding: Finding
    agency_id: UUID
    incident_id: UUID
    row_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSigns:
    """Of the whole installation without its canary; what is counted or measured is of the last so many seconds.

    `pages_refused`: for a reason that is ours, at once or again and again, the canary's among them, of so many
    `agencies_refused`.
    `page_delays_s` (an alert's page: from queued to handed over) and `escalation_delays_s` (after the deadline) are the
    quantiles of `QUANTILES`, empty when there were none.
    """

    living_incidents: Mapping[str, int]
    pages_waiting: int
    pages: Mapping[str, int]
    pages_repeated: int
    pages_refused: int
    agencies_refused: int
    pages_rung: int
    pages_hushed: int
    page_delays_s: Sequence[float]
    escalation_delays_s: Sequence[float]
    unsealed_since: datetime | None


QUANTILES = ("0.5", "0.95", "0.99", "1")
_NEGLECTED = text("select * from neglected_rows(:now, :grace, :at_most)")
_VITAL_SIGNS = text("select vital_signs(:lately)")
# The same conditions as in the door: whoever was here before has mended it.
_MEND_INCIDENT = text(
    """
    update incidents i set next_action_at = :now, deadline_at = case
        when i.state = 'unanswered' or i.state = 'open' and i.level > 0 then coalesce(i.deadline_at, :now)
        else i.deadline_at end
    where i.agency_id = :agency_id and i.incident_id = :row_id
      and i.state in ('covered', 'held', 'open', 'unanswered') and (
          i.next_action_at is null and (i.state in ('held', 'unanswered') or i.state = 'open' and i.level > 0)
       or i.next_action_at > i.deadline_at + :grace
       or exists (select from alerts a
                   where a.agency_id = i.agency_id and a.incident_id = i.incident_id
                     and a.state in ('queued', 'sent', 'received')
                     and (i.next_action_at is null or i.next_action_at > a.deadline_at + :grace)))
    returning i.incident_id
    """
)
_MEND_UNIT = text(
    """
    update alerts set next_look_at = :now
    where agency_id = :agency_id and alert_id = :row_id
      and state = 'acknowledged' and cleared_at is null and next_look_at is null
    returning alert_id
    """
)
_MEND_PAGE = text(
    """
    update pages set next_action_at = :now
    where agency_id = :agency_id and page_id = :row_id and state in ('pending', 'sending')
      and (next_action_at is null or next_action_at > expires_at + :grace)
    returning page_id
    """
)
_MEND = {
    Finding.INCIDENT_LOST: _MEND_INCIDENT,
    Finding.UNIT_LOST: _MEND_UNIT,
    Finding.PAGE_LOST: _MEND_PAGE,
}


def neglected(database: Database, *, now: datetime, grace: timedelta, at_most: int) -> list[Neglected]:
    """Of each kind at most so many, whatever the agency. `grace` is how late a row may be before it counts."""
    with database.outside() as connection:
        rows = connection.execute(_NEGLECTED, {"now": now, "grace": grace, "at_most": at_most})
        return [Neglected(Finding(row.finding), row.agency_id, row.incident_id, row.row_id) for row in rows]


def mend(tx: Transaction, row: Neglected, *, now: datetime, grace: timedelta) -> bool:
    """The clock looks at it now. False when there was nothing to mend any more, or the finding is none to mend."""
    statement = _MEND.get(row.finding)
    if statement is None:
        return False
    values = {"agency_id": tx.agency_id, "row_id": row.row_id, "now": now, "grace": grace}
    wanted = {name: value for name, value in values.items() if f":{name}" in statement.text}
    return tx.session.execute(statement, wanted).first() is not None


def vital_signs(database: Database, *, lately: timedelta) -> VitalSigns:
    with database.outside() as connection:
        found: dict[str, Any] = connection.execute(_VITAL_SIGNS, {"lately": lately}).scalar_one()
    unsealed_since = found["unsealed_since"]
    return VitalSigns(
        living_incidents=found["incidents"],
        pages_waiting=found["pages_waiting"],
        pages=found["pages"],
        pages_repeated=found["pages_repeated"],
        pages_refused=found["pages_refused"],
        agencies_refused=found["agencies_refused"],
        pages_rung=found["pages_rung"],
        pages_hushed=found["pages_hushed"],
        page_delays_s=found["page_delays_s"] or (),
        escalation_delays_s=found["escalation_delays_s"] or (),
        unsealed_since=datetime.fromisoformat(unsealed_since) if unsealed_since else None,
    )
