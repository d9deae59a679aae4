"""What of the positions is also in PostgreSQL? A copy, at most one fix of a unit every 5 s, to rebuild Redis from.

While Redis is away it is where units are looked for. Not for judging fixes: that is the `PositionDesk`'s.
"""

import time
from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

import structlog
from anyio import Lock
from anyio.to_thread import run_sync

from service.domain.errors import DomainError
from service.domain.unit import Track
from service.ports import Clock, Ports, Positions, PositionsUnavailable, UnitKey
from service.store import fixes
from service.store.database import Database

SAVE_EVERY_S = 5.0
_NOBODY = UUID(int=0)
_log = structlog.get_logger()


def tracks_in_store(database: Database, agency_id: UUID) -> dict[UUID, Track]:
    """Raises DomainError(unavailable)."""
    with database.transaction(agency_id) as tx:
        return fixes.all_tracks(tx)


def are_kept(positions: Positions) -> bool:
    """Whether Redis takes positions, as far as can be told by keeping those of an agency that nobody is.

    A real write, since a full Redis and a replica still answer reads.
    """
    try:
        positions.rebuild(_NOBODY, {})
    except PositionsUnavailable:
        return False
    return True


def rebuild_positions(database: Database, ports: Ports, agency_id: UUID) -> None:
    """Give an agency's tracks back to positions. Raises DomainError(unavailable) or PositionsUnavailable."""
    tracks = tracks_in_store(database, agency_id)
    ports.positions.rebuild(agency_id, tracks)
    _log.info("positions_rebuilt", agency_id=str(agency_id), units=len(tracks))


class StoreCopy:
    """Tracks on their way to PostgreSQL. Several callers may save at once; each track is written once."""

    def __init__(self, database: Database, clock: Clock, *, save_every_s: float = SAVE_EVERY_S) -> None:
        self._database = database
        self._clock = clock
        self._save_every_s = save_every_s
        self._owed: dict[UnitKey, Track] = {}
        self._saved_at_s: dict[UnitKey, float] = {}
        self._saving = Lock()

    @property
    def owed(self) -> Mapping[UnitKey, Track]:
        """Known to this process and not yet to PostgreSQL."""
        return self._owed

    def owe(self, tracks: Mapping[UnitKey, Track]) -> None:
        """These are to be written; a track that was owed before and not yet written never will be."""
        self._owed.update(tracks)

    async def save_due(self) -> None:
        """Write what is owed of units that were not written for 5 s.

        Raises DomainError(unavailable); what could not be written stays owed.
        """
        async with self._saving:
            self._forget_old_times()
            await self._save([key for key in self._owed if key not in self._saved_at_s])

    async def save_if_possible(self) -> None:
        """As `save_due`, for when nothing depends on it: it stays owed."""
        try:
            await self.save_due()
        except DomainError as error:
            _log.warning("positions_not_copied", internal=error.internal)

    async def save_all(self) -> None:
        """As `save_due`, without waiting for anything: the process ends."""
        async with self._saving:
            await self._save(list(self._owed))

    async def _save(self, keys: list[UnitKey]) -> None:
        by_agency: defaultdict[UUID, dict[UUID, Track]] = defaultdict(dict)
        for key in keys:
            by_agency[key.agency_id][key.unit_id] = self._owed[key]
        for agency_id, tracks in by_agency.items():
            await run_sync(self._write, agency_id, tracks)
            self._note_as_saved(agency_id, tracks)

    def _write(self, agency_id: UUID, tracks: Mapping[UUID, Track]) -> None:
        with self._database.transaction(agency_id) as tx:
            fixes.keep(tx, tracks, now=self._clock.now())

    def _note_as_saved(self, agency_id: UUID, tracks: Mapping[UUID, Track]) -> None:
        saved_at_s = time.monotonic()
        for unit_id, track in tracks.items():
            key = UnitKey(agency_id, unit_id)
            self._saved_at_s[key] = saved_at_s
            if self._owed[key] is track:  # else the unit has moved on while it was written
                del self._owed[key]

    def _forget_old_times(self) -> None:
        since_s = time.monotonic() - self._save_every_s
        self._saved_at_s = {key: at_s for key, at_s in self._saved_at_s.items() if at_s > since_s}
