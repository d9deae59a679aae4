"""The rules an agency lives by: what they are, how they are changed, and what a change would have meant.

They apply to incidents that open from now on: an incident keeps the policy that it opened with.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.domain.candidacy import FARTHER
from service.domain.errors import Code, DomainError, not_found
from service.domain.incident import Incident
from service.domain.policy import Policy, problems
from service.domain.preview import Preview, ThatNight, preview
from service.domain.ranges import out_of_range
from service.domain.retention import Retention
from service.operations.administration import Administrator, acting
from service.operations.surroundings import as_candidate
from service.ports import Ports
from service.store import agencies, incidents, selections, units
from service.store.database import Database, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    policy: Policy
    retention: Retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """`call_signs` are those of the units that a preview speaks of by id."""

    preview: Preview
    call_signs: Mapping[UUID, str]


def show_rules(database: Database, *, agency_id: UUID) -> Rules:
    with database.transaction(agency_id) as tx:
        agency = agencies.agency(tx)
    return Rules(policy=agency.policy, retention=agency.retention)


def set_rules(
    database: Database, ports: Ports, *, by: Administrator, policy: Policy, retention: Retention | None = None
) -> Rules:
    """The policy for incidents that open from now on, and what is kept how long from the next purge on.

    A retention of None stays as it is; the same rules again change nothing. Raises DomainError(invalid) naming each
    field that cannot be, with the reason.
    """
    _must_be_possible(policy, retention)
    with acting(database, ports, by=by) as act:
        agency = agencies.lock(act.tx)
        if agency is None:
            raise not_found("agency")
        if changed := _changed(agency.policy, policy):
            agencies.set_policy(act.tx, policy)
            act.record("policy_changed", changed=changed)
        if retention is not None and (changed := _changed(agency.retention, retention)):
            agencies.set_retention(act.tx, retention)
            act.record("retention_changed", changed=changed)
    return Rules(policy=policy, retention=retention or agency.retention)


def preview_policy(
    database: Database, ports: Ports, *, by: Administrator, policy: Policy, incident_id: UUID
) -> Previewed:
    """Whom this incident would have asked under this policy, if nobody had answered. Nothing is changed or rung.

    It shows where units were, so it is on record. Raises DomainError: invalid, not_found, illegal_move when nobody was
    ever looked for, or the positions of then are no longer kept.
    """
    _must_be_possible(policy)
    with acting(database, ports, by=by) as act:
        incident = incidents.find(act.tx, incident_id)
        if incident is None:
            raise not_found("incident")
        night = _that_night(act.tx, incident)
        act.record("policy_previewed", of_incident=incident_id)
    known = {unit.unit_id: unit.call_sign for unit in (*night.units, *night.supervisors)}
    return Previewed(preview=preview(incident, night, policy=policy), call_signs=known)


def _must_be_possible(policy: Policy, retention: Retention | None = None) -> None:
    found = {f"policy.{field}": reason for field, reason in problems(policy).items()}
    if retention is not None:
        found |= {f"retention.{field}": reason for field, reason in out_of_range(retention).items()}
    if found:
        raise DomainError(Code.INVALID, "An agency cannot live by these rules; each field is named.", fields=found)


def _changed(before: Policy | Retention, after: Policy | Retention) -> dict[str, dict[str, Any]]:
    was, becomes = before.as_dict(), after.as_dict()
    return {name: {"before": was[name], "after": becomes[name]} for name in becomes if was[name] != becomes[name]}


def _that_night(tx: Transaction, incident: Incident) -> ThatNight:
    if incident.emergency_unit_id is not None:
        raise DomainError(Code.ILLEGAL_MOVE, "An officer called for help here; nothing was heard that could be played.")
    first = selections.first_of(tx, incident.incident_id)
    if first is None:
        raise DomainError(Code.ILLEGAL_MOVE, "Nobody was ever looked for in this incident.")
    if first.facts is None:
        raise DomainError(Code.ILLEGAL_MOVE, "The positions of that night are no longer kept.")
    # Supervisors ring wherever they are. Those who were too far away to be looked at then are taken as they are now.
    seen = {unit.unit_id for unit in first.facts}
    elsewhere = [as_candidate(unit) for unit in units.supervisors(tx) if unit.unit_id not in seen]
    return ThatNight(
        at=first.selected_at,
        units=first.facts,
        supervisors=[*first.facts, *elsewhere],
        everybody=FARTHER not in first.not_asked_more,
    )
