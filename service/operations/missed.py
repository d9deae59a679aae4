"""What did somebody miss whose stream was cut? Read from the journal, whoever served them before, and Redis or not.

Hundreds come back in the same second when a process is replaced: those who wait for the same are answered together.
"""

from asyncio import Semaphore, Task, create_task, shield
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from service.domain.errors import Code, DomainError
from service.operations.catching_up import UNSETTLED
from service.operations.lookout import Draw
from service.operations.sights import Sight, sights_of, watcher_of
from service.store import news
from service.store.database import Database
from service.store.ids import VERSION, first_id_of, made_at, new_id

LOOK_BACK = UNSETTLED + timedelta(seconds=1)
"""What was committed late, and had not been looked at when the stream was cut."""
SLOT = timedelta(seconds=5)
"""Who was cut within the same one is told the same."""
KEPT_FOR = timedelta(minutes=15)
"""Whoever was away for longer begins anew: a stream is for what happens, and not for leafing in the record."""
INCIDENTS_AT_MOST = 200
"""Reading the lists again is less than that many incidents."""
AHEAD_AT_MOST = timedelta(minutes=1)
"""So far another host's clock may be ahead of ours."""

Drawn = Sequence[tuple[Sight, bytes]]


def refuse_unless_of_ours(event_id: UUID) -> None:
    """Raises DomainError(invalid) for an id that no event of ours can have had. Which one it had does not matter."""
    if event_id.version != VERSION or event_id > first_id_of(made_at(new_id()) + AHEAD_AT_MOST):
        raise DomainError(Code.INVALID, "Last-Event-ID must be the id of an event that you were sent.")


class Missed:
    """One per process. `phones_of` tells of which of an agency's units somebody watches."""

    def __init__(
        self, database: Database, *, draw: Draw, phones_of: Callable[[UUID], Collection[UUID]], threads: CapacityLimiter
    ) -> None:
        self._database = database
        self._draw = draw
        self._phones_of = phones_of
        self._threads = threads
        self._waiting: dict[tuple[UUID, datetime], Task[Drawn | None]] = {}
        self._turn = Semaphore(1)

    async def since(self, event_id: UUID, *, agency_id: UUID, unit_id: UUID | None) -> list[bytes] | None:
        """What this unit's phones, or the consoles, were not told since; some of it they were. None: it is too much.

        Whoever asks watches already, so that nothing falls between what is read here and what is told from now on.
        Raises DomainError(unavailable).
        """
        if made_at(event_id) < made_at(new_id()) - KEPT_FOR:
            return None
        drawn = await shield(self._reading(agency_id, _slot(event_id)))
        return None if drawn is None else [whole for sight, whole in drawn if watcher_of(sight) == unit_id]

    def _reading(self, agency_id: UUID, start: datetime) -> "Task[Drawn | None]":
        key = agency_id, start
        if key not in self._waiting:
            self._waiting[key] = create_task(self._read_in_turn(*key))
        return self._waiting[key]

    async def _read_in_turn(self, agency_id: UUID, start: datetime) -> Drawn | None:
        async with self._turn:
            # Whoever comes from here on watches from later on than this reading: that needs another one.
            del self._waiting[agency_id, start]
            phones_of = self._phones_of(agency_id)
            return await run_sync(self._read, agency_id, first_id_of(start), phones_of, limiter=self._threads)

    def _read(self, agency_id: UUID, after: UUID, phones_of: Collection[UUID]) -> Drawn | None:
        with self._database.transaction(agency_id) as tx:
            entries = news.since_id(tx, after)
            if entries is None or len({entry.incident_id for entry in entries}) > INCIDENTS_AT_MOST:
                return None
            sights = sights_of(tx, entries, phones_of=phones_of)
        return [(sight, self._draw(sight).whole) for sight in sights]


def _slot(event_id: UUID) -> datetime:
    """From when on the journal is read: a clock that was ahead must not hide what came after."""
    at = min(made_at(event_id), made_at(new_id())) - LOOK_BACK
    return at - timedelta(seconds=at.timestamp() % SLOT.total_seconds())
