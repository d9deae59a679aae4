"""A drill: every phone of some units is rung by the whole real path, and nothing else happens. Started, told, finished.

It is kept as an incident that was cancelled before it began: so no shot joins it, no level follows, no unit is busy
with it, and nobody is warned. Who finishes it is whoever comes first: the command that waits for it, or the clock.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.alert import AlertState, PageKind
from service.domain.detection import Classification, Confidence, Sound
from service.domain.drill import LeftAlone, Moment, Report, UnitReport
from service.domain.drill_words import reported
from service.domain.effects import AskUnit
from service.domain.errors import Code, DomainError, not_found
from service.domain.incident import IncidentState
from service.domain.selection import Asked
from service.domain.unit import NOWHERE, Status
from service.operations.administration import Administrator
from service.operations.drill_facts import facts_of
from service.operations.one_by_one import passed_over
from service.operations.paging import nudge_workers
from service.ports import Ports
from service.store import agencies, alerts, devices, drills, emergencies, incidents, journal, pages, superseded, units
from service.store.database import Database, Transaction
from service.store.drills import DrilledUnit, StoredDrill
from service.store.journal import Entry, Search
from service.store.pages import NewPage
from service.store.units import BUSY

WAIT_S = 30
SHORTEST_S, LONGEST_S = 5, 300
DRILLS_EVERY_S = 1.0
AT_MOST = 200
"""Drills that the clock finishes in one look; the rest is the next one's."""
SAYS = "Nothing was heard. Press “Received”."


def start_drill(
    database: Database, ports: Ports, *, by: Administrator, unit_ids: Sequence[UUID], wait_s: float = WAIT_S
) -> UUID:
    """Ring all phones of these units; those that must not be rung now are left alone, and the report says why.

    Raises DomainError: not_found for a unit of nobody's, invalid without any or for another time than 5–300 s.
    """
    if not unit_ids or not SHORTEST_S <= wait_s <= LONGEST_S:
        raise DomainError(Code.INVALID, f"A drill is for at least one unit, and {SHORTEST_S} to {LONGEST_S} s long.")
    now = ports.clock.now()
    with database.transaction(by.agency_id, origin=by.origin) as tx:
        drilled = _drilled(tx, unit_ids, now=now)
        drill_id = _open(tx, drilled, now=now, until=now + timedelta(seconds=wait_s), actor=by.actor)
    nudge_workers(ports, by.agency_id, drill_id)
    return drill_id


def show_drill(database: Database, ports: Ports, *, agency_id: UUID, drill_id: UUID) -> tuple[StoredDrill, Report]:
    """What is known by now; once it is finished, what was known then. Raises DomainError(not_found)."""
    with database.transaction(agency_id) as tx:
        drill = _find(tx, drill_id)
        return drill, _report(tx, drill, now=ports.clock.now())


def show_drill_of_unit(
    database: Database, ports: Ports, *, agency_id: UUID, unit_id: UUID, drill_id: UUID
) -> tuple[StoredDrill, Report, UnitReport]:
    """As `show_drill`, with this unit's part. Raises DomainError(not_found), also when it was not this unit's."""
    drill, report = show_drill(database, ports, agency_id=agency_id, drill_id=drill_id)
    for unit in report.units:
        if unit.unit_id == str(unit_id):
            return drill, report, unit
    raise not_found("drill")


def finish_drill(database: Database, ports: Ports, *, agency_id: UUID, drill_id: UUID, actor: str) -> Report:
    """Nobody is waited for any more: what was found is kept, in the journal too. A second call finds the same.

    Raises DomainError(not_found).
    """
    now = ports.clock.now()
    with database.transaction(agency_id) as tx:
        if incidents.lock(tx, drill_id) is None:
            raise not_found("drill")
        drill = _find(tx, drill_id)
        report = _report(tx, drill, now=now, is_over=True)
        if drills.finish(tx, drill_id, report.as_dict(), now=now):
            _end(tx, drill_id, now=now)
            _journal(tx, drill_id, "drill_finished", _told(report), now=now, actor=actor)
    return report


def finish_due(database: Database, ports: Ports) -> int:
    """Finish drills whose time is over, as the clock does; how many there were."""
    due = drills.due(database, now=ports.clock.now(), at_most=AT_MOST)
    for row in due:
        with passed_over("due_drill_failed", incident_id=row.incident_id):
            finish_drill(database, ports, agency_id=row.agency_id, drill_id=row.incident_id, actor="clock")
    return len(due)


# -- start ----------------------------------------------------------------------------------------------------------


def _drilled(tx: Transaction, unit_ids: Sequence[UUID], *, now: datetime) -> list[DrilledUnit]:
    wanted = list(dict.fromkeys(unit_ids))
    # Nobody drills the same unit at the same time, and none of them becomes busy meanwhile.
    units.lock(tx, wanted)
    known = units.by_id(tx, wanted)
    if len(known) < len(wanted):
        raise not_found("unit")
    units_for = {
        LeftAlone.CALLS_FOR_HELP: emergencies.calling(tx, wanted),
        LeftAlone.OFF_DUTY: {unit.unit_id for unit in known.values() if unit.status is Status.OFF_DUTY},
        LeftAlone.BUSY: {unit.unit_id for unit in known.values() if unit.status in BUSY},
        # "Nothing was heard" must not come over what was.
        LeftAlone.RINGS: alerts.ringing(tx, wanted),
        LeftAlone.DRILLED_ALREADY: drills.running(tx, now=now),
    }
    return [
        DrilledUnit(unit_id=unit_id, call_sign=known[unit_id].call_sign, left_alone=_left_alone(unit_id, units_for))
        for unit_id in wanted
    ]


