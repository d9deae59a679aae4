"""How does a route get what it works with: the database, the ports, and who is asking? What they may do: `access`."""

from dataclasses import replace
from typing import Annotated, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Depends
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from service.api import access
from service.api.callers import Callers
from service.auth.tokens import API_PREFIX, token_hash
from service.domain.errors import Code, DomainError
from service.operations import api_tokens, registry, sessions
from service.operations.accounts import SignedInUser
from service.operations.registry import SignedInDevice
from service.ports import Ports
from service.store.database import Database

SESSION_COOKIE = "beatline_session"


class Backend(Protocol):
    """What `runtime` puts together and the app's lifespan opens and closes."""

    @property
    def database(self) -> Database: ...

    @property
    def ports(self) -> Ports: ...


async def backend_of(request: Request) -> Backend:
    # Not `def`: FastAPI would send it to a thread and back for one attribute.
    backend: Backend = request.app.state.backend
    return backend


BackendDep = Annotated[Backend, Depends(backend_of)]
_device_token = HTTPBearer(auto_error=False, scheme_name="deviceToken", description="From POST /v1/enrolments.")
_bearer_token = HTTPBearer(
    auto_error=False, scheme_name="apiToken", description="From POST /v1/admin/api-tokens, or a session's own token."
)
_session_cookie = APIKeyCookie(auto_error=False, scheme_name="sessionCookie", name=SESSION_COOKIE)


def origin_of(request: Request) -> str | None:
    """The network address that asks; behind a proxy that is trusted, the one that it names (uvicorn's business)."""
    return request.client.host if request.client else None


def signed_in_device(
    request: Request,
    backend: BackendDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_device_token)],
) -> SignedInDevice:
    """The responder's device. Raises unauthenticated without a token, for an unknown one, and once it is revoked."""
    token = token_hash(bearer.credentials) if bearer else None
    device = registry.device_by_token(backend.database, backend.ports, token) if token else None
    if device is None:
        raise DomainError(Code.UNAUTHENTICATED, "This device is not enrolled, or no longer.")
    remember_caller(request, device.agency_id)
    access.refuse_unless_listed(_operation(request), access.DEVICES)
    return replace(device, origin=origin_of(request))


DeviceDep = Annotated[SignedInDevice, Depends(signed_in_device)]


async def refuse_foreign_origin(request: Request) -> None:
    """A cookie comes along with whatever page asks; the browser says in Origin which page that was (DESIGN §7).

    Ours is the host that was asked, or that of the base URL where a proxy rewrites Host. Schemes are not compared:
    behind a proxy that ends TLS we see another one than the browser does.
    """
    origin = request.headers.get("origin")
    if origin is None:
        return
    ours = {request.headers.get("host"), _host_of(request.app.state.base_url)} - {None}
    if _host_of(origin) not in ours:
        raise DomainError(Code.FORBIDDEN, "This page is not ours; open the console at its own address.")


async def desk_token(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer_token)],
    cookie: Annotated[str | None, Depends(_session_cookie)],
) -> str | None:
    """From the header if there is one, since no browser sends that by itself; else from the cookie, if it is safe."""
    if bearer is not None:
        return bearer.credentials
    if cookie is not None:
        await refuse_foreign_origin(request)
    return cookie


DeskTokenDep = Annotated[str | None, Depends(desk_token)]


def user_of(backend: Backend, token: str) -> SignedInUser | None:
    """Whose session or API token this is; None when it has ended or never was."""
    find = api_tokens.user_of_token if token.startswith(API_PREFIX) else sessions.session_of
    return find(backend.database, backend.ports, token_hash(token))


def signed_in_user(request: Request, backend: BackendDep, token: DeskTokenDep) -> SignedInUser:
    """Whoever has this session or token, if they may do what the route does.

    Raises unauthenticated without one, or once it has ended; forbidden when the access table does not list them.
    """
    user = user_of(backend, token) if token else None
    if user is None:
        raise DomainError(Code.UNAUTHENTICATED, "Sign in first.")
    remember_caller(request, user.agency_id)
    access.refuse_unless_allowed(_operation(request), user)
    return replace(user, origin=origin_of(request))


UserDep = Annotated[SignedInUser, Depends(signed_in_user)]


def remember_caller(request: Request, agency_id: UUID) -> None:
    """Its credential is good: from now on what comes with it counts against this agency's share."""
    callers: Callers = request.app.state.callers
    callers.remember(request, agency_id)


def _operation(request: Request) -> str:
    """What the access table calls the route that was found for this request."""
    name: str = request.scope["route"].name
    return name


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url).netloc or None
    except ValueError:
        return None
