"""How do people and programs hear that Beatline itself is not well? They ask, or it is told to every open console."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

import structlog
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request

from service.api.deps import Backend, BackendDep, UserDep
from service.api.errors import documented
from service.api.schemas_alarms import AlarmsAnswer
from service.api.schemas_streams import frame
from service.api.strict_route import StrictRoute
from service.domain.errors import Code, DomainError
from service.operations.alarms import standing_now
from service.operations.vigil import Vigil
from service.operations.watching import Hub

router = APIRouter(prefix="/v1", tags=["console"], route_class=StrictRoute)
LOOK_EVERY_S = 2.0
GAP_S = 10.0
"""Between two looks, when nobody is hindered; longer, and this process was frozen or could not ask."""
log = structlog.get_logger()


@router.get("/alarms", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.UNAVAILABLE))
def list_alarms(request: Request, user: UserDep, backend: BackendDep) -> AlarmsAnswer:  # noqa: ARG001  any user
    """What is wrong with this installation now: the same for all agencies, and about none of them."""
    return AlarmsAnswer.of(standing_now(backend.database, backend.ports, request.app.state.vigil))


@asynccontextmanager
async def open_bell(backend: Backend, hub: Hub, *, look_every_s: float = LOOK_EVERY_S) -> AsyncIterator[Vigil]:
    """For the app's lifespan, inside the hub's: consoles that watch are told when an alarm is raised, or goes.

    It never looks away, so others who ask this process go by its vigil.
    """
    stop, vigil = asyncio.Event(), Vigil(gap_s=GAP_S)
    ringing = asyncio.create_task(_ring(partial(_drawn, backend, vigil), hub, stop, look_every_s))
    try:
        yield vigil
    finally:
        # Not cancelled: it may be in a thread with the database, which is closed next.
        stop.set()
        await ringing


async def _ring(look: Callable[[], bytes | None], hub: Hub, stop: asyncio.Event, look_every_s: float) -> None:
    """Whoever opens a stream reads the list by itself, so that only what has changed since need be told."""
    told: bytes | None = None
    while not stop.is_set():
        shown = await run_sync(look)
        if shown and told not in {None, shown}:
            for watcher in hub.watchers:
                if watcher.who.unit_id is None:
                    watcher.tell(shown)
        told = shown or told
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), look_every_s)


def _drawn(backend: Backend, vigil: Vigil) -> bytes | None:
    """None while nobody knows."""
    try:
        return frame("alarms", AlarmsAnswer.of(standing_now(backend.database, backend.ports, vigil)))
    except DomainError:
        vigil.lapse()  # that the database is away the console sees by itself
    except Exception:
        # As in the clock loop: whatever happened, the next look must come, or the bell is dead and nobody hears it.
        vigil.lapse()
        log.exception("alarms_not_told")
    return None
