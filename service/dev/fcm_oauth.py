"""Who may talk to the FCM stand-in? OAuth's token endpoint for service accounts, and the tokens that it gave out.

The assertion's shape and claims are checked as Google does; its signature is not, because the stand-in never learns
the throw-away public keys. Times are this machine's, and no stranger's clock is forgiven: Google refuses an assertion
that is not issued yet or has ended, and how much it lets pass it does not say.
Source: "Using OAuth 2.0 for Server to Server Applications", required claims.
"""

import base64
import binascii
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import orjson

from service.dev.fcm_answers import Reply

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SCOPES = frozenset(
    {"https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/firebase.messaging"}
)
_MAX_ASSERTION_LIFE_S = 3_600
_ISSUED_AHEAD_S = 10
"""A token request that is this young was signed by a clock that is right."""
_JWT_PARTS = 3


class Tokens:
    """Access tokens and when they end. `requests` counts what was asked of the token endpoint, good or bad."""

    def __init__(self, *, life_s: int) -> None:
        self._life_s = life_s
        self._ends_at: dict[str, float] = {}
        self.requests = 0

    def grant(self, form: bytes) -> Reply:
        """Answers POST /token."""
        self.requests += 1
        fields = {name: values[-1] for name, values in parse_qs(form.decode("latin-1")).items()}
        if fields.get("grant_type") != _GRANT:
            return _denied("unsupported_grant_type", f"Invalid grant_type: {fields.get('grant_type')}")
        problem = _assertion_problem(fields.get("assertion", ""), now=time.time())
        if problem:
            return _denied("invalid_grant", problem)
        token = f"standin.{secrets.token_urlsafe(24)}"
        self._ends_at[token] = time.time() + self._life_s
        return Reply(200, orjson.dumps({"access_token": token, "expires_in": self._life_s, "token_type": "Bearer"}))

    def are_good(self, authorization: str) -> bool:
        """Is this header's bearer token one that was given out here and has not ended?"""
        scheme, _, token = authorization.partition(" ")
        return scheme.lower() == "bearer" and self._ends_at.get(token, 0.0) > time.time()

    def revoke_all(self) -> None:
        """Every token given out so far is refused from now on, as after a key was disabled."""
        self._ends_at.clear()


def _denied(error: str, description: str) -> Reply:
    return Reply(400, orjson.dumps({"error": error, "error_description": description}))


def _assertion_problem(assertion: str, *, now: float) -> str | None:
    parts = assertion.split(".")
    if len(parts) != _JWT_PARTS or not parts[2]:
        return "Invalid JWT: must have three parts."
    header, claims = _decoded(parts[0]), _decoded(parts[1])
    if header is None or claims is None:
        return "Invalid JWT: not base64url of JSON."
    if header.get("alg") != "RS256":
        return "Invalid JWT: alg must be RS256."
    return _claims_problem(claims, now=now)


def _claims_problem(claims: Mapping[str, Any], *, now: float) -> str | None:
    issued_at, ends_at = claims.get("iat"), claims.get("exp")
    if not isinstance(issued_at, int) or not isinstance(ends_at, int):
        return "Invalid JWT: iat and exp must be numbers."
    if not now < ends_at <= issued_at + _MAX_ASSERTION_LIFE_S or issued_at > now + _ISSUED_AHEAD_S:
        return "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
    if not claims.get("iss") or not claims.get("aud"):
        return "Invalid JWT: iss and aud are required."
    if _SCOPES.isdisjoint(str(claims.get("scope", "")).split()):
        return "Invalid OAuth scope or ID token audience provided."
    return None


def _decoded(part: str) -> dict[str, Any] | None:
    try:
        value = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        return None
    return value if isinstance(value, dict) else None
