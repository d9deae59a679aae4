"""How large may a request body be? It is bounded before it is read whole; what it says is for `strict_json`."""

import re

from starlette.requests import ClientDisconnect, Request

from service.domain.errors import Code, DomainError

BODY_LIMIT_BYTES = 256 * 1024
"""DESIGN §7 for webhooks; a phone's largest body (100 fixes) is a tenth of it."""
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)


async def bounded_body(request: Request, *, limit_bytes: int = BODY_LIMIT_BYTES) -> bytes:
    """The raw body. Raises DomainError too_large as soon as the announced or the received length passes the limit.

    A chunked body announces nothing and a Content-Length may lie, so both are watched. (Starlette's own limiter
    answers with plain text when the announced length is too large, and we promise problem details.)
    """
    if _announced_bytes(request) > limit_bytes:
        raise _too_large(limit_bytes)
    chunks: list[bytes] = []
    received_bytes = 0
    try:
        async for chunk in request.stream():
            received_bytes += len(chunk)
            if received_bytes > limit_bytes:
                raise _too_large(limit_bytes)
            chunks.append(chunk)
    except ClientDisconnect as error:
        # Nobody is left to read the answer; it only keeps a half-sent body from looking like our fault.
        raise DomainError(Code.INVALID, "The connection was cut before the body was complete.") from error
    return b"".join(chunks)


def _announced_bytes(request: Request) -> int:
    """0 when nothing readable is announced: what arrives is counted anyway."""
    announced = _LENGTH.fullmatch(request.headers.get("content-length", ""))
    return int(announced.group()) if announced else 0


def _too_large(limit_bytes: int) -> DomainError:
    return DomainError(Code.TOO_LARGE, f"The body is larger than {limit_bytes:,} bytes.")
