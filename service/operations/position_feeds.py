"""What must be known of an AVL feed to take its positions? Remembered, so that they are taken without PostgreSQL too.

Whose call signs these are, and when a source was last noted as heard. Not for the fixes themselves: `position_desk`.
"""

import time
from collections.abc import Callable, Mapping
from uuid import UUID

from anyio import CapacityLimiter

from service.auth.lookup_cache import LookupCache
from service.operations import sources
from service.ports import Ports
from service.store import units
from service.store.database import Database
from service.store.sources import Source

AGENCIES_LIMIT = 1_000


class Feeds:
    """Lives as long as the app. `threads` are those that ask PostgreSQL for call signs."""

    def __init__(
        self,
        database: Database,
        ports: Ports,
        *,
        threads: CapacityLimiter | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._ports = ports
        self._monotonic_s = monotonic_s
        self._call_signs = LookupCache(
            self._load_call_signs, monotonic_s=monotonic_s, entries_limit=AGENCIES_LIMIT, threads=threads
        )
        self._noted_at_s: dict[UUID, float] = {}

    async def call_signs(self, agency_id: UUID) -> Mapping[str, UUID]:
        """All units of the agency as of at most 5 s ago; 300 s while PostgreSQL is away.

        Raises DomainError(unavailable) when it is away and nobody has asked before.
        """
        return await self._call_signs.get(agency_id) or {}

    def note(self, source: Source) -> None:
        """It has told positions. Tried at most once a minute: a PostgreSQL that hangs holds no thread for each."""
        now_s = self._monotonic_s()
        noted_at_s = self._noted_at_s.get(source.source_id)
        if noted_at_s is not None and now_s - noted_at_s < sources.NOTED_EVERY.total_seconds():
            return
        self._noted_at_s[source.source_id] = now_s
        sources.note_positions(self._database, self._ports, source)

    def _load_call_signs(self, agency_id: UUID) -> Mapping[str, UUID]:
        with self._database.transaction(agency_id) as tx:
            return units.ids_by_call_sign(tx)
