"""Who has this token? Asked of the database at most every 5 s a token, however often its phone reports.

Not for permissions that must end at once: whoever revokes calls `forget`, which other processes learn 5 s later.
"""

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from service.domain.errors import Code, DomainError

FRESH_S = 5.0
STALE_S = 300.0
"""So long a token that was good stays good while the database is away: positions matter most when much is broken."""
ENTRIES_LIMIT = 50_000

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")


class _Entry(NamedTuple, Generic[Found]):
    found: Found
    loaded_at_s: float


class LookupCache(Generic[Key, Found]):
    """`load` runs in a thread; it returns None for what does not exist: that is asked every time.

    One of `threads` for a key that was good before, one of `unknown_threads` (else of `threads`) for any other:
    whoever invents tokens keeps no good one waiting.
    """

    def __init__(
        self,
        load: Callable[[Key], Found | None],
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        entries_limit: int = ENTRIES_LIMIT,
        threads: CapacityLimiter | None = None,
        unknown_threads: CapacityLimiter | None = None,
    ) -> None:
        self._load = load
        self._threads = threads
        self._unknown_threads = unknown_threads or threads
        self._entries_limit = entries_limit
        self._monotonic_s = monotonic_s
        self._entries: dict[Key, _Entry[Found]] = {}
        self._loading: dict[Key, asyncio.Task[Found | None]] = {}
        self._away_until_s = 0.0
        self._times_forgotten = 0

    async def get(self, key: Key) -> Found | None:
        """At most 5 s old; up to 300 s while `load` raises DomainError(unavailable), which is raised after that."""
        entry = self._entries.get(key)
        now_s = self._monotonic_s()
        if entry is not None and now_s - entry.loaded_at_s < FRESH_S:
            return entry.found
        if entry is None or now_s - entry.loaded_at_s >= STALE_S:
            return await self._load_once(key)
        if now_s < self._away_until_s:
            return entry.found
        try:
            return await self._load_once(key)
        except DomainError as error:
            if error.code is not Code.UNAVAILABLE:
                raise
            return entry.found

    def forget(self, matches: Callable[[Found], bool]) -> None:
        """What matches is asked of the database the next time, in this process."""
        self._times_forgotten += 1
        for key in [key for key, entry in self._entries.items() if matches(entry.found)]:
            del self._entries[key]

    async def _load_once(self, key: Key) -> Found | None:
        """Whoever asks for the same key meanwhile waits for the same answer, even when the first one stops waiting."""
        task = self._loading.get(key)
        if task is None:
            task = asyncio.create_task(self._load_and_keep(key))
            self._loading[key] = task
            task.add_done_callback(lambda _: self._loading.pop(key))
        return await asyncio.shield(task)

    async def _load_and_keep(self, key: Key) -> Found | None:
        asked_at_s, times_forgotten = self._monotonic_s(), self._times_forgotten
        if self._away_until_s:
            # It was away a moment ago and may hang: one asks, the others are served what they had.
            self._away_until_s = asked_at_s + FRESH_S
        try:
            threads = self._threads if key in self._entries else self._unknown_threads
            found = await run_sync(self._load, key, limiter=threads)
        except DomainError as error:
            if error.code is Code.UNAVAILABLE:
                self._away_until_s = self._monotonic_s() + FRESH_S
            raise
        self._away_until_s = 0.0
        self._entries.pop(key, None)
        # What was asked before something was forgotten may be just that: good for this answer, not to be kept.
        if found is not None and times_forgotten == self._times_forgotten:
            self._make_room()
            self._entries[key] = _Entry(found, asked_at_s)
        return found

    def _make_room(self) -> None:
        """Entries lie in the order of their loading, so the first is the one unused for longest."""
        if len(self._entries) >= self._entries_limit:
            del self._entries[next(iter(self._entries))]
