"""Statements on alerts: asked, moved by compare-and-set, received, and listed for a phone that catches up."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, case, func, null, select, text, update
from sqlalchemy.dialects.postgresql import insert

from service.domain.alert import RINGING, Alert, AlertState, Role, alert_sources_of
from service.domain.care import awaits_answer
from service.domain.effects import AskUnit
from service.domain.incident import LIVING
from service.store.database import Transaction
from service.store.ids import new_id
from service.store.tables import ALERTS, INCIDENTS, UNITS

_WITH_CALL_SIGN = select(ALERTS, UNITS.c.call_sign).join(
    UNITS, and_(UNITS.c.agency_id == ALERTS.c.agency_id, UNITS.c.unit_id == ALERTS.c.unit_id)
)
_OF_INCIDENT = _WITH_CALL_SIGN.where(ALERTS.c.incident_id == bindparam("incident_id")).order_by(ALERTS.c.alert_id)
_OF_INCIDENTS = _WITH_CALL_SIGN.where(ALERTS.c.incident_id == func.any(bindparam("incident_ids"))).order_by(
    ALERTS.c.alert_id
)
PROGRESS_COLUMNS = ("en_route_at", "on_scene_at", "cleared_at")
CARE_COLUMNS = (
    "confirmed_at",
    "confirmed_by",
    "refused_at",
    "next_look_at",
    "closest_m",
    "closest_at",
    "unconfirmed_nudged_at",
    "stalled_nudged_at",
    "welfare_asked_at",
    "welfare_answered_at",
    "welfare_silent_at",
)
OF_ONE_ACKNOWLEDGMENT = (*PROGRESS_COLUMNS, *CARE_COLUMNS)
"""A unit that acknowledges again makes its way again, and is confirmed and looked after anew."""
OF_ONE_ASKING = (
    "sent_at",
    "received_at",
    "displayed_at",
    "acknowledged_at",
    "declined_at",
    "reason",
    *OF_ONE_ACKNOWLEDGMENT,
)
_NEW = insert(ALERTS)
# No parameter in what is set, nor in its condition: with one, SQLAlchemy sends an upsert of several rows row by row.
_ASK = _NEW.on_conflict_do_update(
    index_elements=["agency_id", "incident_id", "unit_id"],
    set_={
        **{
            name: _NEW.excluded[name]
            for name in ("state", "level", "distance_m", "deadline_at", "queued_at", "changed_at")
        },
        **dict.fromkeys(
            (
                "sent_at",
                "received_at",
                "displayed_at",
                "acknowledged_at",
                "declined_at",
                "reason",
                *OF_ONE_ACKNOWLEDGMENT,
            ),
            null(),
        ),
    },
    where=text(
        f"alerts.state in ({', '.join(sorted(repr(state.value) for state in alert_sources_of(AlertState.QUEUED)))})"
    ),
).returning(ALERTS.c.unit_id, ALERTS.c.alert_id)
_NOTE_DISTANCE = (
    update(ALERTS)
    .where(ALERTS.c.incident_id == bindparam("of_incident"), ALERTS.c.unit_id == bindparam("of_unit"))
    .values(distance_m=bindparam("to_distance_m"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlert:
    """An alert with the time of every stage; None for a stage that has not come."""

    alert: Alert
    incident_id: UUID
    queued_at: datetime
    changed_at: datetime
    reason: str | None
    sent_at: datetime | None
    received_at: datetime | None
    displayed_at: datetime | None
    declined_at: datetime | None
    en_route_at: datetime | None
    on_scene_at: datetime | None
    cleared_at: datetime | None
    confirmed_at: datetime | None
    confirmed_by: str | None
    refused_at: datetime | None
    next_look_at: datetime | None
    closest_m: float | None
    closest_at: datetime | None
    unconfirmed_nudged_at: datetime | None
    stalled_nudged_at: datetime | None
    welfare_asked_at: datetime | None
    welfare_answered_at: datetime | None
    welfare_silent_at: datetime | None

    @property
    def is_on_duty(self) -> bool:
        """The unit goes, or is there: it has acknowledged and is not clear."""
        return self.alert.state is AlertState.ACKNOWLEDGED and self.cleared_at is None

    @property
    def awaits_welfare(self) -> bool:
        """Its officer, on the scene, was asked how it goes, and has not answered."""
        return self.is_on_duty and awaits_answer(self.welfare_asked_at, self.welfare_answered_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherDuty:
    """What a unit is busy with besides."""

    incident_id: UUID
    is_on_scene: bool


def of_incident(tx: Transaction, incident_id: UUID) -> list[Alert]:
    """All alerts of an incident, in the order they were first asked."""
    rows = tx.session.execute(_OF_INCIDENT, {"incident_id": incident_id})
    return [_alert(row) for row in rows]


def stages_of_incident(tx: Transaction, incident_id: UUID) -> list[StoredAlert]:
    """As `of_incident`, with the time of every stage."""
    rows = tx.session.execute(_OF_INCIDENT, {"incident_id": incident_id})
    return [_stored(row) for row in rows]


def stages_of_incidents(tx: Transaction, incident_ids: Iterable[UUID]) -> Mapping[UUID, list[StoredAlert]]:
    """As `stages_of_incident`, for many; a list also for those that have none."""
    found: defaultdict[UUID, list[StoredAlert]] = defaultdict(list)
    for row in tx.session.execute(_OF_INCIDENTS, {"incident_ids": list(incident_ids)}):
        found[row.incident_id].append(_stored(row))
    return found


def of_unit(tx: Transaction, unit_id: UUID, *, since: datetime | None, limit: int) -> list[StoredAlert]:
    """A unit's alerts that changed after `since`, newest change first; without `since` the newest."""
    query = _WITH_CALL_SIGN.where(ALERTS.c.unit_id == unit_id)
    if since is not None:
        query = query.where(ALERTS.c.changed_at > since)
    newest_first = query.order_by(ALERTS.c.changed_at.desc(), ALERTS.c.alert_id.desc()).limit(limit)
    return [_stored(row) for row in tx.session.execute(newest_first)]


