"""How does a person at a desk sign in and out? What they may do then: `access`."""

from collections.abc import AsyncIterator
from dataclasses import replace

import anyio
from fastapi import APIRouter, Depends, Request, Response

from service.api import access
from service.api.deps import (
    SESSION_COOKIE,
    BackendDep,
    DeskTokenDep,
    UserDep,
    origin_of,
    refuse_foreign_origin,
    user_of,
)
from service.api.errors import documented
from service.api.schemas_accounts import SessionBody, SessionShown
from service.api.strict_route import StrictRoute
from service.domain.errors import Code, DomainError
from service.operations import sessions
from service.operations.sessions import Attempt

router = APIRouter(prefix="/v1", tags=["console"], route_class=StrictRoute)
PASSWORDS_AT_ONCE = 2
"""By one process. Each takes 64 MiB and 50 ms, whoever sends it."""
IN_LINE = 100
PATIENCE_S = 10.0


class Line:
    """Who waits for a password to be looked at. They wait on the event loop, so that no thread waits with them."""

    def __init__(self, *, in_line: int = IN_LINE, patience_s: float = PATIENCE_S) -> None:
        self._places = anyio.Semaphore(PASSWORDS_AT_ONCE)
        self._in_line = in_line
        self._patience_s = patience_s

    async def wait(self) -> None:
        """Raises DomainError(overloaded) when the line is too long, or does not move."""
        if self._places.value or self._places.statistics().tasks_waiting < self._in_line:
            with anyio.move_on_after(self._patience_s):
                await self._places.acquire()
                return
        raise DomainError(
            Code.OVERLOADED, "Too many people are signing in at this moment.", retry_after_s=self._patience_s
        )

    def leave(self) -> None:
        self._places.release()


async def a_turn(request: Request) -> AsyncIterator[None]:
    line: Line = request.app.state.sign_in_line
    await line.wait()
    try:
        yield
    finally:
        line.leave()


@router.post(
    "/session",
    status_code=204,
    dependencies=[Depends(refuse_foreign_origin), Depends(a_turn, scope="function")],
    responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.INVALID, Code.THROTTLED, Code.OVERLOADED),
)
def sign_in(body: SessionBody, request: Request, response: Response, backend: BackendDep) -> None:
    """Start a session of one shift; the answer sets its cookie.

    After too many wrong passwords from one place nothing is looked at for a while, which Retry-After tells.
    """
    attempt = Attempt(email=body.email, password=body.password, origin=origin_of(request))
    token, _ = sessions.sign_in(backend.database, backend.ports, attempt=attempt)
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(sessions.SESSION_LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=_is_over_tls(request),
    )


@router.get("/session", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN))
def show_session(user: UserDep, backend: BackendDep) -> SessionShown:
    """Who is signed in, and what they may do."""
    name = sessions.name_of(backend.database, user=user)
    return SessionShown(user_id=user.user_id, name=name, role=user.role, may=access.allowed_to(user))


@router.delete("/session", status_code=204)
def sign_out(response: Response, backend: BackendDep, token: DeskTokenDep, request: Request) -> None:
    """End the session. A second call does nothing."""
    user = user_of(backend, token) if token else None
    if user is not None:
        sessions.sign_out(backend.database, backend.ports, user=replace(user, origin=origin_of(request)))
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")


def _is_over_tls(request: Request) -> bool:
    """As the browser sees it: a proxy that ends TLS asks us without, and is not always believed."""
    base_url: str = request.app.state.base_url
    return request.url.scheme == "https" or base_url.startswith("https:")
