"""What does it mean that FCM did not take a message? Pure: from whatever came back to the port's `NotSent`.

The rules are DESIGN §6's; the shapes of the answers are Google's FcmError and ErrorCode pages, and real answers quoted
in the issue threads of its SDKs. Nothing here raises, whatever a proxy in between may have written.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ssl import SSLCertVerificationError
from typing import Any, NamedTuple

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError
from urllib3.exceptions import MaxRetryError, NewConnectionError

from service.adapters.fcm.errand import GivenUp
from service.ports import NotSent

MAX_RETRY_AFTER_S = 60
"""What Google asks for when it throttles. A page lives two minutes: whoever wants more is asked all the same."""
_MAX_REASON_CHARS = 160
_DEAD = frozenset({"UNREGISTERED", "SENDER_ID_MISMATCH"})
_OF_ONE_PLATFORM = "THIRD_PARTY_AUTH_ERROR"
"""Apple's certificate or the Web Push key is wrong: FCM itself is well, and other phones ring."""
_NO_FAULT_OF_OURS = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_TOKEN_FIELDS = frozenset({"message.token", "message.fid"})
_TOKEN_IN_WORDS = re.compile(
    r"registration token is not a valid|invalid registration token|invalid (fid|installation)", re.IGNORECASE
)


class Refusal(NamedTuple):
    """An HTTP answer that was not 2xx, as far as it could be read. `code` is FCM's own, or else the canonical one."""

    status: int
    code: str
    message: str
    fields: tuple[str, ...]


def not_sent(error: BaseException, *, now: datetime) -> NotSent:
    """What an error out of the SDK means for the page. `now` is for a Retry-After that is a date."""
    if isinstance(error, GoogleAuthError):
        return _no_token(error)
    if isinstance(error, GivenUp):
        return NotSent(reason="it could not leave in time", can_retry=True)
    origin = _origin(error)
    if origin is not None and origin.response is not None:
        answer = origin.response
        return _refused(
            read(answer.status_code, answer.content),
            retry_after_s=retry_after_s(answer.headers.get("Retry-After"), now=now),
        )
    if origin is not None:
        return _no_answer(origin)
    if isinstance(error, ValueError):
        return NotSent(reason=f"the SDK refused the message: {error}"[:_MAX_REASON_CHARS], our_fault=True)
    return NotSent(reason=f"FCM's answer was not understood ({type(error).__name__})", can_retry=True, ambiguous=True)


def is_alive(error: BaseException) -> bool | None:
    """What an error says of the push service as a whole. False: it is away, or does not let us in. None: nothing.

    True: it works, and has said no to this one message.
    """
    origin = _origin(error)
    if isinstance(error, GoogleAuthError) or (origin is not None and origin.response is None):
        return False
    if origin is None or origin.response is None:
        return None if isinstance(error, ValueError | GivenUp) else False
    refusal = read(origin.response.status_code, origin.response.content)
    if refusal.code in {*_DEAD, _OF_ONE_PLATFORM} or refusal.status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    return refusal.status == HTTPStatus.BAD_REQUEST and bool(refusal.code)


def read(status: int, body: bytes | str) -> Refusal:
    """The parts of Google's error that decide, empty where the body is something else."""
    error = _mapping(_mapping(_json(body)).get("error"))
    details = [_mapping(detail) for detail in _list(error.get("details"))]
    code = next((str(detail["errorCode"]) for detail in details if "errorCode" in detail), "")
    violations = [_mapping(item) for detail in details for item in _list(detail.get("fieldViolations"))]
    return Refusal(
        status=status,
        code=code or str(error.get("status") or ""),
        message=str(error.get("message") or ""),
        fields=tuple(str(violation.get("field")) for violation in violations),
    )


def retry_after_s(header: str | None, *, now: datetime) -> float | None:
    """Seconds from now, 0–60, from either form of the header (RFC 9110 §10.2.3); None when it makes no sense."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return float(min(int(text[:9]), MAX_RETRY_AFTER_S))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    in_utc = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (in_utc - now).total_seconds()), MAX_RETRY_AFTER_S)


def _refused(refusal: Refusal, *, retry_after_s: float | None) -> NotSent:
    reason = _reason(refusal)
    if refusal.code in _DEAD:
        return NotSent(reason=reason, target_is_dead=True)
    if refusal.status == HTTPStatus.BAD_REQUEST and refusal.code:
        names_token = _names_token(refusal)
        return NotSent(reason=reason, target_is_dead=names_token, our_fault=not names_token)
    if refusal.status in _NO_FAULT_OF_OURS or refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        unknown = refusal.status == HTTPStatus.GATEWAY_TIMEOUT
        return NotSent(reason=reason, can_retry=True, ambiguous=unknown, retry_after_s=retry_after_s)
    # 401, 403 and 404 without a word about the target: credentials, permissions or project. 400 and others in words
    # that are not Google's: something in between. Somebody may mend it while the page lives.
    return NotSent(reason=reason, can_retry=True, our_fault=True, retry_after_s=retry_after_s)


def _names_token(refusal: Refusal) -> bool:
    """A bad payload and a bad token are the same error to Google; only a phone whose token is named is dead."""
    return not _TOKEN_FIELDS.isdisjoint(refusal.fields) or bool(_TOKEN_IN_WORDS.search(refusal.message))


def _no_answer(origin: requests.RequestException) -> NotSent:
    if any(isinstance(part, SSLCertVerificationError) for part in _chain(origin)):
        return NotSent(reason="FCM's certificate was not accepted", can_retry=True, our_fault=True)
    if isinstance(origin, requests.ConnectTimeout | requests.exceptions.ProxyError) or _was_never_connected(origin):
        return NotSent(reason="FCM could not be reached", can_retry=True)
    if isinstance(origin, requests.Timeout):
        return NotSent(reason="FCM did not answer in time", can_retry=True, ambiguous=True)
    if isinstance(origin, requests.ConnectionError):
        return NotSent(reason="the connection to FCM was cut", can_retry=True, ambiguous=True)
    return NotSent(reason=f"FCM's answer was not understood ({type(origin).__name__})", can_retry=True, ambiguous=True)


def _no_token(error: GoogleAuthError) -> NotSent:
    """Nothing was sent. Refused credentials are ours to mend; a token service that is away is not our fault."""
    away = error.retryable or not isinstance(error, RefreshError)
    reason = "Google's token service is not available" if away else "Google refused our credentials"
    return NotSent(reason=reason, can_retry=True, our_fault=not away)


def _was_never_connected(origin: requests.RequestException) -> bool:
    cause = origin.args[0] if origin.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _origin(error: BaseException) -> requests.RequestException | None:
    """The HTTP client's error inside the SDK's; the SDK stumbles over answers it does not expect, hence the context."""
    return next((part for part in _chain(error) if isinstance(part, requests.RequestException)), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    part: BaseException | None = error
    while part is not None:
        yield part
        part = getattr(part, "cause", None) or part.__cause__ or part.__context__


def _reason(refusal: Refusal) -> str:
    code = refusal.code.lower().replace("_", " ") or "no code"
    return f"FCM answered {refusal.status} ({code}): {refusal.message or 'no message'}"[:_MAX_REASON_CHARS]


def _json(body: bytes | str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