def find_of_unit(tx: Transaction, alert_id: UUID, unit_id: UUID) -> StoredAlert | None:
    """None when it does not exist or is another unit's."""
    row = tx.session.execute(
        _WITH_CALL_SIGN.where(ALERTS.c.alert_id == alert_id, ALERTS.c.unit_id == unit_id)
    ).one_or_none()
    return _stored(row) if row else None


def ask(tx: Transaction, incident_id: UUID, asks: Iterable[AskUnit], *, now: datetime) -> dict[UUID, UUID]:
    """New alerts, or old ones queued again (`expired | recalled → queued`); the alert's id for each unit asked."""
    rows = [
        {
            "agency_id": tx.agency_id,
            "alert_id": new_id(),
            "incident_id": incident_id,
            "unit_id": ask.asked.unit_id,
            "state": AlertState.QUEUED,
            "level": ask.level,
            "distance_m": None if ask.asked.distance_m is None else round(ask.asked.distance_m, 1),
            "deadline_at": ask.deadline_at,
            "queued_at": now,
            "changed_at": now,
        }
        for ask in asks
    ]
    if not rows:
        return {}
    return {row.unit_id: row.alert_id for row in tx.session.execute(_ASK, rows)}


def move(
    tx: Transaction,
    alert_id: UUID,
    *,
    to: AlertState,
    now: datetime,
    role: Role | None = None,
    stage: str | None = None,
) -> bool:
    """Compare-and-set along DESIGN §4; False when somebody was first.

    `stage` is one more column that gets the time. What an earlier acknowledgment or refusal left is taken back when a
    unit acknowledges: its reason, and how far it had come.
    """
    times = {
        AlertState.SENT: ("sent_at",),
        AlertState.RECEIVED: ("received_at",),
        AlertState.ACKNOWLEDGED: ("acknowledged_at",),
        AlertState.DECLINED: ("declined_at",),
    }.get(to, ())
    stages = (*times, stage) if stage else times
    anew = dict.fromkeys((*OF_ONE_ACKNOWLEDGMENT, "reason")) if to is AlertState.ACKNOWLEDGED else {}
    cared_for = {"next_look_at": now if to is AlertState.ACKNOWLEDGED else None}
    moved = tx.session.execute(
        update(ALERTS)
        .where(ALERTS.c.alert_id == alert_id, ALERTS.c.state.in_(alert_sources_of(to)))
        .values({"state": to, "role": role, "changed_at": now} | dict.fromkeys(stages, now) | anew | cared_for)
        .returning(ALERTS.c.alert_id)
    )
    return moved.first() is not None


def promote(tx: Transaction, alert_id: UUID, *, now: datetime) -> None:
    _update(tx, alert_id, role=Role.PRIMARY, changed_at=now)


def note(tx: Transaction, alert_id: UUID, **columns: Any) -> None:
    """Set what is no move: a stage's time, a reason."""
    _update(tx, alert_id, **columns)


def measure_anew(tx: Transaction, incident_id: UUID) -> None:
    """The place is another: how near its units have come to the old one does not matter any more."""
    tx.session.execute(update(ALERTS).where(ALERTS.c.incident_id == incident_id).values(closest_m=None))


