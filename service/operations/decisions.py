"""Carries out what the domain decided: rows change, pages are queued, the journal is written. Not for deciding."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from service.domain.alert import PageKind
from service.domain.effects import (
    AskUnit,
    BusyUnit,
    Change,
    Decision,
    FreeUnit,
    MoveAlert,
    MoveIncident,
    Page,
    Promote,
    Schedule,
)
from service.domain.errors import Code, DomainError
from service.domain.events import Candidates
from service.domain.incident import Incident, IncidentState
from service.domain.selection import NotAsked
from service.domain.unit import Status
from service.store import alerts, devices, emergencies, incidents, journal, pages, selections, units
from service.store.database import Transaction
from service.store.journal import Entry
from service.store.pages import NewPage


def carry_out(
    tx: Transaction,
    incident: Incident,
    decision: Decision,
    *,
    now: datetime,
    actor: str,
    found: Candidates | None = None,
) -> bool:
    """True when pages were queued: nudge the workers once this transaction is committed.

    The caller holds the incident's row, so that what was decided is still true. `found` is who could have been asked:
    it is recorded when somebody was asked, or when nobody could be.
    """
    if not decision.changes and not decision.pages:
        return False
    incident_id = incident.incident_id
    asks = [change for change in decision.changes if isinstance(change, AskUnit)]
    units.lock(tx, [change.unit_id for change in decision.changes if isinstance(change, BusyUnit | FreeUnit)])
    for change in decision.changes:
        _apply(tx, incident_id, change, now=now)
    asked_ids = alerts.ask(tx, incident_id, asks, now=now)
    if found is not None:
        _record_selection(tx, incident, decision, found, now=now)
    sequence = _advance(tx, incident, decision, now=now)
    queued = False
    if decision.pages:
        # Every phone of the incident has something new to catch up with; it also gives each page its alert.
        # Before the first change was pushed there are no others than those just asked, or those of a merged incident.
        alert_ids = alerts.touch_all(tx, incident_id, now=now) if incident.sequence or not asks else asked_ids
        _explain_recalls(tx, incident_id, decision.pages)
        decision = replace(decision, pages=_audible(tx, decision.pages))
        queued = _queue(tx, incident, decision.pages, alert_ids=alert_ids, sequence=sequence, now=now)
    journal.write(tx, _entries(incident, decision, sequence=sequence, now=now, actor=actor))
    return queued


def _advance(tx: Transaction, incident: Incident, decision: Decision, *, now: datetime) -> int:
    """The incident's own part of the decision; its sequence afterwards."""
    schedules = [change for change in decision.changes if isinstance(change, Schedule)]
    sequence = incidents.advance(
        tx,
        incident,
        moves=[change.to for change in decision.changes if isinstance(change, MoveIncident)],
        schedule=schedules[-1] if schedules else None,
        pushes=bool(decision.pages),
        now=now,
    )
    if sequence is None:
        raise DomainError(Code.UNAVAILABLE, "Somebody else was first; ask again.", retry_after_s=0.1)
    return sequence


def _record_selection(
    tx: Transaction, incident: Incident, decision: Decision, found: Candidates, *, now: datetime
) -> None:
    asks = [change for change in decision.changes if isinstance(change, AskUnit)]
    gave_up = any(change == MoveIncident(to=IncidentState.UNANSWERED) for change in decision.changes)
    if not asks and not gave_up:
        return
    asked_units = {ask.asked.unit_id for ask in asks}
    left = tuple(
        NotAsked(unit_id=unit.unit_id, call_sign=unit.call_sign, reason="no level is left")
        for unit in found.units.asked
        if unit.unit_id not in asked_units
    )
    not_asked = tuple(unit for unit in found.units.not_asked if unit.unit_id not in asked_units)
    shown = replace(found.units, asked=tuple(ask.asked for ask in asks), not_asked=left + not_asked)
    level = asks[0].level if asks else incident.level + 1
    at = found.selected_at or now
    selections.add(tx, incident.incident_id, shown, level=level, facts=found.facts, at=at)


def _apply(tx: Transaction, incident_id: UUID, change: Change, *, now: datetime) -> None:
    match change:
        case MoveAlert():
            alerts.move(tx, change.alert_id, to=change.to, now=now, role=change.role)
        case Promote():
            alerts.promote(tx, change.alert_id, now=now)
        case BusyUnit():
            units.make_busy(tx, change.unit_id, incident_id, status=Status.EN_ROUTE, now=now)
        case FreeUnit():
            free_unit(tx, change.unit_id, incident_id, now=now)
        case AskUnit() | MoveIncident() | Schedule():
            pass  # each of these kinds is one statement


