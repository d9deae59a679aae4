"""Where does the sender's access token come from, and who waits for it? One request at a time, ahead of time.

google-auth alone lets every sending thread ask for a token of its own: one 401 among 100 messages made 200 requests,
each of which blocked a page. It also repeats a failed request after a sleep, and looks up a "regional access boundary"
at a third server in the background; nothing of that belongs between a shot and a phone.
"""

# google-auth says that it is typed, and leaves most of its functions without types:
# mypy: disable-error-code="no-untyped-call"

import threading
import time
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Self

import requests
from google.auth.credentials import TokenState
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport import Response
from google.auth.transport.requests import Request
from google.oauth2 import service_account

SCOPES = ("https://www.googleapis.com/auth/firebase.messaging",)
FAILURE_COUNTS_FOR_S = 1.0
"""Threads that waited for a request that failed take its error instead of asking again, one after the other."""
REPLACEMENT_COUNTS_FOR_S = 10.0
"""A token fetched because of a 401 is not replaced again so soon: the refusal is not about the token."""
_MAY_PASS = frozenset({408, 429, 500, 502, 503, 504})


class OneToken(service_account.Credentials):
    """A service account whose token all threads share. `timeout_s` bounds one request for it, per socket operation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fetching = threading.Lock()
        self._last_used = threading.local()
        self._failed: tuple[float, GoogleAuthError] | None = None
        self._replaced_at_s = -REPLACEMENT_COUNTS_FOR_S
        self._request: Request | None = None

    @classmethod
    def from_file(cls, path: Path, *, timeout_s: float) -> Self:
        """Raises OSError or ValueError for a file that is no service account."""
        credentials: Self = cls.from_service_account_file(str(path), scopes=SCOPES)
        credentials._request = _OnlyOnce(timeout_s)
        return credentials

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
        if self._request is not None:
            self._request.session.close()

    def _fetch(self, *, instead_of: str | None) -> None:
        with self._fetching:
            if self.token != instead_of:
                return
            if self._failed is not None and time.monotonic() - self._failed[0] < FAILURE_COUNTS_FOR_S:
                raise self._failed[1]
            try:
                super().refresh(self._request)
            except GoogleAuthError as error:
                self._failed = (time.monotonic(), error)
                raise
            except (AttributeError, KeyError, TypeError, ValueError) as stumble:
                # google-auth takes for granted that what answers 200 is Google; a captive portal does so too.
                stranger = TransportError("what answered is no token service", retryable=True)
                self._failed = (time.monotonic(), stranger)
                raise stranger from stumble
            self._failed = None


class _OnlyOnce(Request):
    """Asks once. Left alone, google-auth sleeps one and two seconds and asks again while it holds a page up."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(requests.Session())
        self._timeout_s = timeout_s

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002  ours counts
        **options: Any,
    ) -> Response:
        answer: Response = super().__call__(url, method, body=body, headers=headers, timeout=self._timeout_s, **options)
        if answer.status in _MAY_PASS:
            raise TransportError(f"the token service answered {answer.status}", retryable=True)
        return answer
