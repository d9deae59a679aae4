"""Which units does an agency have, and what are they called? Not for their phones (`registry`) or where they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from service.domain.errors import not_found
from service.domain.unit import UnitKind
from service.operations.administration import Administrator, a_name, acting
from service.ports import Ports
from service.store import units
from service.store.database import Database
from service.store.units import ListedUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOnRoster:
    """`last_fix_age_s` is None when it was never seen."""

    listed: ListedUnit
    last_fix_age_s: float | None


def create_unit(
    database: Database, ports: Ports, *, by: Administrator, call_sign: str, kind: UnitKind = UnitKind.PATROL
) -> UUID:
    """A new unit, off duty until its phone says otherwise. Raises DomainError: already_exists, invalid."""
    [unit_id] = create_units(database, ports, by=by, call_signs=[call_sign], kind=kind)
    return unit_id


def create_units(
    database: Database, ports: Ports, *, by: Administrator, call_signs: Sequence[str], kind: UnitKind
) -> Sequence[UUID]:
    """Several of a kind: all of them or none. Raises DomainError: already_exists, invalid."""
    made = []
    with acting(database, ports, by=by) as act:
        for call_sign in call_signs:
            named = a_name(call_sign, field="call_sign")
            unit_id = units.add(act.tx, call_sign=named, kind=kind, now=act.now)
            act.record("unit_created", unit_id=unit_id, call_sign=named, kind=kind)
            made.append(unit_id)
    return made


def list_units(database: Database, ports: Ports, *, agency_id: UUID) -> Sequence[UnitOnRoster]:
    """By call sign, with what an administrator wants to know of each."""
    with database.transaction(agency_id) as tx:
        return _aged(units.listed(tx), ports)


def show_unit(database: Database, ports: Ports, *, agency_id: UUID, unit_id: UUID) -> UnitOnRoster:
    """Raises DomainError(not_found)."""
    with database.transaction(agency_id) as tx:
        found = _aged(units.listed(tx, [unit_id]), ports)
    if not found:
        raise not_found("unit")
    return found[0]


def change_unit(
    database: Database,
    ports: Ports,
    *,
    by: Administrator,
    unit_id: UUID,
    call_sign: str | None = None,
    kind: UnitKind | None = None,
) -> None:
    """What is None stays as it is. What was recorded under the old call sign keeps it.

    Raises DomainError: not_found, already_exists, invalid.
    """
    with acting(database, ports, by=by) as act:
        before = units.by_id(act.tx, [unit_id]).get(unit_id)
        if before is None:
            raise not_found("unit")
        named = before.call_sign if call_sign is None else a_name(call_sign, field="call_sign")
        kind = kind or before.kind
        if (named, kind) == (before.call_sign, before.kind):
            return
        units.change(act.tx, unit_id, call_sign=named, kind=kind)
        act.record("unit_changed", unit_id=unit_id, call_sign=named, kind=kind, before=before.call_sign)


def _aged(found: Sequence[ListedUnit], ports: Ports) -> list[UnitOnRoster]:
    now = ports.clock.now()
    return [
        UnitOnRoster(
            listed=unit,
            # A fix from the future, by a phone's clock, is as fresh as one of now.
            last_fix_age_s=max(0.0, (now - unit.last_fix_at).total_seconds()) if unit.last_fix_at else None,
        )
        for unit in found
    ]
