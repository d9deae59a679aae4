"""How is what a selection was made from written down? Exactly, so that a policy can be tried out on it later."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from service.domain.alert import AlertState
from service.domain.geo import Point
from service.domain.selection import Candidate
from service.domain.unit import Fix, Status, UnitKind


def facts_to_json(facts: Sequence[Candidate]) -> bytes:
    """`facts_from_json` is its inverse. Lists rather than objects: a hundred units are written while a shot waits."""
    return orjson.dumps([_values(candidate) for candidate in facts])


def facts_from_json(text: bytes) -> list[Candidate]:
    return [_candidate(values) for values in orjson.loads(text)]


def never_asked(facts: Sequence[Candidate]) -> list[Candidate]:
    """The same units, as if the incident were heard of for the first time."""
    return [replace(candidate, alert_state=None, refused=False) for candidate in facts]


def _values(unit: Candidate) -> list[Any]:
    fix = unit.fix
    where = [fix.point.lat, fix.point.lon, fix.at, fix.accuracy_m] if fix else None
    return [
        str(unit.unit_id),
        unit.call_sign,
        unit.kind,
        unit.status,
        unit.has_device,
        unit.alert_state,
        unit.refused,
        where,
    ]


def _candidate(values: list[Any]) -> Candidate:
    unit_id, call_sign, kind, status, has_device, alert_state, refused, where = values
    return Candidate(
        unit_id=UUID(unit_id),
        call_sign=call_sign,
        kind=UnitKind(kind),
        status=Status(status),
        has_device=has_device,
        fix=_fix(where) if where else None,
        alert_state=AlertState(alert_state) if alert_state else None,
        refused=refused,
    )


def _fix(where: list[Any]) -> Fix:
    lat, lon, at, accuracy_m = where
    return Fix(point=Point(lat=lat, lon=lon), at=datetime.fromisoformat(at), accuracy_m=accuracy_m)
