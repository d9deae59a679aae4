"""Whose share does a request count against, before anybody has looked at its credential? As far as we remember it.

A credential's agency never changes, so whoever let it in once says so (`remember`), and the next request with it counts
against that agency's share; until then, and once it is refused (`forget`), it counts against its network address. Never
for deciding what somebody may do.
"""

import threading
from collections.abc import Hashable
from uuid import UUID

from starlette.requests import Request

from service.api.admission import Caller
from service.api.lanes import PROBE, SCRAPE, Lane, source_named_by
from service.auth.throttle import place_of
from service.auth.tokens import token_hash

REMEMBERED_LIMIT = 50_000
"""Some 250 bytes each."""


class Callers:
    """From any thread. `session_cookie` is the name of the cookie that lets people at desks in."""

    def __init__(self, *, session_cookie: str, remembered_limit: int = REMEMBERED_LIMIT) -> None:
        self._session_cookie = session_cookie
        self._remembered_limit = remembered_limit
        self._agencies: dict[Hashable, UUID] = {}
        self._lock = threading.Lock()

    def caller_of(self, request: Request, lane: Lane) -> Caller:
        credential = self._credential_of(request)
        agency_id = self._agencies.get(credential)
        if agency_id is not None:
            return Caller(agency_id, is_known=True, credential=credential)
        return Caller(_place_of(request), is_known=lane in {PROBE, SCRAPE})

    def remember(self, request: Request, agency_id: UUID) -> None:
        """The request's credential was looked at and is good. The one not seen for longest is forgotten for it."""
        credential = self._credential_of(request)
        with self._lock:
            self._agencies.pop(credential, None)
            if len(self._agencies) >= self._remembered_limit:
                del self._agencies[next(iter(self._agencies))]
            self._agencies[credential] = agency_id

    def forget(self, request: Request) -> None:
        """The request's credential was looked at and is good no more: it has no share of its old agency's."""
        with self._lock:
            self._agencies.pop(self._credential_of(request), None)

    def _credential_of(self, request: Request) -> Hashable:
        """A hash of it, where it is a secret; None when it has none.

        A source's id is no secret, so it is one only together with where it was well signed: from elsewhere, whoever
        knows the id is a stranger.
        """
        if source_id := source_named_by(request.scope["path"]):
            return source_id, _place_of(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        secret = token if scheme.lower() == "bearer" else request.cookies.get(self._session_cookie)
        return token_hash(secret) if secret else None


def _place_of(request: Request) -> str:
    return place_of(request.client.host if request.client else None)
