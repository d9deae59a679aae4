"""Did a source of ours send this? Standard Webhooks by its library, which is fenced in here.

The library (standardwebhooks 1.1.0) judges a timestamp by this host's clock and lets ValueError, binascii.Error and
UnicodeDecodeError escape on hostile headers. So the clock is an argument here, every failure is BadSignature, and the
library does what it is for: the signed content and its HMAC. Source: github.com/standard-webhooks/standard-webhooks.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import floor

from standardwebhooks.webhooks import Webhook

TOLERANCE_S = 300
HEADER_LENGTH_LIMIT = 2_048
SIGNATURES_LIMIT = 10
"""A sender that rotates keys sends two; a header of thousands is somebody guessing."""
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


class BadSignature(Exception):
    """Which part failed is in `str(error)`: for the log, never for the sender."""


def verify(body: str, headers: Mapping[str, str], *, secrets: Sequence[str], now: datetime) -> None:
    """Return if one of the live `secrets` signed this body within ± 300 s of `now`; raise BadSignature otherwise.

    `headers` are looked up in lower case. The same message verifies as often as it comes: replays are judged by what
    they say (DESIGN §7), not here.
    """
    message_id = _header(headers, "webhook-id")
    signed_at = _signed_at(_header(headers, "webhook-timestamp"))
    given = _header(headers, "webhook-signature").split(" ")
    if abs((now - signed_at).total_seconds()) > TOLERANCE_S:
        raise BadSignature("the timestamp is too far from now")
    if len(given) > SIGNATURES_LIMIT:
        raise BadSignature("too many signatures")
    expected = [Webhook(secret).sign(message_id, signed_at, body) for secret in secrets]
    if not any(hmac.compare_digest(one, other) for one in expected for other in given):
        raise BadSignature("no signature fits")


def sign(body: str, *, secret: str, message_id: str, now: datetime) -> dict[str, str]:
    """The three headers of a signed message, as a source sends them."""
    signed_at = datetime.fromtimestamp(floor(now.timestamp()), tz=UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(floor(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, signed_at, body),
    }


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if not value:
        raise BadSignature(f"no {name}")
    if len(value) > HEADER_LENGTH_LIMIT or not (value.isascii() and value.isprintable()):
        raise BadSignature(f"{name} is too long or not printable ASCII")
    return value


def _signed_at(seconds: str) -> datetime:
    """Whole seconds and nothing else: `nan`, `1e9` and `+1` are numbers to Python, and not what anybody signed."""
    if not _SECONDS.fullmatch(seconds):
        raise BadSignature("the timestamp is not whole seconds")
    try:
        return datetime.fromtimestamp(int(seconds), tz=UTC)
    except (ValueError, OverflowError) as error:
        raise BadSignature("the timestamp is beyond the calendar") from error
