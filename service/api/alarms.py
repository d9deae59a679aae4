"""How do people and programs hear that Beatline itself is not well? They ask, or it is told to every open console."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from anyio.to_thread import run_sync
from fastapi import APIRouter

from service.api.deps import Backend, BackendDep, UserDep
from service.api.errors import documented
from service.api.schemas_alarms import AlarmsAnswer
from service.api.schemas_streams import frame
from service.api.strict_route import StrictRoute
from service.domain.errors import Code, DomainError
from service.operations.alarms import standing_now
from service.operations.watching import Hub

router = APIRouter(prefix="/v1", tags=["console"], route_class=StrictRoute)
LOOK_EVERY_S = 2.0


@router.get("/alarms", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.UNAVAILABLE))
def list_alarms(user: UserDep, backend: BackendDep) -> AlarmsAnswer:  # noqa: ARG001  whoever is signed in
    """What is wrong with this installation now: the same for all agencies, and about none of them."""
    return AlarmsAnswer.of(standing_now(backend.database, backend.ports))


@asynccontextmanager
async def open_bell(backend: Backend, hub: Hub, *, look_every_s: float = LOOK_EVERY_S) -> AsyncIterator[None]:
    """For the app's lifespan, inside the hub's: consoles that watch are told when an alarm is raised, or goes."""
    stop = asyncio.Event()
    ringing = asyncio.create_task(_ring(backend, hub, stop, look_every_s))
    try:
        yield
    finally:
        # Not cancelled: it may be in a thread with the database, which is closed next.
        stop.set()
        await ringing


async def _ring(backend: Backend, hub: Hub, stop: asyncio.Event, look_every_s: float) -> None:
    """Whoever opens a stream reads the list by itself, so that only what has changed since need be told."""
    told: bytes | None = None
    while not stop.is_set():
        # While the database is away nobody knows; that it is away the console sees by itself.
        with suppress(DomainError):
            shown = await run_sync(partial(_drawn, backend))
            if told not in {None, shown}:
                for watcher in hub.watchers:
                    if watcher.who.unit_id is None:
                        watcher.tell(shown)
            told = shown
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), look_every_s)


def _drawn(backend: Backend) -> bytes:
    return frame("alarms", AlarmsAnswer.of(standing_now(backend.database, backend.ports)))
