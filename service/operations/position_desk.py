"""How do many reports at once become few round trips? One desk per process judges and keeps them in groups.

Whatever waits is settled together: one read and one write of Redis for all of it, and what arrives meanwhile is the
next group; nobody is made to wait for company. Within a process a unit's reports are judged in the order of arrival;
between processes the newer fix wins (`Positions.keep`). Not for where tracks are: `Tracks`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

import structlog

from service.domain.errors import Code, DomainError
from service.domain.unit import Rejection, Reported, Track, clock_offset, judge_all
from service.operations.position_copy import SAVE_EVERY_S, StoreCopy
from service.operations.position_tracks import Tracks
from service.ports import Ports, UnitKey
from service.store.database import Database

GROUP_LIMIT = 500
"""Requests settled at once: while it judges them, some 10 ms, the event loop does nothing else."""
WAITING_LIMIT = 10_000
TICK_S = 1.0
_NOTHING_KNOWN = Track()
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one request says of one unit; `sent_at` by the sender's clock, None when it does not say."""

    unit: UnitKey
    fixes: Sequence[Reported]
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Of one report: how many fixes are believed, and which are not."""

    accepted: int
    rejected: Sequence[Rejection]


@dataclass(frozen=True, slots=True)
class _Ask:
    reports: Sequence[Report]
    arrived_at: datetime
    answer: asyncio.Future[list[Judgement]]


class PositionDesk:
    """Open (`async with`) as long as the app, on its event loop. Closing settles what waits and pays PostgreSQL."""

    def __init__(
        self, database: Database, ports: Ports, *, save_every_s: float = SAVE_EVERY_S, tick_s: float = TICK_S
    ) -> None:
        self._clock = ports.clock
        self._copy = StoreCopy(database, ports.clock, save_every_s=save_every_s)
        self._woken = asyncio.Event()
        self._tracks = Tracks(database, ports, self._copy, redis_left=self._woken.set)
        self._tick_s = tick_s
        self._is_closing = False
        self._waiting: list[_Ask] = []
        self._settling: asyncio.Task[None] | None = None
        self._tending: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._start_tending()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Not cancelled: it may be in a thread with the database, which is closed next.
        self._is_closing = True
        self._woken.set()
        if self._tending is not None:
            await asyncio.wait([self._tending])
        while self._settling is not None and not self._settling.done():
            await asyncio.wait([self._settling])
        with suppress(DomainError):  # it has been away, and that was logged; phones report again
            await self._copy.save_all()

    async def report(self, reports: Sequence[Report]) -> list[Judgement]:
        """One judgement for each, in order, once Redis or PostgreSQL has it.

        Raises DomainError: overloaded when too many wait already, unavailable when neither can be used; both say when
        to try again, and trying again is safe.
        """
        if len(self._waiting) >= WAITING_LIMIT:
            raise DomainError(Code.OVERLOADED, "Too many positions at once; send them again.", retry_after_s=1)
        ask = _Ask(reports, self._clock.now(), asyncio.get_running_loop().create_future())
        self._waiting.append(ask)
        self._settle_soon()
        return await ask.answer

    def _settle_soon(self) -> None:
        if self._settling is None:
            self._settling = asyncio.create_task(self._settle_all())
            self._settling.add_done_callback(self._settled_all)

    async def _settle_all(self) -> None:
        while self._waiting or self._tracks.redis_is_owed:
            asks, self._waiting = self._waiting[:GROUP_LIMIT], self._waiting[GROUP_LIMIT:]
            try:
                await self._settle(asks)
            except DomainError as refusal:
                _answer_all(asks, refusal)
            finally:
                # Whatever else went wrong, nobody is left waiting for it.
                _answer_all(asks, DomainError(Code.UNAVAILABLE, "Positions cannot be kept now.", retry_after_s=1))

    def _settled_all(self, task: asyncio.Task[None]) -> None:
        self._settling = None
        if not task.cancelled() and (error := task.exception()):
            _log.error("positions_not_settled", exc_info=error)
        if self._waiting:
            self._settle_soon()

    async def _settle(self, asks: Sequence[_Ask]) -> None:
        units = {report.unit for ask in asks for report in ask.reports}
        changed, judgements = _judge(asks, await self._tracks.of(units) if units else {})
        await self._tracks.keep(changed)
        for ask, judged in zip(asks, judgements, strict=True):
            if not ask.answer.done():  # whoever asked may be gone
                ask.answer.set_result(judged)

    def _start_tending(self) -> None:
        self._tending = asyncio.create_task(self._tend())
        self._tending.add_done_callback(self._stopped_tending)

    def _stopped_tending(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            _log.error("positions_not_tended", exc_info=error)
            if not self._is_closing:
                self._start_tending()

    async def _tend(self) -> None:
        """What time brings: Redis coming back, and the copy in PostgreSQL."""
        while not self._is_closing:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._tick_s):
                    await self._woken.wait()
            self._woken.clear()
            if self._tracks.is_without_redis:
                await self._tracks.come_back()
            if self._tracks.redis_is_owed:
                self._settle_soon()
            await self._copy.save_if_possible()


def _judge(asks: Sequence[_Ask], known: Mapping[UnitKey, Track]) -> tuple[dict[UnitKey, Track], list[list[Judgement]]]:
    """The tracks that changed, and for each ask the judgements on its reports: in order of arrival, unit by unit."""
    changed: dict[UnitKey, Track] = {}
    judgements: list[list[Judgement]] = []
    for ask in asks:
        judged = []
        for report in ask.reports:
            before = changed.get(report.unit) or known.get(report.unit, _NOTHING_KNOWN)
            offset = clock_offset(report.sent_at, now=ask.arrived_at)
            after, rejected = judge_all(report.fixes, before, offset=offset, now=ask.arrived_at)
            if after is not before:
                changed[report.unit] = after
            judged.append(Judgement(accepted=len(report.fixes) - len(rejected), rejected=rejected))
        judgements.append(judged)
    return changed, judgements


def _answer_all(asks: Sequence[_Ask], refusal: DomainError) -> None:
    for ask in asks:
        if not ask.answer.done():
            ask.answer.set_exception(refusal)
