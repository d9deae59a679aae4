"""Where are tracks read and kept? In Redis; while that is away or wiped, in memory and in PostgreSQL.

Not for what a track becomes: the `PositionDesk` judges. Coming back happens by itself: rebuild Redis from PostgreSQL,
then give it what this process has heard meanwhile.
"""

from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

import structlog
from anyio.to_thread import run_sync

from service.domain.errors import DomainError
from service.domain.unit import Track
from service.operations.position_copy import StoreCopy, are_kept, rebuild_positions, tracks_in_store
from service.ports import Ports, PositionsUnavailable, UnitKey
from service.store.database import Database

_log = structlog.get_logger()


class Tracks:
    """`of` and `keep` by turns, from one task; after a call of `redis_left`, `come_back` from another task."""

    def __init__(self, database: Database, ports: Ports, copy: StoreCopy, *, redis_left: Callable[[], None]) -> None:
        self._database = database
        self._ports = ports
        self._copy = copy
        self._owed: dict[UnitKey, Track] = {}
        self._memory: dict[UnitKey, Track] = {}
        self._remembered: set[UUID] = set()
        self._to_rebuild: set[UUID] = set()
        self._redis_left = redis_left
        self.is_without_redis = False

    @property
    def redis_is_owed(self) -> bool:
        """Redis is back, and has not yet been told what was heard meanwhile: `keep` of nothing tells it."""
        return bool(self._owed) and not self.is_without_redis

    async def of(self, units: Iterable[UnitKey]) -> Mapping[UnitKey, Track]:
        """Those units' tracks. Raises DomainError(unavailable) when neither Redis nor PostgreSQL can be asked."""
        keys = list(units)
        if not self.is_without_redis:
            try:
                return await self._ports.positions.tracks(keys)
            except PositionsUnavailable as error:
                self._leave_redis(keys, error)
        memory = await self._remember({key.agency_id for key in keys})
        return {key: memory[key] for key in keys if key in memory}

    async def keep(self, changed: Mapping[UnitKey, Track]) -> None:
        """Also in PostgreSQL, at most every 5 s a unit; at once while Redis is away, and then this waits for it.

        Raises DomainError(unavailable) when neither can keep them.
        """
        self._owed.update(changed)
        self._copy.owe(changed)
        if self._owed and not self.is_without_redis:
            await self._pay_redis()
        if self.is_without_redis:
            self._memory.update(changed)
            await self._copy.save_due()

    async def come_back(self) -> None:
        """Use Redis again, if it can be rebuilt for every agency that was heard of since it was left."""
        if not await run_sync(are_kept, self._ports.positions):
            return  # before PostgreSQL is asked for thousands of tracks, each second of an outage
        rebuilt: set[UUID] = set()
        try:
            while missing := self._to_rebuild - rebuilt:
                agency_id = missing.pop()
                await run_sync(rebuild_positions, self._database, self._ports, agency_id)
                rebuilt.add(agency_id)
        except (PositionsUnavailable, DomainError):
            return  # it was logged when it left
        self._to_rebuild.clear()
        self._forget_memory()
        self.is_without_redis = False
        _log.info("positions_returned")

    async def _pay_redis(self) -> None:
        owed, self._owed = self._owed, {}
        try:
            await self._ports.positions.keep(owed)
        except PositionsUnavailable as error:
            self._owed = owed | self._owed
            self._leave_redis(owed, error)

    def _leave_redis(self, units: Iterable[UnitKey], error: PositionsUnavailable) -> None:
        self._to_rebuild.update(key.agency_id for key in units)
        self._forget_memory()
        self.is_without_redis = True
        self._redis_left()
        _log.warning("positions_left", reason=str(error))

    def _forget_memory(self) -> None:
        """By a new one, not by clearing it: somebody may be looking something up in it."""
        self._memory, self._remembered = {}, set()

    async def _remember(self, agencies: set[UUID]) -> Mapping[UnitKey, Track]:
        """What PostgreSQL knows, unless more recent tracks are on their way to it; once per agency and absence."""
        self._to_rebuild |= agencies
        for agency_id in agencies - self._remembered:
            stored = await run_sync(tracks_in_store, self._database, agency_id)
            known = {UnitKey(agency_id, unit_id): track for unit_id, track in stored.items()}
            self._memory = {**known, **self._copy.owed, **self._memory}
            self._remembered.add(agency_id)
        return self._memory