def _left_alone(unit_id: UUID, units_for: Mapping[LeftAlone, Collection[UUID]]) -> LeftAlone | None:
    """A siren would tell where somebody hides, or come between an officer and what is really going on."""
    return next((reason for reason, unit_ids in units_for.items() if unit_id in unit_ids), None)


def _open(tx: Transaction, drilled: Sequence[DrilledUnit], *, now: datetime, until: datetime, actor: str) -> UUID:
    sound = Sound(
        occurred_at=now,
        # A drill is nowhere: an officer's own place would be kept for longer than positions are.
        place=NOWHERE,
        uncertainty_m=0.0,
        classification=Classification.UNKNOWN,
        confidence=Confidence.HIGH,
        address="Drill",
    )
    policy = agencies.agency(tx).policy
    incident = incidents.open_new(tx, sound=sound, state=IncidentState.CANCELLED, policy=policy, now=now)
    incidents.note(tx, incident.incident_id, drill=True, sequence=1)
    drills.begin(tx, incident.incident_id, drilled, now=now, until=until)
    rung = [unit for unit in drilled if unit.left_alone is None]
    details = {
        "units": [{"unit_id": str(unit.unit_id), "left_alone": unit.left_alone} for unit in drilled],
        "until": until.isoformat(),
    }
    _journal(tx, incident.incident_id, "drill_started", details, now=now, actor=actor)
    _ring(tx, incident.incident_id, rung, now=now, until=until, actor=actor)
    return incident.incident_id


def _ring(
    tx: Transaction, drill_id: UUID, rung: Sequence[DrilledUnit], *, now: datetime, until: datetime, actor: str
) -> None:
    asks = [AskUnit(asked=_asked(unit), level=1, deadline_at=until) for unit in rung]
    alert_ids = alerts.ask(tx, drill_id, asks, now=now)
    queued = [
        NewPage(
            alert_id=alert_ids[phone.unit_id],
            unit_id=phone.unit_id,
            device_id=phone.device_id,
            kind=PageKind.DRILL,
            loud=True,
            reason=SAYS,
        )
        for phone in devices.of_units(tx, alert_ids)
    ]
    if queued:
        pages.add(tx, drill_id, queued, sequence=1, now=now, lifetime=until - now)
    # As every change that is pushed: it is what streams tell of.
    told = {"kind": PageKind.DRILL, "loud": True, "reason": SAYS}
    units_told = [{"unit_id": str(unit.unit_id)} | told for unit in rung]
    _journal(tx, drill_id, "pages_queued", {"sequence": 1, "units": units_told}, now=now, actor=actor)


def _asked(unit: DrilledUnit) -> Asked:
    return Asked(
        unit_id=unit.unit_id, call_sign=unit.call_sign, rank=1, distance_m=None, fix_age_s=None, reason="drill"
    )


# -- tell and finish --------------------------------------------------------------------------------------------------


def _find(tx: Transaction, drill_id: UUID) -> StoredDrill:
    drill = drills.find(tx, drill_id)
    if drill is None:
        raise not_found("drill")
    return drill


def _report(tx: Transaction, drill: StoredDrill, *, now: datetime, is_over: bool = False) -> Report:
    if drill.report is not None:
        return Report.from_dict(drill.report)
    moment = Moment(
        now=now,
        started_at=drill.started_at,
        until=drill.until,
        is_over=is_over or now >= drill.until,
        timezone=agencies.agency(tx).timezone,
    )
    return reported(facts_of(tx, drill), at=moment, is_sealed=_is_sealed(tx, drill.drill_id))


def _is_sealed(tx: Transaction, drill_id: UUID) -> bool:
    """A clock is alive somewhere: it has given the drill's first entry its number."""
    found = journal.find(tx, Search(incident_id=drill_id, action="drill_started"), limit=1)
    return any(stored.number is not None for stored in found)


def _end(tx: Transaction, drill_id: UUID, *, now: datetime) -> None:
    """Nothing of it rings any more, on no phone."""
    for alert in alerts.of_incident(tx, drill_id):
        if alert.rings:
            alerts.move(tx, alert.alert_id, to=AlertState.EXPIRED, now=now)
    superseded.take_back_all(tx, drill_id, now=now)


def _told(report: Report) -> dict[str, object]:
    """For the journal: who was ready, and what was wrong with the others, in words."""
    return {
        "ready": sum(unit.is_ready for unit in report.units),
        "units": [
            {
                "unit_id": unit.unit_id,
                "call_sign": unit.call_sign,
                "is_ready": unit.is_ready,
                "findings": [
                    finding.what
                    for finding in (*unit.findings, *(each for phone in unit.phones for each in phone.findings))
                ],
            }
            for unit in report.units
        ],
        "findings": [finding.what for finding in report.findings],
    }


def _journal(
    tx: Transaction, drill_id: UUID, action: str, details: Mapping[str, object], *, now: datetime, actor: str
) -> None:
    journal.write(tx, [Entry(at=now, actor=actor, action=action, incident_id=drill_id, details=dict(details))])
