"""Statements on incidents: found, opened, moved by compare-and-set, and handed to the clock when they are due."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, insert, literal_column, select, text, update

from service.domain.detection import Sound
from service.domain.disposition import Disposition
from service.domain.effects import Schedule
from service.domain.errors import illegal_move
from service.domain.geo import METRES_PER_DEGREE, Point
from service.domain.incident import LIVING, Incident, IncidentState, sources_of
from service.domain.policy import Policy
from service.store import sounds
from service.store.database import Database, Transaction
from service.store.ids import new_id
from service.store.tables import INCIDENTS


class Due(NamedTuple):
    """An incident that the clock has to look at."""

    agency_id: UUID
    incident_id: UUID


def due(database: Database, *, now: datetime, at_most: int) -> list[Due]:
    """Incidents of all agencies whose time has come, newest first, through the clock's narrow door."""
    return _through_the_door(database, "select * from due_incidents(:by_time, :at_most)", now, at_most)


def with_due_pages(database: Database, *, by: datetime, at_most: int) -> list[Due]:
    """Incidents of all agencies with pages that were due by then: nobody sent them, or whoever did has died."""
    return _through_the_door(database, "select * from due_pages(:by_time, :at_most)", by, at_most)


def with_units_to_look_after(database: Database, *, now: datetime, at_most: int) -> list[Due]:
    """Incidents of all agencies with acknowledged units that it is time to look after, through the same door."""
    return _through_the_door(database, "select * from due_alerts(:by_time, :at_most)", now, at_most)


_ONE = select(INCIDENTS).where(INCIDENTS.c.incident_id == bindparam("incident_id"))
# `for no key update`: a foreign key's check of a page or receipt must not wait for it, or they wait for each other.
_ONE_LOCKED = _ONE.with_for_update(key_share=True)
_ONE_IF_FREE = _ONE.with_for_update(key_share=True, skip_locked=True)
_ONE_DUE = _ONE.where(INCIDENTS.c.next_action_at <= bindparam("now")).with_for_update(key_share=True, skip_locked=True)
_AROUND = (
    select(INCIDENTS)
    .where(
        INCIDENTS.c.emergency_unit_id.is_(None),
        INCIDENTS.c.last_heard_at.between(bindparam("since"), bindparam("until")),
        INCIDENTS.c.lat.between(bindparam("south"), bindparam("north")),
    )
    .order_by(INCIDENTS.c.last_heard_at.desc(), INCIDENTS.c.incident_id)
)
# Spelled out, as the partial index spells it: the planner must recognise it whatever the parameters are.
_LIVING_AROUND = _AROUND.where(INCIDENTS.c.state.in_([literal_column(f"'{state}'") for state in sorted(LIVING)]))
_CANCELLED_AROUND = _AROUND.where(
    INCIDENTS.c.state == IncidentState.CANCELLED,
    INCIDENTS.c.merged_into.is_(None),
    INCIDENTS.c.ended_at >= bindparam("ended_since"),
)
_OPEN = insert(INCIDENTS)


@cache
def _advance(columns: tuple[str, ...]) -> Any:
    return (
        update(INCIDENTS)
        .where(INCIDENTS.c.incident_id == bindparam("of_incident"), INCIDENTS.c.state == bindparam("from_state"))
        .values(
            {"sequence": INCIDENTS.c.sequence + bindparam("pushed")}
            | {name: bindparam(f"to_{name}") for name in columns}
        )
        .returning(INCIDENTS.c.sequence)
    )


def find(tx: Transaction, incident_id: UUID) -> Incident | None:
    row = tx.session.execute(_ONE, {"incident_id": incident_id}).one_or_none()
    return _incident(row) if row else None


def by_id(tx: Transaction, incident_ids: Iterable[UUID]) -> dict[UUID, Incident]:
    rows = tx.session.execute(select(INCIDENTS).where(INCIDENTS.c.incident_id == func.any(list(incident_ids))))
    return {row.incident_id: _incident(row) for row in rows}