def free_unit(tx: Transaction, unit_id: UUID, incident_id: UUID, *, now: datetime) -> None:
    """A unit has nothing more to do with an incident: it is available, or goes on with another it has acknowledged.

    Unless it is not on this incident any more, or has meanwhile said otherwise.
    """
    # Or two incidents that end at once each send it on to the other, and it stays busy with nothing.
    units.lock(tx, [unit_id])
    other = alerts.other_duty(tx, unit_id, apart_from=incident_id)
    if other is None:
        units.free(tx, unit_id, incident_id, now=now)
    else:
        status = Status.ON_SCENE if other.is_on_scene else Status.EN_ROUTE
        units.go_on(tx, unit_id, incident_id, to=other.incident_id, status=status, now=now)


def _audible(tx: Transaction, wanted: Sequence[Page]) -> tuple[Page, ...]:
    """Without those for an officer who has called for help: a phone that rings tells where somebody hides."""
    calling = emergencies.calling(tx, {page.unit_id for page in wanted})
    return tuple(page for page in wanted if page.unit_id not in calling)


def _queue(
    tx: Transaction,
    incident: Incident,
    wanted: Sequence[Page],
    *,
    alert_ids: dict[UUID, UUID],
    sequence: int,
    now: datetime,
) -> bool:
    by_unit = {page.unit_id: page for page in sorted(wanted, key=lambda page: page.loud)}
    queued = [
        NewPage(
            alert_id=alert_ids.get(device.unit_id) if page.kind is not PageKind.WARNING else None,
            unit_id=device.unit_id,
            device_id=device.device_id,
            kind=page.kind,
            loud=page.loud,
            reason=page.reason,
        )
        for device in devices.of_units(tx, by_unit)
        if (page := by_unit[device.unit_id])
    ]
    if queued:
        lifetime = timedelta(seconds=incident.policy.page_lifetime_s)
        pages.add(tx, incident.incident_id, queued, sequence=sequence, now=now, lifetime=lifetime)
    return bool(queued)


def _explain_recalls(tx: Transaction, incident_id: UUID, wanted: Sequence[Page]) -> None:
    by_reason = defaultdict(list)
    for page in wanted:
        if page.kind is PageKind.RECALL:
            by_reason[page.reason].append(page.unit_id)
    for reason, unit_ids in by_reason.items():
        alerts.explain(tx, incident_id, unit_ids, reason)


def _entries(incident: Incident, decision: Decision, *, sequence: int, now: datetime, actor: str) -> Iterable[Entry]:
    for change in decision.changes:
        if told := _told(change):
            action, details = told
            yield Entry(at=now, actor=actor, action=action, incident_id=incident.incident_id, details=details)
    if decision.pages:
        details = {
            "sequence": sequence,
            "units": [
                {"unit_id": str(page.unit_id), "kind": page.kind, "loud": page.loud, "reason": page.reason}
                for page in decision.pages
            ],
        }
        yield Entry(at=now, actor=actor, action="pages_queued", incident_id=incident.incident_id, details=details)


def _told(change: Change) -> tuple[str, dict[str, Any]] | None:
    told: tuple[str, dict[str, Any]] | None
    match change:
        case AskUnit():
            told = (
                "unit_asked",
                {
                    "unit_id": str(change.asked.unit_id),
                    "call_sign": change.asked.call_sign,
                    "level": change.level,
                    "rank": change.asked.rank,
                    "reason": change.asked.reason,
                    "deadline_at": change.deadline_at.isoformat(),
                },
            )
        case MoveAlert():
            role = {"role": change.role} if change.role else {}
            told = f"alert_{change.to}", {"alert_id": str(change.alert_id)} | role
        case Promote():
            told = "unit_promoted", {"alert_id": str(change.alert_id)}
        case MoveIncident():
            told = f"incident_{change.to}", {}
        case BusyUnit():
            told = "unit_en_route", {"unit_id": str(change.unit_id)}
        case FreeUnit():
            told = "unit_freed", {"unit_id": str(change.unit_id)}
        case Schedule():
            told = None
    return told
