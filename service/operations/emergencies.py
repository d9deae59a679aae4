"""What happens when an officer calls for help: an incident without a detection, at once, wherever the officer may be.

Never refused: whatever is missing or wrong, somebody is told. From then on it is an incident like any other. The
calling unit's own phones stay silent, for this incident and every other: a siren would tell where somebody hides.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from service.domain.detection import Sound
from service.domain.emergency import Clues, Told, Whereabouts, call_of, has_moved, has_moved_far, locate, rules_of
from service.domain.escalation import decide
from service.domain.events import Changed, Opened
from service.domain.geo import Point
from service.domain.incident import Incident, IncidentState
from service.domain.unit import Status
from service.operations.decisions import carry_out
from service.operations.paging import nudge_workers
from service.operations.registry import SignedInDevice
from service.operations.surroundings import Surroundings, candidates, looking_around
from service.ports import Ports
from service.store import agencies, alerts, emergencies, fixes, incidents, journal, superseded, units
from service.store.database import Database, Transaction
from service.store.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`told` is where the phone says that it is; `at` is when the button was pressed, by the phone's clock."""

    told: Told | None = None
    at: datetime | None = None


def call_for_help(database: Database, ports: Ports, *, device: SignedInDevice, call: Call) -> UUID:
    """The unit's emergency incident, opened now or living already: pressed twice, it is one.

    A repeated call is noted; those who help are told when it comes from another place, and rung when that is far off.
    Raises DomainError(unavailable) while PostgreSQL is away.
    """
    now = ports.clock.now()
    with database.transaction(device.agency_id) as tx:
        where = _locate(tx, device, call, now=now)

    def act(around: Surroundings) -> tuple[UUID, bool]:
        # Under the agency's lock: of two thumbs at once, the second must find what the first has opened.
        with database.transaction(device.agency_id, origin=device.origin, exclusive=True) as tx:
            return _Reception(tx, device, call, where, now=ports.clock.now()).receive(around)

    incident_id, queued = looking_around(database, ports, act, agency_id=device.agency_id, place=where.place)
    if queued:
        nudge_workers(ports, device.agency_id, incident_id)
    return incident_id


class _Reception:
    """One call being received, in one transaction under the agency's lock."""

    def __init__(
        self, tx: Transaction, device: SignedInDevice, call: Call, where: Whereabouts, *, now: datetime
    ) -> None:
        self.tx = tx
        self.device = device
        self.call = call
        self.where = where
        self.now = now
        self.unit = units.by_id(tx, [device.unit_id])[device.unit_id]

    def receive(self, around: Surroundings) -> tuple[UUID, bool]:
        """The incident, and whether pages were queued."""
        known = emergencies.living_of(self.tx, self.unit.unit_id)
        living = incidents.lock(self.tx, known) if known else None
        if living is None or not living.lives:
            return self._open(around)
        return living.incident_id, self._repeat(living)

    def _open(self, around: Surroundings) -> tuple[UUID, bool]:
        incident = self._opened()
        self._keep_silent(incident)
        found = candidates(self.tx, incident, [], around, want=incident.policy.units_per_level, now=self.now)
        decision = decide(incident, [], event=Opened(candidates=found), now=self.now)
        queued = carry_out(self.tx, incident, decision, now=self.now, actor=self.device.actor, found=found)
        return incident.incident_id, queued

    def _opened(self) -> Incident:
        sound = call_of(self.unit.call_sign, self.where, called_at=self.now)
        policy = rules_of(agencies.agency(self.tx).policy, self.where)
        new = incidents.open_new(self.tx, sound=sound, state=IncidentState.OPEN, policy=policy, now=self.now)
        whose = {"emergency_unit_id": self.unit.unit_id, "emergency_call_sign": self.unit.call_sign}
        incidents.note(self.tx, new.incident_id, **whose)
        self._journal("incident_opened", new, state=new.state, classification=sound.classification)
        self._journal("emergency_called", new, doubt=self.where.doubt)
        return replace(new, emergency_unit_id=self.unit.unit_id, emergency_call_sign=self.unit.call_sign)

    def _keep_silent(self, incident: Incident) -> None:
        # The unit before its pages, as in every other transaction: or two of them wait for each other.
        if self.unit.status is not Status.OFF_DUTY:
            units.make_busy(self.tx, self.unit.unit_id, incident.incident_id, status=Status.ON_SCENE, now=self.now)
        superseded.silence(self.tx, self.unit.unit_id, now=self.now)

    def _repeat(self, incident: Incident) -> bool:
        self._keep_silent(incident)
        moved = has_moved(incident.sound, self.where)
        self._journal("emergency_repeated", incident, moved=moved)
        if not moved:
            return False
        sound = call_of(self.unit.call_sign, self.where, called_at=incident.sound.occurred_at)
        incidents.hear(self.tx, incident.incident_id, sound=sound, last_heard_at=incident.sound.occurred_at)
        alerts.measure_anew(self.tx, incident.incident_id)
        event = Changed(upgrade=has_moved_far(incident.sound, self.where))
        known = alerts.of_incident(self.tx, incident.incident_id)
        decision = decide(replace(incident, sound=sound), known, event=event, now=self.now)
        return carry_out(self.tx, incident, decision, now=self.now, actor=self.device.actor)

    def _journal(self, action: str, incident: Incident, **details: str | bool) -> None:
        who = {"unit_id": str(self.unit.unit_id), "call_sign": self.unit.call_sign}
        when = {"at": self.call.at.isoformat()} if self.call.at else {}
        entry = Entry(
            at=self.now,
            actor=self.device.actor,
            action=action,
            incident_id=incident.incident_id,
            details=who | details | {"uncertainty_m": round(self.where.uncertainty_m)} | when,
        )
        journal.write(self.tx, [entry])


def _locate(tx: Transaction, device: SignedInDevice, call: Call, *, now: datetime) -> Whereabouts:
    """By the copy of positions in the store, at most a few seconds old: it is there when Redis is not."""
    own = fixes.tracks_of(tx, [device.unit_id]).get(device.unit_id)
    last = own.last if own else None
    scene = _scene(tx, device.unit_id)
    others = [] if last or scene else _others(tx)
    clues = Clues(told=call.told, last=last, scene=scene, others=others)
    return locate(clues, now=now, policy=agencies.agency(tx).policy)


def _scene(tx: Transaction, unit_id: UUID) -> Sound | None:
    """Of what the unit is going to, or is at."""
    duty = alerts.other_duty(tx, unit_id)
    incident = incidents.find(tx, duty.incident_id) if duty else None
    return incident.sound if incident and incident.emergency_unit_id != unit_id else None


def _others(tx: Transaction) -> list[Point]:
    on_duty = [unit.unit_id for unit in units.first(tx) if unit.status is not Status.OFF_DUTY]
    return [track.last.point for track in fixes.tracks_of(tx, on_duty).values() if track.last]