def lock(tx: Transaction, incident_id: UUID) -> Incident | None:
    """The incident, nobody else's until this transaction ends."""
    row = tx.session.execute(_ONE_LOCKED, {"incident_id": incident_id}).one_or_none()
    return _incident(row) if row else None


def lock_if_free(tx: Transaction, incident_id: UUID) -> Incident | None:
    """As `lock`; None when somebody has it right now: for whoever comes again by itself."""
    row = tx.session.execute(_ONE_IF_FREE, {"incident_id": incident_id}).one_or_none()
    return _incident(row) if row else None


def lock_due(tx: Transaction, incident_id: UUID, *, now: datetime) -> Incident | None:
    """As `lock`; None when its time has not come (another clock was first) or somebody has it right now."""
    row = tx.session.execute(_ONE_DUE, {"incident_id": incident_id, "now": now}).one_or_none()
    return _incident(row) if row else None


class Around(NamedTuple):
    """About as near to the place as `within_m`, by latitude alone: a cheap sieve, good for any longitude.

    And last heard between the two times.
    """

    place: Point
    within_m: float
    since: datetime
    until: datetime

    def as_parameters(self) -> dict[str, Any]:
        band_deg = self.within_m / METRES_PER_DEGREE
        south, north = self.place.lat - band_deg, self.place.lat + band_deg
        return {"since": self.since, "until": self.until, "south": south, "north": north}


def living_around(tx: Transaction, around: Around) -> list[Incident]:
    """Living incidents that a new sound may join, the latest heard first; not locked.

    No call for help, which a shot is never a part of by itself.
    """
    return [_incident(row) for row in tx.session.execute(_LIVING_AROUND, around.as_parameters())]


def cancelled_around(tx: Transaction, around: Around, *, ended_since: datetime) -> list[Incident]:
    """As `living_around`, of those that were cancelled, by whomever, and whose detections are still theirs."""
    parameters = around.as_parameters() | {"ended_since": ended_since}
    return [_incident(row) for row in tx.session.execute(_CANCELLED_AROUND, parameters)]


def open_new(tx: Transaction, *, sound: Sound, state: IncidentState, policy: Policy, now: datetime) -> Incident:
    """A new incident. A held one is due when its time to be held is over."""
    incident = Incident(
        incident_id=new_id(), agency_id=tx.agency_id, state=state, sound=sound, policy=policy, opened_at=now
    )
    tx.session.execute(
        _OPEN,
        {
            "agency_id": tx.agency_id,
            "incident_id": incident.incident_id,
            "state": state,
            "level": 0,
            "sequence": 0,
            "policy": policy.as_dict(),
            "opened_at": now,
            "last_heard_at": sound.occurred_at,
            "ended_at": None if state in LIVING else now,
            **sounds.to_columns(sound),
        },
    )
    return incident


def hear(tx: Transaction, incident_id: UUID, *, sound: Sound, last_heard_at: datetime) -> None:
    """The headline after another detection or revision, and when the last of all that stands was heard."""
    _update(tx, incident_id, last_heard_at=last_heard_at, **sounds.to_columns(sound))


def advance(
    tx: Transaction,
    incident: Incident,
    *,
    moves: Sequence[IncidentState],
    schedule: Schedule | None,
    pushes: bool,
    now: datetime,
) -> int | None:
    """Moves along DESIGN §4, one after the other, the running level, and one more pushed change, all in one statement.

    Compare-and-set: None when the incident was not as it is said to be any more; its sequence otherwise.
    """
    values: dict[str, Any] = {}
    state = incident.state
    for to in moves:
        if state not in sources_of(to):
            raise illegal_move("incident", current=state, wanted=to)
        values |= {"state": to, **_times_of(to, now)}
        state = to
    if schedule is not None:
        values |= {
            "level": schedule.level,
            "deadline_at": schedule.deadline_at,
            "next_action_at": schedule.next_action_at,
        }
    answer: int | None = tx.session.execute(
        _advance(tuple(values)),
        {"of_incident": incident.incident_id, "from_state": incident.state, "pushed": int(pushes)}
        | {f"to_{column}": value for column, value in values.items()},
    ).scalar_one_or_none()
    return answer


