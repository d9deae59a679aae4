"""Who watches what? One hub per process: consoles and phones join it, and it ends their streams when their time comes.

It has one listener to the feed, a lookout for each agency that somebody watches, and a guard who asks twice a second
whether everybody would still be let in. What is seen: `sights`; by whom: `lookout`; what was missed: `missed`.
"""

import asyncio
import random
import time
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import structlog
from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from service.domain.errors import Code, DomainError
from service.operations.credentials import still_valid
from service.operations.lookout import Draw, Lookout
from service.operations.missed import Missed
from service.operations.watchers import Ending, Watcher, Watching
from service.ports import FeedUnavailable, Ports
from service.store.database import Database
from service.store.ids import new_id

LIFETIME_S = 600.0
LIFETIME_SPREAD = 0.2
"""Streams end up to so much earlier, so that those that began together do not come back together."""
WATCHERS_LIMIT = 5_000
"""Some 30 KiB each, and what is told to all of them at once takes a quarter of a second."""
PER_CREDENTIAL = 8
"""A browser opens six connections to a server; a phone that lost its network leaves some behind."""
THREADS = 4
"""Looks, replays and the guard's question at once; the pool has places for them besides those of the requests."""
GUARD_EVERY_S = 0.5
REST_S = 1.0
"""Before the feed is listened to again that was away, and before whatever failed is begun again."""
Work = Callable[[], Coroutine[Any, Any, None]]
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """`missed` is what to tell first, None when it is too much to tell; `newest` is the id to go on from."""

    watcher: Watcher
    newest: UUID
    missed: Sequence[bytes] | None


