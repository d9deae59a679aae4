"""How does a person at a desk sign in and out? What they may do then: `access`; how many at once: `lanes`."""

from dataclasses import replace

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
from service.domain.errors import Code
from service.operations import sessions
from service.operations.sessions import Attempt

router = APIRouter(prefix="/v1", tags=["console"], route_class=StrictRoute)


@router.post(
    "/session",
    status_code=204,
    dependencies=[Depends(refuse_foreign_origin)],
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
