"""Who may watch, and from where on? Consoles see their agency, phones their unit, as it happens (`text/event-stream`).

Whoever asks is let in first, in a transaction that is over before the stream begins: a stream holds no connection to
the database. How it is written and ends: `event_stream`; what it tells: `schemas_streams`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Header
from starlette.requests import Request
from starlette.responses import Response

from service.api.deps import Backend, BackendDep, DeviceDep, UserDep
from service.api.errors import documented
from service.api.event_stream import EventStream, retry_ms
from service.api.schemas_streams import (
    CONSOLE_EVENTS,
    PHONE_EVENTS,
    RESET,
    HelloTold,
    documented_events,
    draw,
    frame,
)
from service.domain.errors import Code
from service.operations.board import record_watching
from service.operations.missed import refuse_unless_of_ours
from service.operations.watchers import Watching
from service.operations.watching import Hub

router = APIRouter(prefix="/v1")
LastEventId = Annotated[
    UUID | None,
    Header(alias="Last-Event-ID", description="Of the last event that was received: what came after it is told first."),
]
_REFUSALS = documented(Code.UNAUTHENTICATED, Code.INVALID, Code.OVERLOADED, Code.UNAVAILABLE)


@asynccontextmanager
async def open_hub(backend: Backend) -> AsyncIterator[Hub]:
    """For the app's lifespan, inside the backend's: `app.state.hub`."""
    async with Hub(backend.database, backend.ports, draw=draw) as hub:
        yield hub


async def hub_of(request: Request) -> Hub:
    hub: Hub = request.app.state.hub
    return hub


HubDep = Annotated[Hub, Depends(hub_of)]


@router.get(
    "/stream",
    tags=["console"],
    response_class=Response,
    responses=_REFUSALS | {200: documented_events(CONSOLE_EVENTS)},
)
async def watch_incidents(
    user: UserDep, hub: HubDep, backend: BackendDep, last_event_id: LastEventId = None
) -> EventStream:
    """Incidents and units of the agency as they change. Read the lists after `hello`, and again after `reset`."""
    who = Watching(agency_id=user.agency_id, unit_id=None, credential=user.credential)
    await run_sync(partial(record_watching, backend.database, backend.ports, user=user, after=last_event_id))
    return await _stream(who, hub, backend, last_event_id)


@router.get(
    "/me/stream",
    tags=["phones"],
    response_class=Response,
    responses=_REFUSALS | {200: documented_events(PHONE_EVENTS)},
)
async def watch_alerts(
    device: DeviceDep, hub: HubDep, backend: BackendDep, last_event_id: LastEventId = None
) -> EventStream:
    """What the unit is asked and told, whether or not a push arrives. Read the alerts after `hello` and `reset`."""
    who = Watching(agency_id=device.agency_id, unit_id=device.unit_id, credential=device.credential)
    return await _stream(who, hub, backend, last_event_id)


async def _stream(who: Watching, hub: Hub, backend: Backend, last_event_id: UUID | None) -> EventStream:
    if last_event_id is not None:
        refuse_unless_of_ours(last_event_id)
    joined = await hub.join(who, after=last_event_id)
    # Whoever missed something keeps the id it came with until it was told.
    hello_id = joined.newest if last_event_id is None else None
    hello = frame("hello", HelloTold(now=backend.ports.clock.now()), event_id=hello_id, retry_ms=retry_ms())
    missed = [frame("reset", RESET, event_id=joined.newest)] if joined.missed is None else joined.missed
    return EventStream(joined.watcher, opening=[hello, *missed], leave=hub.leave)