def note_distances(tx: Transaction, incident_id: UUID, distances_m: Mapping[UUID, float]) -> None:
    """How far these units are from a place that has changed; alerts of others keep what they say."""
    if distances_m:
        rows = [
            {"of_incident": incident_id, "of_unit": unit_id, "to_distance_m": round(distance_m, 1)}
            for unit_id, distance_m in distances_m.items()
        ]
        tx.session.connection().execute(_NOTE_DISTANCE, rows)


def hand_over(tx: Transaction, alert_ids: Iterable[UUID], *, to: UUID, now: datetime) -> None:
    """These alerts are of another incident from now on, as they are; whoever goes is assisting there.

    Their pages stay with the incident that they were sent for.
    """
    tx.session.execute(
        update(ALERTS)
        .where(ALERTS.c.alert_id == func.any(list(alert_ids)))
        .values(incident_id=to, changed_at=now, role=case((ALERTS.c.role.is_not(None), Role.ASSISTING)))
    )


def touch_all(tx: Transaction, incident_id: UUID, *, now: datetime) -> dict[UUID, UUID]:
    """All alerts of the incident count as changed; the alert's id for each unit."""
    rows = tx.session.execute(
        update(ALERTS)
        .where(ALERTS.c.incident_id == incident_id)
        .values(changed_at=now)
        .returning(ALERTS.c.unit_id, ALERTS.c.alert_id)
    )
    return {row.unit_id: row.alert_id for row in rows}


def explain(tx: Transaction, incident_id: UUID, unit_ids: Iterable[UUID], reason: str) -> None:
    """Why these units are no longer needed: a phone that hears of it by catching up reads it too."""
    tx.session.execute(
        update(ALERTS)
        .where(ALERTS.c.incident_id == incident_id, ALERTS.c.unit_id == func.any(list(unit_ids)))
        .values(reason=reason)
    )


def other_duty(tx: Transaction, unit_id: UUID, *, apart_from: UUID | None = None) -> OtherDuty | None:
    """Another living incident that the unit has acknowledged and is not clear of; the latest when there are several."""
    row = tx.session.execute(
        select(ALERTS.c.incident_id, ALERTS.c.on_scene_at)
        .join(
            INCIDENTS,
            and_(INCIDENTS.c.agency_id == ALERTS.c.agency_id, INCIDENTS.c.incident_id == ALERTS.c.incident_id),
        )
        .where(
            ALERTS.c.unit_id == unit_id,
            ALERTS.c.incident_id != apart_from,
            ALERTS.c.state == AlertState.ACKNOWLEDGED,
            ALERTS.c.cleared_at.is_(None),
            INCIDENTS.c.state.in_(LIVING),
        )
        .order_by(ALERTS.c.acknowledged_at.desc())
        .limit(1)
    ).one_or_none()
    return OtherDuty(incident_id=row.incident_id, is_on_scene=row.on_scene_at is not None) if row else None


def ringing(tx: Transaction, unit_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the units whose phones ring for a living incident."""
    rows = tx.session.execute(
        select(ALERTS.c.unit_id)
        .join(
            INCIDENTS,
            and_(INCIDENTS.c.agency_id == ALERTS.c.agency_id, INCIDENTS.c.incident_id == ALERTS.c.incident_id),
        )
        .where(ALERTS.c.unit_id == func.any(list(unit_ids)), ALERTS.c.state.in_(RINGING), INCIDENTS.c.state.in_(LIVING))
    )
    return {row.unit_id for row in rows}


def _update(tx: Transaction, alert_id: UUID, **values: Any) -> None:
    tx.session.execute(update(ALERTS).where(ALERTS.c.alert_id == alert_id).values(**values))


def _alert(row: Any) -> Alert:
    return Alert(
        alert_id=row.alert_id,
        unit_id=row.unit_id,
        call_sign=row.call_sign,
        state=AlertState(row.state),
        level=row.level,
        deadline_at=row.deadline_at,
        distance_m=row.distance_m,
        role=Role(row.role) if row.role else None,
        acknowledged_at=row.acknowledged_at,
        refused=row.refused_at is not None,
    )


def _stored(row: Any) -> StoredAlert:
    return StoredAlert(
        alert=_alert(row),
        incident_id=row.incident_id,
        queued_at=row.queued_at,
        changed_at=row.changed_at,
        reason=row.reason,
        sent_at=row.sent_at,
        received_at=row.received_at,
        displayed_at=row.displayed_at,
        declined_at=row.declined_at,
        **{name: getattr(row, name) for name in OF_ONE_ACKNOWLEDGMENT},
    )