class Hub:
    """Open (`async with`) as long as the app, on its event loop. `draw` makes of a sight what goes over the wire."""

    def __init__(
        self,
        database: Database,
        ports: Ports,
        *,
        draw: Draw,
        lifetime_s: float = LIFETIME_S,
        watchers_limit: int = WATCHERS_LIMIT,
    ) -> None:
        self._database = database
        self._ports = ports
        self._draw = draw
        self._lifetime_s = lifetime_s
        self._watchers_limit = watchers_limit
        self._threads = CapacityLimiter(THREADS)
        self._missed = Missed(database, draw=draw, phones_of=self._phones_of, threads=self._threads)
        self._lookouts: dict[UUID, Lookout] = {}
        self._at_work: dict[asyncio.Task[None], Work] = {}
        self._suspected = asyncio.Event()
        self._is_guarding = True
        self._is_closing = False

    async def __aenter__(self) -> Self:
        self._keep_at_work(self._listen)
        self._keep_at_work(self._guard)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.retire()
        for task, work in self._at_work.items():
            if work == self._listen:
                task.cancel()
        # The others are not cancelled: they may be in a thread with the database, which is closed next.
        self._suspected.set()
        for lookout in self._lookouts.values():
            lookout.stop()
        while self._at_work:
            await asyncio.wait(self._at_work)
        await self._ports.feed.aclose()

    @property
    def watchers(self) -> list[Watcher]:
        return [watcher for lookout in self._lookouts.values() for watcher in lookout.watchers]

    async def join(self, who: Watching, *, after: UUID | None) -> Joined:
        """From now on whatever happens is told; first what happened since the event with the id `after`.

        The oldest stream of a credential that has too many gives way. Raises DomainError: overloaded, unavailable;
        both say when to come back. Whoever joined must `leave`.
        """
        self._refuse_when_full()
        self._make_room(who)
        spread = random.uniform(1 - LIFETIME_SPREAD, 1)  # noqa: S311  spreads load, guards nothing
        watcher = Watcher(who, lives_s=self._lifetime_s * spread)
        lookout = self._lookouts.get(who.agency_id) or self._open(who.agency_id)
        lookout.watchers.add(watcher)
        try:
            newest = (await lookout.begin()).newest or new_id()
            missed: Sequence[bytes] | None = ()
            if after is not None:
                missed = await self._missed.since(after, agency_id=who.agency_id, unit_id=who.unit_id)
        except BaseException:
            self.leave(watcher)
            raise
        return Joined(watcher=watcher, newest=newest, missed=missed)

    def leave(self, watcher: Watcher) -> None:
        """A second call does nothing."""
        lookout = self._lookouts.get(watcher.who.agency_id)
        if lookout is None or watcher not in lookout.watchers:
            return
        lookout.watchers.remove(watcher)
        if not lookout.watchers:
            lookout.stop()
            del self._lookouts[lookout.agency_id]

    def retire(self) -> None:
        """The process is about to end: every stream says so and ends, and nobody new may join."""
        self._is_closing = True
        for watcher in self.watchers:
            watcher.end(Ending.RECONNECT)

    # -- who may stay -----------------------------------------------------------------------------------------------

    def _refuse_when_full(self) -> None:
        if self._is_closing:
            raise DomainError(Code.UNAVAILABLE, "This server is about to stop; connect again.", retry_after_s=1)
        if len(self.watchers) >= self._watchers_limit:
            raise DomainError(Code.OVERLOADED, "Too many streams are open; come back later.", retry_after_s=10)

    def _make_room(self, who: Watching) -> None:
        mine = [each for each in self.watchers if who.credential and each.who.credential == who.credential]
        living = sorted((each for each in mine if not each.ended.done()), key=lambda watcher: watcher.began_s)
        for watcher in living[: max(0, len(living) - PER_CREDENTIAL + 1)]:
            watcher.end(Ending.RECONNECT)

    async def _guard(self) -> None:
        while not self._is_closing:
            with suppress(TimeoutError):
                async with asyncio.timeout(GUARD_EVERY_S):
                    await self._suspected.wait()
            self._suspected.clear()
            now_s = time.monotonic()
            for watcher in self.watchers:
                if watcher.until_s <= now_s:
                    watcher.end(Ending.RECONNECT)
            await self._end_whoever_was_shut_out()

    async def _end_whoever_was_shut_out(self) -> None:
        asked = [(watcher, watcher.who.credential) for watcher in self.watchers if watcher.who.credential]
        shown = {credential for _, credential in asked if credential}
        if not shown:
            return
        ask = partial(still_valid, self._database, shown, now=self._ports.clock.now())
        try:
            valid = await run_sync(ask, limiter=self._threads)
        except DomainError as error:
            # Nobody can be shut out meanwhile: that is written where we cannot read.
            if self._is_guarding:
                _log.warning("streams_not_guarded", reason=error.internal)
            self._is_guarding = False
            return
        self._is_guarding = True
        for watcher, credential in asked:
            if credential not in valid:
                watcher.end(Ending.SHUT_OUT)

    # -- what is at work --------------------------------------------------------------------------------------------

    def _open(self, agency_id: UUID) -> Lookout:
        lookout = Lookout(
            self._database, agency_id, draw=self._draw, suspect=self._suspected.set, threads=self._threads
        )
        self._lookouts[agency_id] = lookout
        self._keep_at_work(lookout.run)
        return lookout

    def _phones_of(self, agency_id: UUID) -> Collection[UUID]:
        lookout = self._lookouts.get(agency_id)
        return lookout.phones_of if lookout else ()

    async def _listen(self) -> None:
        is_away = False
        while True:
            try:
                async with aclosing(self._ports.feed.listen(self._lookouts.keys)) as heard:
                    async for news in heard:
                        if is_away:
                            _log.info("feed_came_back")
                            is_away = False
                        if news is not None and news.agency_id in self._lookouts:
                            self._lookouts[news.agency_id].nudge()
            except FeedUnavailable as error:
                if not is_away:
                    _log.warning("feed_went_away", reason=str(error))
                    is_away = True
                await asyncio.sleep(REST_S)

    def _keep_at_work(self, work: Work, *, after_s: float = 0) -> None:
        """Until it ends by itself. What fails is begun again: nobody may go on watching who is looked after no more."""

        async def begin() -> None:
            await asyncio.sleep(after_s)
            await work()

        def ended(task: asyncio.Task[None]) -> None:
            del self._at_work[task]
            if not task.cancelled() and (error := task.exception()):
                _log.error("watching_failed", exc_info=error)
                if not self._is_closing:
                    self._keep_at_work(work, after_s=REST_S)

        task = asyncio.create_task(begin())
        self._at_work[task] = work
        task.add_done_callback(ended)
