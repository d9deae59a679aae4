"""Statements on detections: every message of a source, once, with what became of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, func, insert, select, update

from service.domain.detection import Detection, DetectionKind, Outcome, Sound, standing_sounds
from service.store import sounds
from service.store.database import Transaction
from service.store.ids import new_id
from service.store.tables import DETECTIONS, INCIDENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDetection:
    """A message with what became of it. `body_sha256` tells a replay from a conflict."""

    detection: Detection
    body_sha256: bytes
    outcome: Outcome
    incident_id: UUID | None
    received_at: datetime
    stored_at: datetime


_ABOUT = (
    select(DETECTIONS)
    .where(DETECTIONS.c.source_id == bindparam("source_id"), DETECTIONS.c.detection_id == bindparam("detection_id"))
    .order_by(DETECTIONS.c.revision)
)
_ADD = insert(DETECTIONS)


def about(tx: Transaction, source_id: UUID, detection_id: str) -> list[StoredDetection]:
    """Every message about one detection, lowest revision first."""
    rows = tx.session.execute(_ABOUT, {"source_id": source_id, "detection_id": detection_id})
    return [_stored(row) for row in rows]


def of_incidents(tx: Transaction, incident_ids: Iterable[UUID]) -> Mapping[UUID, list[StoredDetection]]:
    """The messages of each incident, in the order they were received."""
    wanted = list(incident_ids)
    found: dict[UUID, list[StoredDetection]] = {incident_id: [] for incident_id in wanted}
    if not wanted:
        return found
    rows = tx.session.execute(
        select(DETECTIONS)
        .where(DETECTIONS.c.incident_id.in_(wanted))
        .order_by(DETECTIONS.c.received_at, DETECTIONS.c.message_id)
    )
    for row in rows:
        if row.incident_id is not None:
            found[row.incident_id].append(_stored(row))
    return found


def heard_of(tx: Transaction, incident_ids: Iterable[UUID]) -> Mapping[UUID, list[Sound]]:
    """What still counts of each incident's messages; an empty list where everything was dismissed."""
    messages = of_incidents(tx, incident_ids)
    return {each: standing_sounds(stored.detection for stored in messages[each]) for each in messages}


def add(tx: Transaction, stored: StoredDetection) -> None:
    """Raises IntegrityError when the revision is stored already; callers hold the agency's lock and have looked."""
    detection = stored.detection
    tx.session.execute(
        _ADD,
        {
            "agency_id": tx.agency_id,
            "message_id": new_id(),
            "source_id": detection.source_id,
            "detection_id": detection.detection_id,
            "revision": detection.revision,
            "kind": detection.kind,
            "occurred_at": detection.occurred_at,
            "sound": sounds.to_json(detection.sound) if detection.sound else None,
            "body_sha256": stored.body_sha256,
            "outcome": stored.outcome,
            "incident_id": stored.incident_id,
            "received_at": stored.received_at,
            "stored_at": stored.stored_at,
        },
    )


def attach_parked(tx: Transaction, detection: Detection, *, incident_id: UUID) -> None:
    """What came before its detection belongs to the incident now; what it was answered stays as it was."""
    tx.session.execute(
        update(DETECTIONS)
        .where(
            DETECTIONS.c.source_id == detection.source_id,
            DETECTIONS.c.detection_id == detection.detection_id,
            DETECTIONS.c.incident_id.is_(None),
        )
        .values(incident_id=incident_id)
    )


def hand_over(tx: Transaction, incident_id: UUID, *, to: UUID, detection_ids: Iterable[str] | None = None) -> None:
    """Every message of these detections, or of all, belongs to another incident from now on."""
    statement = update(DETECTIONS).where(DETECTIONS.c.incident_id == incident_id)
    if detection_ids is not None:
        statement = statement.where(DETECTIONS.c.detection_id == func.any(list(detection_ids)))
    tx.session.execute(statement.values(incident_id=to))


def split_off(tx: Transaction, incident_id: UUID) -> set[str]:
    """The names of detections that belong to incidents that were split from this one."""
    rows = tx.session.execute(
        select(DETECTIONS.c.detection_id)
        .join(
            INCIDENTS,
            and_(INCIDENTS.c.agency_id == DETECTIONS.c.agency_id, INCIDENTS.c.incident_id == DETECTIONS.c.incident_id),
        )
        .where(INCIDENTS.c.split_from == incident_id)
    )
    return set(rows.scalars())


def _stored(row: Any) -> StoredDetection:
    return StoredDetection(
        detection=Detection(
            source_id=row.source_id,
            detection_id=row.detection_id,
            revision=row.revision,
            kind=DetectionKind(row.kind),
            occurred_at=row.occurred_at,
            sound=sounds.from_json(row.sound) if row.sound else None,
        ),
        body_sha256=row.body_sha256,
        outcome=Outcome(row.outcome),
        incident_id=row.incident_id,
        received_at=row.received_at,
        stored_at=row.stored_at,
    )
