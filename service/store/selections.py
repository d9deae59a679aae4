"""Statements on selections: who was asked at one moment, who was not, and why, as it was shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from service.domain.selection import Asked, Candidate, NotAsked, Selection
from service.store.candidate_facts import facts_from_json, facts_to_json, never_asked
from service.store.database import Transaction
from service.store.ids import new_id
from service.store.tables import SELECTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSelection:
    """Plain JSON values with the keys of DESIGN §7; the rows of one selection share its level."""

    level: int
    selected_at: datetime
    asked: Sequence[Mapping[str, Any]]
    not_asked: Sequence[Mapping[str, Any]]
    not_asked_more: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSelection:
    """What an incident's first selection was made from, None once positions of then are no longer kept.

    `not_asked_more` counts by reason whom it did not name, and whom nobody looked at.
    """

    selected_at: datetime
    facts: Sequence[Candidate] | None
    not_asked_more: Mapping[str, int]


_ADD = insert(SELECTIONS)
_NO_FACTS = facts_to_json(())


def add(
    tx: Transaction, incident_id: UUID, selection: Selection, *, level: int, facts: Sequence[Candidate], at: datetime
) -> None:
    """Ids and numbers as JSON knows them; distances to the decimetre, ages to the tenth of a second.

    `facts` are kept exactly as they were: a policy that is tried out must come to what would have happened. There are
    none when a person chose.
    """
    tx.session.execute(
        _ADD,
        {
            "agency_id": tx.agency_id,
            "selection_id": new_id(),
            "incident_id": incident_id,
            "level": level,
            "selected_at": at,
            "asked": [_asked_json(asked, level=level) for asked in selection.asked],
            "not_asked": [_not_asked_json(not_asked) for not_asked in selection.not_asked],
            "not_asked_more": dict(selection.not_asked_more),
            "facts": facts_to_json(facts),
        },
    )


def of_incident(tx: Transaction, incident_id: UUID) -> list[StoredSelection]:
    """Oldest first."""
    rows = tx.session.execute(
        select(SELECTIONS)
        .where(SELECTIONS.c.incident_id == incident_id)
        .order_by(SELECTIONS.c.selected_at, SELECTIONS.c.selection_id)
    )
    return [
        StoredSelection(
            level=row.level,
            selected_at=row.selected_at,
            asked=row.asked,
            not_asked=row.not_asked,
            not_asked_more=row.not_asked_more,
        )
        for row in rows
    ]


def first_of(tx: Transaction, incident_id: UUID) -> FirstSelection | None:
    """None when nobody was ever looked for; that a dispatcher sent somebody is no look around."""
    row = tx.session.execute(
        select(SELECTIONS)
        .where(SELECTIONS.c.incident_id == incident_id, SELECTIONS.c.facts.is_distinct_from(_NO_FACTS))
        .order_by(SELECTIONS.c.selected_at, SELECTIONS.c.selection_id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return FirstSelection(
        selected_at=row.selected_at,
        facts=never_asked(facts_from_json(row.facts)) if row.facts is not None else None,
        not_asked_more=row.not_asked_more,
    )


# Written out: `dataclasses.asdict` copies every value deeply, which for a hundred units took a sixth of a detection.
def _asked_json(asked: Asked, *, level: int) -> dict[str, Any]:
    return {
        "unit_id": str(asked.unit_id),
        "call_sign": asked.call_sign,
        "rank": asked.rank,
        "distance_m": _to_tenths(asked.distance_m),
        "fix_age_s": _to_tenths(asked.fix_age_s),
        "reason": asked.reason,
        "level": level,
    }


def _not_asked_json(unit: NotAsked) -> dict[str, Any]:
    return {"unit_id": str(unit.unit_id), "call_sign": unit.call_sign, "reason": unit.reason}


def _to_tenths(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
