"""A door with an admission, for stories of who comes through it and when. Not for what a request is: see `town`."""

import asyncio

import pytest

from service.api.admission import Admission, Caller
from service.api.lanes import Lane
from service.domain.errors import Code, DomainError

BAYVIEW = Caller("bayview", is_known=True)
MISSION = Caller("mission", is_known=True)
STRANGER = Caller("203.0.113.9", is_known=False)
THREADS = 20


class Door:
    """An admission, and in which order callers came through it."""

    def __init__(self, threads: int = THREADS) -> None:
        self.admission = Admission(threads)
        self.let_in: list[Caller | str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def comes(self, lane: Lane, caller: Caller, times: int = 1, *, name: str | None = None) -> None:
        """They ask to come in, and wait or are in when this returns. Whoever is refused raises it."""
        for _ in range(times):
            task = asyncio.create_task(self._come(lane, caller, name))
            self._tasks.add(task)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if task.done():
                task.result()

    async def leaves(self, lane: Lane, caller: Caller) -> None:
        self.admission.leave(lane, caller)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _come(self, lane: Lane, caller: Caller, name: str | None) -> None:
        await self.admission.enter(lane, caller)
        self.let_in.append(name or caller)


async def refused(door: Door, lane: Lane, caller: Caller) -> tuple[Code, str]:
    """With which code, and for which of the reasons that are counted."""
    before = door.admission.refused.copy()
    with pytest.raises(DomainError) as error:
        await door.admission.enter(lane, caller)
    [(_, why)] = door.admission.refused - before
    return error.value.code, why
