"""By what name does a person know who did something? The journal keeps ids; a dispatcher reads names."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import and_, func, select

from service.store.database import Transaction
from service.store.tables import DEVICES, SOURCES, UNITS, USERS

_NAMED = {
    "user": select(USERS.c.user_id, USERS.c.name),
    "source": select(SOURCES.c.source_id, SOURCES.c.name),
    "device": select(DEVICES.c.device_id, UNITS.c.call_sign).join(
        UNITS, and_(UNITS.c.agency_id == DEVICES.c.agency_id, UNITS.c.unit_id == DEVICES.c.unit_id)
    ),
}


def of_actors(tx: Transaction, actors: Iterable[str]) -> dict[str, str]:
    """The name of each "user:…", the call sign of each "device:…" and the name of each "source:…" that is known.

    What follows the id ("/token:…") is no part of the name.
    """
    ids = {actor: _kind_and_id(actor) for actor in actors}
    names: dict[tuple[str, UUID], str] = {}
    for kind, query in _NAMED.items():
        wanted = [each[1] for each in ids.values() if each and each[0] == kind]
        if wanted:
            rows = tx.session.execute(query.where(query.selected_columns[0] == func.any(wanted)))
            names |= {(kind, row[0]): row[1] for row in rows}
    return {actor: names[each] for actor, each in ids.items() if each in names}


def _kind_and_id(actor: str) -> tuple[str, UUID] | None:
    kind, _, named = actor.partition("/")[0].partition(":")
    return (kind, UUID(named)) if kind in _NAMED and named else None
