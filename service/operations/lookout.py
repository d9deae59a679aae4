"""What do those who watch one agency see? One lookout per agency and process looks into the journal for all of them.

It looks at least every half second, and at once when it is nudged. So the feed makes it fast and the journal makes it
sure: news that were lost, of a process that died or while Redis is away, are found by the next look. What is seen is
loaded and drawn once, in a thread, and handed to everybody whom it is for.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import structlog
from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from service.domain.errors import DomainError
from service.operations.sights import AlertSight, Sight, TooMuch, UnitSight, sights_of, watcher_of
from service.operations.watchers import Watcher
from service.store import news
from service.store.database import Database
from service.store.ids import new_id
from service.store.news import Place

LOOK_EVERY_S = 0.5
PAUSE_S = 0.05
"""Between two looks, however often it is nudged: what happens meanwhile is seen, and told, together."""
REMEMBERED = 10_000
"""Things of which is known how they were last drawn; one that was forgotten is told once more than it need be."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A sight as it goes over the wire, `whole`, and `shows`: what of it is the same when nothing has changed."""

    whole: bytes
    shows: bytes


Draw = Callable[[Sight], Picture]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """`concerns_access`: something was done that belongs to no incident, such as signing out."""

    drawn: Sequence[tuple[Sight, Picture]]
    place: Place
    concerns_access: bool


class Lookout:
    """`suspect` is called when somebody may have been shut out. `run` is one task, until it is told to `stop`."""

    def __init__(
        self, database: Database, agency_id: UUID, *, draw: Draw, suspect: Callable[[], None], threads: CapacityLimiter
    ) -> None:
        self.agency_id = agency_id
        self.watchers: set[Watcher] = set()
        self._database = database
        self._draw = draw
        self._suspect = suspect
        self._threads = threads
        self._place: Place | None = None
        self._beginning = asyncio.Lock()
        self._nudged = asyncio.Event()
        self._is_stopping = False
        self._has_run = False
        self._sees = True
        self._last_shown: dict[UUID, bytes] = {}

    @property
    def phones_of(self) -> Collection[UUID]:
        """The units for which somebody watches."""
        return {watcher.who.unit_id for watcher in self.watchers if watcher.who.unit_id}

    async def begin(self) -> Place:
        """From here on everything is seen. A second call tells how far it has come. Raises DomainError(unavailable)."""
        async with self._beginning:
            if self._place is None:
                self._place = await run_sync(self._find_place, limiter=self._threads)
            return self._place

    def nudge(self) -> None:
        self._nudged.set()

    def stop(self) -> None:
        """Not cancelled: it may be in a thread with the database."""
        self._is_stopping = True
        self._nudged.set()

    async def run(self) -> None:
        """A second run is after one that failed: what could not be told then is skipped, and everybody reads anew."""
        if self._has_run:
            self._place = None
            too_much = TooMuch(entry_id=(await self.begin()).newest or new_id())
            self._tell([(too_much, self._draw(too_much))])
        self._has_run = True
        while not self._is_stopping:
            try:
                await self._look()
                self._sees = True
            except DomainError as error:
                if self._sees:
                    _log.warning("journal_not_looked_at", agency_id=str(self.agency_id), reason=error.internal)
                self._sees = False
            await asyncio.sleep(PAUSE_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S - PAUSE_S):
                    await self._nudged.wait()

    async def _look(self) -> None:
        place = await self.begin()
        self._nudged.clear()
        look = await run_sync(self._look_in_thread, place, self.phones_of, limiter=self._threads)
        self._place = look.place
        if look.concerns_access:
            self._suspect()
        self._tell([(sight, picture) for sight, picture in look.drawn if self._is_new(sight, picture)])

    def _find_place(self) -> Place:
        with self._database.transaction(self.agency_id) as tx:
            return news.end(tx)

    def _look_in_thread(self, place: Place, phones_of: Collection[UUID]) -> _Look:
        with self._database.transaction(self.agency_id) as tx:
            fresh = news.since(tx, place)
            if not fresh.is_all:
                sights: list[Sight] = [TooMuch(entry_id=fresh.place.newest or new_id())]
            else:
                sights = sights_of(tx, fresh.entries, phones_of=phones_of) if fresh.entries else []
        return _Look(
            drawn=[(sight, self._draw(sight)) for sight in sights],
            place=fresh.place,
            concerns_access=any(entry.incident_id is None for entry in fresh.entries),
        )

    def _is_new(self, sight: Sight, picture: Picture) -> bool:
        """An incident is told with what happened; a unit and an alert only when they look different from before."""
        match sight:
            case UnitSight():
                key, must_be_told = sight.unit.unit_id, False
            case AlertSight():
                key, must_be_told = sight.view.stored.alert.alert_id, sight.page is not None
            case _:
                return True
        looked_like = self._last_shown.pop(key, None)
        if len(self._last_shown) >= REMEMBERED:
            del self._last_shown[next(iter(self._last_shown))]
        self._last_shown[key] = picture.shows
        return must_be_told or looked_like != picture.shows

    def _tell(self, drawn: Sequence[tuple[Sight, Picture]]) -> None:
        for_all = b"".join(picture.whole for sight, picture in drawn if isinstance(sight, TooMuch))
        told = _joined(drawn)
        for watcher in self.watchers:
            if mine := for_all or told.get(watcher.who.unit_id):
                watcher.tell(mine)


def _joined(drawn: Sequence[tuple[Sight, Picture]]) -> Mapping[UUID | None, bytes]:
    """By unit; the consoles' under None."""
    told: defaultdict[UUID | None, list[bytes]] = defaultdict(list)
    for sight, picture in drawn:
        told[watcher_of(sight)].append(picture.whole)
    return {unit_id: b"".join(pictures) for unit_id, pictures in told.items()}
