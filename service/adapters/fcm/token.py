"""Where does the sender's access token come from, and who waits for it? One request at a time, ahead of time.

google-auth alone lets every sending thread ask for a token of its own: one 401 among 100 messages made 200 requests,
each of which blocked a page. It also repeats a failed request after a sleep, looks up a "regional access boundary" at a
third server in the background, and signs with this host's own time, which Google refuses when it is off. Nothing of
that belongs between a shot and a phone: so the request is ours (Google's "Using OAuth 2.0 for server to server
applications", RFC 7523), and so is the clock.
"""

# google-auth says that it is typed, and leaves most of its functions without types:
# mypy: disable-error-code="no-untyped-call"

import threading
import time
from collections.abc import MutableMapping
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple, Self

import requests
from google.auth import jwt
from google.auth.credentials import TokenState
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.oauth2 import service_account

from service.adapters.fcm.lane import SOCKET_TIMEOUT_S, BoundedAdapter
from service.ports import Clock

SCOPES = ("https://www.googleapis.com/auth/firebase.messaging",)
FAILURE_COUNTS_FOR_S = 1.0
"""Threads that waited for a request that failed take its error instead of asking again, one after the other."""
REPLACEMENT_COUNTS_FOR_S = 10.0
"""A token fetched because of a 401 is not replaced again so soon: the refusal is not about the token."""
REPLACED_AHEAD = timedelta(seconds=225)
"""As google-auth has it; the keeper comes by every minute, so three of its requests may fail."""
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCE = "https://oauth2.googleapis.com/token"
_ASSERTION_LIFE = timedelta(hours=1)
"""The longest that Google takes."""
_MAY_PASS = frozenset({408, 429, 500, 502, 503, 504})
_MAY_PASS_IN_WORDS = frozenset({"internal_failure", "server_error", "temporarily_unavailable"})


class _Grant(NamedTuple):
    token: str
    life: timedelta


class OneToken(service_account.Credentials):
    """A service account whose token all threads share; made by `from_file` alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fetching = threading.Lock()
        self._last_used = threading.local()
        self._failed: tuple[float, GoogleAuthError] | None = None
        self._replaced_at_s = -REPLACEMENT_COUNTS_FOR_S
        self._session = requests.Session()

    @classmethod
    def from_file(cls, path: Path, *, clock: Clock) -> Self:
        """`clock` tells the world's time, as Google has it. Raises OSError or ValueError: no service account."""
        credentials: Self = cls.from_service_account_file(str(path), scopes=SCOPES)
        credentials._clock = clock
        for scheme in ("https://", "http://"):
            credentials._session.mount(scheme, BoundedAdapter(connections=1))
        return credentials

    _clock: Clock

    @property
    def token_state(self) -> TokenState:
        """By our clock, not by google-auth's, which is the host's."""
        if self.token is None or self.expiry is None:
            return TokenState.INVALID
        now = self._clock.now()
        if now >= self.expiry:
            return TokenState.INVALID
        return TokenState.STALE if now >= self.expiry - REPLACED_AHEAD else TokenState.FRESH

    def ensure(self) -> None:
        """There is a token to send with afterwards; asks for one only when there is none or it has ended.

        Raises GoogleAuthError when there cannot be one now.
        """
        if self.token_state is TokenState.INVALID:
            self._fetch(instead_of=self.token)

    def refresh_ahead(self) -> None:
        """Replace a token that ends within 225 s, while senders go on with the old one. Raises GoogleAuthError."""
        if self.token_state is not TokenState.FRESH:
            self._fetch(instead_of=self.token)

    def before_request(self, request: object, method: str, url: str, headers: MutableMapping[str, str]) -> None:  # noqa: ARG002  google-auth's signature
        self.ensure()
        token = self.token
        self._last_used.token = token
        self.apply(headers, token)

    def refresh(self, request: object) -> None:  # noqa: ARG002  google-auth's signature
        """After a 401, before google-auth sends again: one thread replaces the token, the others find it replaced."""
        refused = getattr(self._last_used, "token", None)
        if time.monotonic() - self._replaced_at_s < REPLACEMENT_COUNTS_FOR_S:
            return
        self._fetch(instead_of=refused)
        self._replaced_at_s = time.monotonic()

    def close(self) -> None:
        self._session.close()

    def _fetch(self, *, instead_of: str | None) -> None:
        with self._fetching:
            if self.token != instead_of:
                return
            if self._failed is not None and time.monotonic() - self._failed[0] < FAILURE_COUNTS_FOR_S:
                raise self._failed[1]
            try:
                grant = _granted(self._ask())
            except GoogleAuthError as error:
                self._failed = (time.monotonic(), error)
                raise
            # The end first: a thread that sees the new token with the old one's end would ask once more.
            self.expiry = self._clock.now() + grant.life
            self.token = grant.token
            self._failed = None

    def _ask(self) -> requests.Response:
        """Once. Left alone, google-auth sleeps one and two seconds and asks again while it holds a page up."""
        now = self._clock.now()
        claims = {
            "iss": self.service_account_email,
            "aud": _AUDIENCE,
            "scope": " ".join(SCOPES),
            "iat": int(now.timestamp()),
            "exp": int((now + _ASSERTION_LIFE).timestamp()),
        }
        form = {"grant_type": _GRANT, "assertion": jwt.encode(self.signer, claims)}
        try:
            return self._session.post(self._token_uri, data=form, timeout=SOCKET_TIMEOUT_S, allow_redirects=False)
        except requests.RequestException as error:
            raise TransportError("the token service could not be reached", retryable=True) from error


def _granted(answer: requests.Response) -> _Grant:
    """Raises RefreshError when our credentials are refused, TransportError when it may go better next time."""
    try:
        fields = answer.json()
    except ValueError:
        fields = None
    said = fields if isinstance(fields, dict) else {}
    if answer.status_code in _MAY_PASS or str(said.get("error")) in _MAY_PASS_IN_WORDS:
        raise TransportError(f"the token service answered {answer.status_code}", retryable=True)
    if answer.status_code >= HTTPStatus.BAD_REQUEST:
        raise RefreshError(f"the token service answered {answer.status_code}: {said.get('error')}")
    try:
        return _Grant(str(said["access_token"]), timedelta(seconds=float(said["expires_in"])))
    except (KeyError, OverflowError, TypeError, ValueError) as stumble:
        # What answers 200 need not be Google: a captive portal does so too.
        raise TransportError("what answered is no token service", retryable=True) from stumble