def hold(tx: Transaction, incident_id: UUID, *, until: datetime | None) -> None:
    """It is due when its time to be held is over; None: it is not due by itself any more.

    One that waits already goes on waiting until then: more doubtful shots do not make it wait longer.
    """
    _update(tx, incident_id, next_action_at=until and func.coalesce(INCIDENTS.c.next_action_at, until))


def wait_no_longer_than(tx: Transaction, incident_id: UUID, other_id: UUID) -> None:
    """It is due when the other one would have been, unless it is due sooner."""
    of_other = select(INCIDENTS.c.next_action_at).where(INCIDENTS.c.incident_id == other_id).scalar_subquery()
    # PostgreSQL's least() passes over nulls.
    _update(tx, incident_id, next_action_at=func.least(INCIDENTS.c.next_action_at, of_other))


def look_again(tx: Transaction, incident_id: UUID, *, at: datetime) -> None:
    """The clock shall look at it by then, if it is one that the clock looks at."""
    tx.session.execute(
        update(INCIDENTS)
        .where(INCIDENTS.c.incident_id == incident_id, INCIDENTS.c.next_action_at > at)
        .values(next_action_at=at)
    )


def push_once_more(tx: Transaction, incident_id: UUID) -> int:
    """The next sequence, for what changes nothing but is pushed: a digest. The caller holds the incident."""
    sequence: int = tx.session.execute(
        update(INCIDENTS)
        .where(INCIDENTS.c.incident_id == incident_id)
        .values(sequence=INCIDENTS.c.sequence + 1)
        .returning(INCIDENTS.c.sequence)
    ).scalar_one()
    return sequence


def note(tx: Transaction, incident_id: UUID, **columns: Any) -> None:
    """Set what is no move: what was found, a legal hold, which incident it became part of."""
    _update(tx, incident_id, **columns)


def page_of_newest(
    tx: Transaction, *, states: Iterable[IncidentState], before: UUID | None, limit: int, drills: bool = False
) -> list[Incident]:
    """Newest first; `before` is the last id of the previous page. Incidents, or drills, which are none."""
    query = select(INCIDENTS).where(INCIDENTS.c.drill == drills)
    wanted = list(states)
    if wanted:
        query = query.where(INCIDENTS.c.state.in_(wanted))
    if before is not None:
        query = query.where(INCIDENTS.c.incident_id < before)
    rows = tx.session.execute(query.order_by(INCIDENTS.c.incident_id.desc()).limit(limit))
    return [_incident(row) for row in rows]


def _times_of(state: IncidentState, now: datetime) -> dict[str, datetime | None]:
    match state:
        case IncidentState.COVERED:
            return {"covered_at": now}
        case IncidentState.CLOSED | IncidentState.CANCELLED:
            return {"ended_at": now}
        case IncidentState.OPEN:
            return {"ended_at": None, "covered_at": None}
        case _:
            return {}


def _through_the_door(database: Database, statement: str, by_time: datetime, at_most: int) -> list[Due]:
    with database.outside() as connection:
        rows = connection.execute(text(statement), {"by_time": by_time, "at_most": at_most})
        return [Due(*row) for row in rows]


def _update(tx: Transaction, incident_id: UUID, **values: Any) -> None:
    tx.session.execute(update(INCIDENTS).where(INCIDENTS.c.incident_id == incident_id).values(**values))


def _incident(row: Any) -> Incident:
    return Incident(
        incident_id=row.incident_id,
        agency_id=row.agency_id,
        state=IncidentState(row.state),
        level=row.level,
        sequence=row.sequence,
        deadline_at=row.deadline_at,
        policy=Policy.from_dict(row.policy),
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        disposition=Disposition(row.disposition) if row.disposition else None,
        merged_into=row.merged_into,
        split_from=row.split_from,
        emergency_unit_id=row.emergency_unit_id,
        emergency_call_sign=row.emergency_call_sign,
        legal_hold=row.legal_hold,
        is_drill=row.drill,
        sound=sounds.from_columns(row._mapping),  # noqa: SLF001  SQLAlchemy's public way to a row's names
    )
