"""Who is around a place, and who of them could be asked: positions before the transaction, facts inside it.

Positions know nothing of status, so a few nearest units may turn out to be all unavailable. Then the transaction is
abandoned by `TooFewNear` and done again with more of them (`looking_around`): no I/O ever happens inside one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from service.domain.alert import Alert, AlertState
from service.domain.candidacy import FARTHER, by_their_alerts, suffices, supervisors_are_next
from service.domain.events import Candidates
from service.domain.geo import Distance, Point
from service.domain.incident import Incident
from service.domain.selection import Candidate, Selection, choose, choose_supervisors
from service.domain.unit import Status, Track
from service.operations.positions import units_near
from service.ports import Clock, Ports, UnitTrack
from service.store import emergencies, fixes, units
from service.store.database import Database, Transaction
from service.store.units import StoredUnit

FIRST_LOOK = 104
"""A few more than the 100 that a selection explains by name: each one costs some 50 µs on its way to the reason."""
WIDER = 8
SMALL_AGENCY = 512
"""Up to so many units, everybody is explained by name or counted from one query."""


T = TypeVar("T")


class TooFewNear(Exception):
    """The units looked at do not suffice, and there are more: look wider, and do it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Units with a fix, about nearest first. `complete`: there are no others with a fix.

    `clock` is for saying when somebody was chosen among them.
    """

    tracks: Sequence[UnitTrack]
    complete: bool
    clock: Clock


def looking_around(
    database: Database, ports: Ports, act: Callable[[Surroundings], T], *, agency_id: UUID, place: Point
) -> T:
    """Call `act` with who is around `place`, again with more of them as long as it raises TooFewNear."""
    limit = FIRST_LOOK
    while True:
        tracks = units_near(database, ports, agency_id=agency_id, place=place, limit=limit)
        try:
            return act(Surroundings(tracks=tracks, complete=len(tracks) < limit, clock=ports.clock))
        except TooFewNear:
            limit *= WIDER


def candidates(
    tx: Transaction,
    incident: Incident,
    alerts: Sequence[Alert],
    around: Surroundings,
    *,
    want: int,
    now: datetime,
) -> Candidates:
    """Up to `want` units that could be asked next for this incident, with the reasons for everybody else.

    Who has called for help is no candidate to give it, and no reason to be told.
    """
    tracks = {found.unit_id: found.track for found in around.tracks}
    known, others = _facts(tx, tracks, complete=around.complete)
    helpers = (unit for unit in known if unit.unit_id != incident.emergency_unit_id)
    facts = by_their_alerts((as_candidate(unit, tracks.get(unit.unit_id)) for unit in helpers), alerts, now=now)
    selection = choose(incident.sound.place, facts, policy=incident.policy, now=now, want=want)
    enough = suffices(selection, want=want, policy=incident.policy) and _reaches_the_warned(around, incident)
    if not around.complete and not enough:
        raise TooFewNear
    more = dict(selection.not_asked_more)
    for reason, count in others.items():
        more[reason] = more.get(reason, 0) + count
    selection = replace(selection, not_asked_more=more)
    supervisors = Selection()
    if supervisors_are_next(incident, selection):
        supervisors = _supervisors(tx, incident, alerts, tracks, now=now)
    return Candidates(units=selection, supervisors=supervisors, facts=facts, selected_at=around.clock.now())


def asked_anew(alerts: Sequence[Alert]) -> list[Alert]:
    """For a new count of levels: who let an earlier one pass is asked again, as are those who were recalled."""
    return [
        replace(alert, state=AlertState.RECALLED) if alert.state is AlertState.EXPIRED else alert for alert in alerts
    ]


def _facts(tx: Transaction, tracks: dict[UUID, Track], *, complete: bool) -> tuple[list[StoredUnit], dict[str, int]]:
    """The units to look at by name, and the rest of the agency counted by reason."""
    if complete:
        everybody = units.first(tx, limit=SMALL_AGENCY + 1)
        if len(everybody) <= SMALL_AGENCY:
            return everybody, {}
    known = units.by_id(tx, tracks)
    reasons = {
        Status.AVAILABLE: "no fix" if complete else FARTHER,
        Status.EN_ROUTE: "on another incident",
        Status.ON_SCENE: "on another incident",
        Status.UNAVAILABLE: "unavailable",
        Status.OFF_DUTY: "off duty",
    }
    counted: dict[str, int] = {}
    for status, count in units.census(tx, apart_from=known.values()).items():
        counted[reasons[status]] = counted.get(reasons[status], 0) + count
    return list(known.values()), counted


def _reaches_the_warned(around: Surroundings, incident: Incident) -> bool:
    """Does looking farther find nobody else to warn? Around an emergency there may be more units than a first look."""
    farthest = around.tracks[-1].track.last if around.tracks else None
    if farthest is None:
        return True
    return Distance(incident.sound.place, farthest.point).least_m > incident.policy.warning_radius_m


def _supervisors(
    tx: Transaction, incident: Incident, alerts: Sequence[Alert], near: dict[UUID, Track], *, now: datetime
) -> Selection:
    """Wherever they are: those who are not near are looked up in the store."""
    tracks = fixes.all_tracks(tx) | near
    known = units.supervisors(tx)
    calling = emergencies.calling(tx, [unit.unit_id for unit in known])
    helpers = (unit for unit in known if unit.unit_id not in calling and unit.unit_id != incident.emergency_unit_id)
    found = (as_candidate(unit, tracks.get(unit.unit_id)) for unit in helpers)
    return choose_supervisors(incident.sound.place, by_their_alerts(found, alerts, now=now), now=now)


def as_candidate(unit: StoredUnit, track: Track | None = None) -> Candidate:
    return Candidate(
        unit_id=unit.unit_id,
        call_sign=unit.call_sign,
        kind=unit.kind,
        status=unit.status,
        has_device=unit.has_device,
        fix=track.last if track else None,
    )
