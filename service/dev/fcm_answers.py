"""How does Google say yes and no to `messages:send`? The wording of its answers, collected from real ones.

Sources: the ErrorCode and FcmError pages of the FCM v1 reference, and real answers quoted in issue threads of Google's
admin SDKs; a token that FCM cannot parse is refused in either of two forms, both of which are here.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from service.dev.fcm_checks import Violation

_FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
_JSON = b"application/json; charset=UTF-8"
_HTML = b"text/html; charset=UTF-8"


class Answer(StrEnum):
    """The ways to misbehave on request. From `slow` on they are not answers but what a network does to one."""

    UNREGISTERED = "unregistered"
    SENDER_MISMATCH = "sender_mismatch"
    INVALID_TOKEN = "invalid_token"  # noqa: S105  the name of an answer, not a secret
    INVALID_TOKEN_IN_WORDS = "invalid_token_in_words"  # noqa: S105  as above
    INVALID_ARGUMENT = "invalid_argument"
    QUOTA = "quota"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"
    BAD_GATEWAY = "bad_gateway"
    GATEWAY_TIMEOUT = "gateway_timeout"
    UNAUTHORIZED = "unauthorized"
    THIRD_PARTY_AUTH = "third_party_auth"
    PERMISSION = "permission"
    NOT_FOUND = "not_found"
    ODD = "odd"
    HTML = "html"
    EMPTY = "empty"
    SLOW = "slow"
    HANG = "hang"
    VANISH = "vanish"
    TRICKLE = "trickle"
    DRIP = "drip"
    ENDLESS = "endless"
    RESET = "reset"
    TRUNCATED = "truncated"
    TORN = "torn"
    CUT = "cut"


class Reply(NamedTuple):
    """An HTTP answer, ready to be written."""

    status: int
    body: bytes
    content_type: bytes = _JSON
    retry_after: str | None = None


def taken(name: str) -> Reply:
    return Reply(200, orjson.dumps({"name": name}))


def refused(violations: Sequence[Violation]) -> Reply:
    """400 with every violation; the first one is the message."""
    return _error(400, "INVALID_ARGUMENT", violations[0].description, code="INVALID_ARGUMENT", fields=violations)


def unauthenticated() -> Reply:
    return _error(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential.",
    )


def misbehaved(answer: Answer, *, kind: str = "token", retry_after: str | None = None) -> Reply:
    """The reply for every Answer that is one. `kind` is the target's field, which `invalid_token` names."""
    reply = _invalid_token(kind) if answer is Answer.INVALID_TOKEN else _REPLIES[answer]
    return reply._replace(retry_after=retry_after)


def _invalid_token(kind: str) -> Reply:
    return _error(
        400,
        "INVALID_ARGUMENT",
        "Request contains an invalid argument.",
        code="INVALID_ARGUMENT",
        fields=[Violation(f"message.{kind}", "Invalid registration token")],
    )


def _error(
    status: int, canonical: str, message: str, *, code: str | None = None, fields: Sequence[Violation] = ()
) -> Reply:
    details: list[dict[str, Any]] = []
    if code:
        details.append({"@type": _FCM_ERROR, "errorCode": code})
    if fields:
        details.append({"@type": _BAD_REQUEST, "fieldViolations": [field._asdict() for field in fields]})
    error = {"code": status, "message": message, "status": canonical, "details": details}
    return Reply(status, orjson.dumps({"error": error}))


_GATEWAY_PAGE = (
    b"<!DOCTYPE html><html lang=en><title>Error 502 (Server Error)!!1</title><p>That\xe2\x80\x99s an error.</html>"
)
_LOGIN_PAGE = b"<html><title>Welcome to the guest network</title></html>"
_REPLIES = {
    Answer.UNREGISTERED: _error(404, "NOT_FOUND", "Requested entity was not found.", code="UNREGISTERED"),
    Answer.SENDER_MISMATCH: _error(403, "PERMISSION_DENIED", "SenderId mismatch", code="SENDER_ID_MISMATCH"),
    Answer.INVALID_TOKEN_IN_WORDS: _error(
        400,
        "INVALID_ARGUMENT",
        "The registration token is not a valid FCM registration token",
        code="INVALID_ARGUMENT",
    ),
    Answer.INVALID_ARGUMENT: _error(
        400,
        "INVALID_ARGUMENT",
        "Request contains an invalid argument.",
        code="INVALID_ARGUMENT",
        fields=[Violation("message.android.ttl", "Invalid ttl")],
    ),
    Answer.QUOTA: _error(
        429, "RESOURCE_EXHAUSTED", "Quota exceeded for the sender or the device.", code="QUOTA_EXCEEDED"
    ),
    Answer.UNAVAILABLE: _error(503, "UNAVAILABLE", "The service is currently unavailable.", code="UNAVAILABLE"),
    Answer.INTERNAL: _error(500, "INTERNAL", "Internal error encountered.", code="INTERNAL"),
    Answer.BAD_GATEWAY: Reply(502, _GATEWAY_PAGE, _HTML),
    Answer.GATEWAY_TIMEOUT: Reply(504, b"upstream request timeout", b"text/plain"),
    Answer.UNAUTHORIZED: unauthenticated(),
    Answer.THIRD_PARTY_AUTH: _error(
        401, "UNAUTHENTICATED", "Auth error from APNS or Web Push Service", code="THIRD_PARTY_AUTH_ERROR"
    ),
    Answer.PERMISSION: _error(
        403, "PERMISSION_DENIED", "Permission 'cloudmessaging.messages.create' denied on the project."
    ),
    Answer.NOT_FOUND: _error(404, "NOT_FOUND", "Requested entity was not found."),
    Answer.ODD: Reply(400, b'{"error": "not an object", "details": ["not one either"]}'),
    Answer.HTML: Reply(200, _LOGIN_PAGE, _HTML),
    Answer.EMPTY: Reply(200, b""),
}
