"""Statements on heartbeats: which processes of the whole installation are alive, through two narrow doors."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from service.domain.vigilance import Condition, Process, ProcessKind
from service.store.database import Database

_BEAT = text("select beat(:process_id, :kind, :host, :started_at, :seen_at, :condition)").bindparams(
    bindparam("condition", type_=JSONB)
)
_ALL = text("select * from all_heartbeats()")


def beat(database: Database, process_id: UUID, process: Process) -> None:
    """It is alive at `seen_at`. Who has not been heard of for an hour is forgotten."""
    values = {
        "process_id": process_id,
        "kind": process.kind,
        "host": process.host,
        "started_at": process.started_at,
        "seen_at": process.seen_at,
        "condition": _as_json(process.condition),
    }
    with database.outside() as connection:
        connection.execute(_BEAT, values)


def all_processes(database: Database) -> list[Process]:
    """Of the last hour, dead ones among them, in the order in which they were started."""
    kinds = set(ProcessKind)
    with database.outside() as connection:
        # A kind that we do not know is one of a later release, beside us while an upgrade goes on.
        return [_process(row) for row in connection.execute(_ALL) if row.kind in kinds]


def _process(row: Any) -> Process:
    return Process(
        kind=ProcessKind(row.kind),
        host=row.host,
        started_at=row.started_at,
        seen_at=row.seen_at,
        condition=_from_json(row.condition),
    )


def _as_json(condition: Condition) -> dict[str, Any]:
    return {
        "push_down_since": condition.push_down_since.isoformat() if condition.push_down_since else None,
        "push_reason": condition.push_reason,
        "redis_away_since": condition.redis_away_since.isoformat() if condition.redis_away_since else None,
    }


def _from_json(found: dict[str, Any]) -> Condition:
    return Condition(
        push_down_since=_time(found.get("push_down_since")),
        push_reason=found.get("push_reason") or "",
        redis_away_since=_time(found.get("redis_away_since")),
    )


def _time(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None
