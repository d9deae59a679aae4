"""Statements on emergencies: which officer calls for help now, and in which incident."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import and_, bindparam, func, literal_column, select

from service.domain.incident import LIVING
from service.domain.unit import Status
from service.store.database import Transaction
from service.store.tables import INCIDENTS, UNITS

_LIVES = INCIDENTS.c.state.in_([literal_column(f"'{state}'") for state in sorted(LIVING)])
# Said for the planner, which knows then how few they are, and which index has them.
_IS_EMERGENCY = INCIDENTS.c.emergency_unit_id.is_not(None)
_LIVING_OF = (
    select(INCIDENTS.c.incident_id)
    .where(_IS_EMERGENCY, _LIVES, INCIDENTS.c.emergency_unit_id == bindparam("unit_id"))
    .order_by(INCIDENTS.c.incident_id.desc())
    .limit(1)
)
_CALLING = (
    select(UNITS.c.unit_id)
    .join(
        INCIDENTS,
        and_(INCIDENTS.c.agency_id == UNITS.c.agency_id, INCIDENTS.c.emergency_unit_id == UNITS.c.unit_id),
    )
    .where(
        _IS_EMERGENCY,
        _LIVES,
        INCIDENTS.c.emergency_unit_id == func.any(bindparam("unit_ids")),
        UNITS.c.status != Status.AVAILABLE,
    )
)


def living_of(tx: Transaction, unit_id: UUID) -> UUID | None:
    """The living incident of the unit's call for help; the latest, should a dispatcher have reopened an older one."""
    found: UUID | None = tx.session.execute(_LIVING_OF, {"unit_id": unit_id}).scalar_one_or_none()
    return found


def calling(tx: Transaction, unit_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the units whose officer has called for help; until it is over, or they say that they are available.

    Nothing rings there, and nobody asks how they are.
    """
    return {row.unit_id for row in tx.session.execute(_CALLING, {"unit_ids": list(unit_ids)})}
