"""Which source sent this, beyond doubt? Size, text and signature of a signed message, before anybody parses it.

For every route under `/v1/sources/{source_id}`. Not for what the message says: see the schemas.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path
from fastapi.security import APIKeyHeader
from starlette.requests import Request

from service.api.bodies import text_of
from service.api.deps import Backend, origin_of, remember_caller
from service.api.limits import bounded_body
from service.auth.signatures import BadSignature, verify
from service.auth.tokens import new_source_secret
from service.domain.errors import Code, DomainError
from service.operations import sources
from service.store.sources import Source

SourceId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]
"""A text to the framework: what is no UUID is no source of ours either, and answered like one that is unknown."""

STANDARD_WEBHOOKS = APIKeyHeader(
    name="webhook-signature",
    scheme_name="standardWebhooks",
    auto_error=False,
    description="Standard Webhooks: `webhook-id`, `webhook-timestamp` (± 300 s) and `webhook-signature` over the body.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedMessage:
    """A body as it was sent, when and from where, and the headers that say who sent it; nobody has checked that yet.

    `remember` is told whose it is, once somebody has.
    """

    text: str
    headers: Mapping[str, str]
    arrived_at: datetime
    origin: str | None
    remember: Callable[[UUID], None]


async def signed_message(request: Request, _: Annotated[str | None, Depends(STANDARD_WEBHOOKS)]) -> SignedMessage:
    """Raises too_large, or invalid for what is not even text: there is nothing to check a signature over."""
    text = text_of(await bounded_body(request))
    return SignedMessage(
        text=text,
        headers=request.headers,
        arrived_at=request.state.arrived_at,
        origin=origin_of(request),
        remember=partial(remember_caller, request),
    )


SignedMessageDep = Annotated[SignedMessage, Depends(signed_message)]


def source_of(message: SignedMessage, source_id: str, *, backend: Backend) -> Source:
    """The source that signed this message, as PostgreSQL knows it now. Raises as `believed` does."""
    return believed(message, known_source(source_id, backend), backend=backend)


def believed(message: SignedMessage, source: Source | None, *, backend: Backend) -> Source:
    """That source, when it signed this message. Raises unauthenticated, the same for a stranger and a wrong signature.

    A stranger's signature is checked too, against secrets that nobody has: the time taken tells nothing.
    """
    secrets = source.secrets if source is not None else _secrets_of_nobody()
    try:
        verify(message.text, message.headers, secrets=secrets, now=backend.ports.clock.now())
    except BadSignature as error:
        raise _unbelieved(str(error)) from error
    if source is None:
        raise _unbelieved("no such source")
    message.remember(source.agency_id)
    return source


def body_of(*schemas: str) -> dict[str, Any]:
    """`openapi_extra` of a route that reads its signed body itself: one of these schemas of the document."""
    refs = [{"$ref": f"#/components/schemas/{schema}"} for schema in schemas]
    schema = refs[0] if len(refs) == 1 else {"oneOf": refs}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def known_source(source_id: str, backend: Backend) -> Source | None:
    """None for what names no source of ours, or one that is disabled. Raises DomainError(unavailable)."""
    try:
        return sources.known_source(backend.database, UUID(source_id))
    except ValueError:
        return None


@cache
def _secrets_of_nobody() -> tuple[str, str]:
    return new_source_secret(), new_source_secret()


def _unbelieved(internal: str) -> DomainError:
    message = "This is not signed by a source that we know: check the source's id, its secret, and your clock."
    return DomainError(Code.UNAUTHENTICATED, message, internal=internal)
