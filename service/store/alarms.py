"""Statements on alarms of the whole installation: what auditors have found, kept and shown through narrow doors."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from service.domain.alarms import Alarm, Standing
from service.store.database import Database

_KEEP = text("select alarm, since, is_raised from keep_alarms(:now, :found, :forgotten_before)").bindparams(
    bindparam("found", type_=JSONB)
)
_STANDING = text("select alarm, since, detail from standing_alarms()")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """An alarm that was raised just now, or has gone; `since` is when it began."""

    alarm: Alarm
    since: datetime
    is_raised: bool


def keep(database: Database, found: Iterable[Standing], *, now: datetime, forgotten_before: datetime) -> list[Turned]:
    """What one auditor finds now. Alarms that nobody has found since `forgotten_before` are gone; what has changed.

    The same again changes nothing: of any number of auditors one is told that it raised an alarm.
    """
    told = [
        {"alarm": each.alarm, "since": each.since.isoformat() if each.since else None, "detail": each.detail}
        for each in found
    ]
    with database.outside() as connection:
        rows = connection.execute(_KEEP, {"now": now, "found": told, "forgotten_before": forgotten_before})
        return [
            Turned(alarm=Alarm(row.alarm), since=row.since, is_raised=row.is_raised)
            for row in rows
            if row.alarm in _KNOWN
        ]


def standing(database: Database) -> list[Standing]:
    """The one that began first stands first."""
    with database.outside() as connection:
        rows = connection.execute(_STANDING)
        return [
            Standing(alarm=Alarm(row.alarm), since=row.since, detail=row.detail) for row in rows if row.alarm in _KNOWN
        ]


_KNOWN = set(Alarm)
"""Any other is of a later release, beside us while an upgrade goes on."""
