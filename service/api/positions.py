"""Where are you? The hot path: phones and AVL feeds tell, and are answered once Redis has it.

One route a phone calls every few seconds, so it does by itself what FastAPI would do for it: no dependency, no thread,
no model of the answer. What it promises stands in the OpenAPI document all the same.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from service.api.bodies import naming_fields, object_of, text_of
from service.api.deps import Backend, BackendDep, remember_caller
from service.api.errors import documented
from service.api.limits import bounded_body
from service.api.schemas_positions import FeedAnswer, FeedBody, PositionsAnswer, PositionsBody
from service.api.signed import SignedMessage, SignedMessageDep, SourceId, believed, body_of, known_source
from service.auth.lookup_cache import LookupCache
from service.auth.tokens import token_hash
from service.domain.errors import Code, DomainError
from service.operations import positions, registry
from service.operations.position_desk import PositionDesk, Report
from service.operations.position_feeds import Feeds
from service.operations.positions import FeedUnit
from service.operations.registry import SignedInDevice
from service.ports import UnitKey
from service.store.sources import Source

router = APIRouter(prefix="/v1")
LOOKUPS_AT_ONCE = 3
"""Threads of their own: after an outage a thousand tokens are asked about, and no detection waits behind them."""
UNKNOWN_LOOKUPS_AT_ONCE = 2
"""Of tokens that nobody has had yet: after a restart some 400 phones a second; invented ones keep no patrol waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What lives as long as the app: `app.state.reception`. Whoever revokes a device tells `devices` to forget it."""

    desk: PositionDesk
    devices: LookupCache[bytes, SignedInDevice]
    sources: LookupCache[str, Source]
    feeds: Feeds


@asynccontextmanager
async def open_reception(backend: Backend) -> AsyncIterator[Reception]:
    """For the app's lifespan, inside the backend's."""

    def device_of(token: bytes) -> SignedInDevice | None:
        return registry.device_by_token(backend.database, backend.ports, token)

    def source_named(source_id: str) -> Source | None:
        return known_source(source_id, backend)

    threads, unknown_threads = CapacityLimiter(LOOKUPS_AT_ONCE), CapacityLimiter(UNKNOWN_LOOKUPS_AT_ONCE)
    async with PositionDesk(backend.database, backend.ports) as desk:
        yield Reception(
            desk=desk,
            devices=LookupCache(device_of, threads=threads, unknown_threads=unknown_threads),
            sources=LookupCache(source_named, threads=threads, unknown_threads=unknown_threads),
            feeds=Feeds(backend.database, backend.ports, threads=threads),
        )
    await backend.ports.positions.aclose()


@router.post(
    "/me/positions",
    tags=["phones"],
    response_model=PositionsAnswer,
    openapi_extra=body_of("PositionsBody") | {"security": [{"deviceToken": []}]},
    responses=documented(Code.UNAUTHENTICATED, Code.TOO_LARGE, Code.INVALID, Code.OVERLOADED, Code.UNAVAILABLE),
)
async def report_positions(request: Request) -> Response:
    """Where the unit is and was, in any order. A fix that is not believed is named with the reason.

    Set `sent_at` anew for every attempt. The same fix again is accepted again.
    """
    reception: Reception = request.app.state.reception
    device = await _signed_in(request, reception)
    remember_caller(request, device.agency_id)
    fields = object_of(text_of(await bounded_body(request)))
    with naming_fields():
        body = PositionsBody.model_validate(fields)
    unit = UnitKey(device.agency_id, device.unit_id)
    judged = await positions.report_positions(reception.desk, Report(unit=unit, fixes=body.fixes, sent_at=body.sent_at))
    rejected = [{"index": one.index, "reason": one.reason} for one in judged.rejected]
    return _json({"accepted": judged.accepted, "rejected": rejected})


@router.post(
    "/sources/{source_id}/positions",
    tags=["integrators"],
    response_model=FeedAnswer,
    openapi_extra=body_of("FeedBody"),
    responses=documented(Code.UNAUTHENTICATED, Code.TOO_LARGE, Code.INVALID, Code.OVERLOADED, Code.UNAVAILABLE),
)
async def report_feed(
    source_id: SourceId, message: SignedMessageDep, backend: BackendDep, request: Request
) -> Response:
    """Where many units are, by call sign: cars report even when a phone's page sleeps."""
    reception: Reception = request.app.state.reception
    known = await reception.sources.get(source_id)
    source, body = await run_sync(_read_feed, known, message, backend)
    told = [FeedUnit(call_sign=unit.call_sign, fixes=unit.fixes) for unit in body.units]
    judgements = await positions.report_feed(reception.desk, reception.feeds, agency_id=source.agency_id, told=told)
    rejected = [
        {"call_sign": unit.call_sign, "index": one.index, "reason": one.reason}
        for unit, judged in zip(told, judgements, strict=True)
        for one in judged.rejected
    ]
    answer = _json({"accepted": sum(judged.accepted for judged in judgements), "rejected": rejected})
    answer.background = BackgroundTask(reception.feeds.note, source)  # the feed does not wait for it
    return answer


async def _signed_in(request: Request, reception: Reception) -> SignedInDevice:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    device = await reception.devices.get(token_hash(token)) if scheme.lower() == "bearer" else None
    if device is None:
        raise DomainError(Code.UNAUTHENTICATED, "This device is not enrolled, or no longer.")
    return device


def _read_feed(known: Source | None, message: SignedMessage, backend: Backend) -> tuple[Source, FeedBody]:
    """In a thread: 256 KiB of JSON would hold up the event loop."""
    source = believed(message, known, backend=backend)
    fields = object_of(message.text)
    with naming_fields():
        body = FeedBody.model_validate(fields)
    return source, body


def _json(content: dict[str, Any]) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
