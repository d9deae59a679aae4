"""How is the HTTP face put together: routers, errors, documentation, and what lives as long as the app?"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Any

import anyio.to_thread
from fastapi import FastAPI

from service.api import (
    access,
    admin,
    admin_agencies,
    admin_policies,
    admin_sources,
    admin_tokens,
    admin_units,
    admin_users,
    alarms,
    care,
    console,
    dispatching,
    drills,
    errors,
    health,
    in_time,
    integrators,
    metrics,
    openapi,
    positions,
    record,
    sessions,
    streams,
    uncached,
    units,
)
from service.api.admission import Admission
from service.api.admitted import Admitted, Crowd
from service.api.callers import Callers
from service.api.deps import SESSION_COOKIE, Backend

THREADS = 20
"""Synchronous routes at work at once."""
DESCRIPTION = """Turns a localized gunshot detection into ringing phones of the nearest patrol units.

Every refusal is a problem (RFC 9457) with a stable `code`. Everything may be sent twice."""
_ROUTERS = (
    integrators.router,
    positions.router,
    units.router,
    care.router,
    sessions.router,
    console.router,
    alarms.router,
    dispatching.router,
    drills.router,
    record.router,
    streams.router,
    admin.router,
    admin_tokens.router,
    admin_agencies.router,
    admin_users.router,
    admin_units.router,
    admin_sources.router,
    admin_policies.router,
    health.router,
    metrics.router,
)


def create_app(
    open_backend: Callable[[], AbstractContextManager[Backend]], *, base_url: str = "", threads: int = THREADS
) -> FastAPI:
    """An app that opens its backend when it starts and closes it when it ends; nothing happens before.

    `base_url` is where browsers reach it; with several threads at work the database's pool must have as many places.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = threads
        with open_backend() as backend:
            app.state.backend = backend
            async with positions.open_reception(backend) as reception, streams.open_hub(backend) as hub:
                app.state.reception = reception
                app.state.hub = hub
                app.state.requests.streams.set_function(lambda: len(hub.watchers))
                async with alarms.open_bell(backend, hub) as vigil:
                    app.state.vigil = vigil
                    yield

    app = FastAPI(
        title="Beatline",
        version=version("beatline"),
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        generate_unique_id_function=openapi.operation_id,
        responses=errors.documented_default(),
        redirect_slashes=False,
        # The document is at /openapi.json; FastAPI's own pages would load their scripts from somebody else's server.
        docs_url=None,
        redoc_url=None,
    )
    app.state.base_url = base_url
    app.state.requests = metrics.Requests()
    app.state.callers = Callers(session_cookie=SESSION_COOKIE)
    admission = Admission(threads)
    app.state.requests.registry.register(Crowd(admission))
    # Inside of the line: who waits there waits by its rules.
    app.add_middleware(in_time.InTime)
    app.add_middleware(Admitted, admission=admission, callers=app.state.callers)
    app.add_middleware(uncached.Uncached)
    app.add_middleware(metrics.Measured, requests=app.state.requests)
    errors.install(app)
    for router in _ROUTERS:
        access.refuse_unlisted(router)
        app.include_router(router)
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app


def openapi_document() -> dict[str, Any]:
    """What we promise, as it is committed in `openapi/openapi.json`; needs no database."""

    def never_opened() -> AbstractContextManager[Backend]:
        raise AssertionError("the document needs no backend")

    document: dict[str, Any] = create_app(never_opened).openapi()
    return document
