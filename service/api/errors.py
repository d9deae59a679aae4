"""Which HTTP answer does a refusal get? The one file that knows HTTP numbers; every refusal is a problem (RFC 9457).

`code` is the word that a program may branch on. What was sent is never sent back: the framework's own answer echoes
it, and fails with a 500 when it was NaN or half of a surrogate pair.
"""

import json
from collections.abc import Sequence
from http import HTTPStatus
from math import ceil
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.domain.errors import Code, DomainError

STATUS_OF: dict[Code, HTTPStatus] = {
    Code.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Code.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.ILLEGAL_MOVE: HTTPStatus.CONFLICT,
    Code.INCIDENT_OVER: HTTPStatus.CONFLICT,
    Code.DETECTION_CONFLICT: HTTPStatus.CONFLICT,
    Code.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    Code.CODE_NOT_USABLE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Code.THROTTLED: HTTPStatus.TOO_MANY_REQUESTS,
    Code.OVERLOADED: HTTPStatus.TOO_MANY_REQUESTS,
    Code.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
_CODE_OF = {
    HTTPStatus.NOT_FOUND: Code.NOT_FOUND.value,
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
}
PROBLEM_JSON = "application/problem+json"
DEFAULT_RETRY_AFTER_S = 1
FIELDS_LIMIT = 50
"""Fields named in one answer: a body of 20,000 unknown fields needs no answer of 20,000 reasons."""
_FIELD_LENGTH_LIMIT = 100
_RETRYABLE = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_log = structlog.get_logger()


class FieldProblem(BaseModel):
    """`field` is its path in the body, as in `location.lat` or `fixes.3.at`."""

    field: str
    reason: str


class Problem(BaseModel):
    """RFC 9457 problem details with a stable `code`; `errors` when single fields are to blame."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem] | None = None


def documented(*codes: Code) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route: the refusals that its callers should be ready for."""
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(int(STATUS_OF[code]), []).append(code)
    return {status: _described(", ".join(f"`{word}`" for word in words)) for status, words in by_status.items()}


def documented_default() -> dict[int | str, dict[str, Any]]:
    """Whatever else goes wrong; it also keeps FastAPI from promising its own kind of 422."""
    return {"default": _described("A problem (RFC 9457); `code` says which.")}


def install(app: FastAPI) -> None:
    """Every way of failing answers with a problem from here on."""
    app.exception_handler(DomainError)(_refused)
    app.exception_handler(RequestValidationError)(_not_understood)
    app.exception_handler(HTTPException)(_refused_by_framework)
    app.exception_handler(Exception)(_failed)


def answer_to(error: DomainError) -> Response:
    """For whoever refuses a request before there is a route."""
    status = STATUS_OF[error.code]
    if error.internal:
        _log.warning("request_refused", code=error.code.value, internal=error.internal)
    return problem(
        status,
        code=error.code.value,
        detail=error.message,
        errors=[FieldProblem(field=field, reason=reason) for field, reason in error.fields.items()] or None,
        headers=_headers(status, error.retry_after_s),
    )


async def _refused(_: Request, error: DomainError) -> Response:
    return answer_to(error)


async def _not_understood(_: Request, error: RequestValidationError) -> Response:
    found = error.errors()
    more = f" Only the first {FIELDS_LIMIT} of {len(found)} are named." if len(found) > FIELDS_LIMIT else ""
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        code=Code.INVALID.value,
        detail=f"Some fields are not as we read them; each is named with its reason.{more}",
        errors=[_field_problem(one) for one in found[:FIELDS_LIMIT]],
    )


async def _refused_by_framework(_: Request, error: HTTPException) -> Response:
    status = HTTPStatus(error.status_code)
    code = _CODE_OF.get(status, status.name.lower())
    return problem(status, code=code, detail=str(error.detail), headers=dict(error.headers or {}))


async def _failed(_: Request, __: Exception) -> Response:
    """The server logs the traceback, since the framework raises on after this answer; the caller learns nothing."""
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        code="internal",
        detail="Something failed on our side, and it is logged. Trying again is safe: everything may happen twice.",
    )


def problem(
    status: HTTPStatus,
    *,
    code: str,
    detail: str,
    errors: Sequence[FieldProblem] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """ASCII throughout, so that no text of a request can make an answer that cannot be encoded."""
    said = Problem(
        type=f"urn:beatline:problem:{code}",
        title=code.replace("_", " ").capitalize(),
        status=status,
        detail=detail,
        code=code,
        errors=list(errors) if errors is not None else None,
    )
    content = json.dumps(said.model_dump(exclude_none=True), ensure_ascii=True)
    return Response(content, status_code=status, headers=headers, media_type=PROBLEM_JSON)


def _described(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {PROBLEM_JSON: {"schema": schema}}}


def _headers(status: HTTPStatus, retry_after_s: float | None) -> dict[str, str]:
    if status in _RETRYABLE:
        return {"Retry-After": str(max(1, ceil(retry_after_s or DEFAULT_RETRY_AFTER_S)))}
    if status is HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return {"Connection": "close"}  # what is still on its way is not read
    return {}


def _field_problem(error: dict[str, Any]) -> FieldProblem:
    path = [str(step) for step in error["loc"]]
    inside = path[1:] if path[0] in {"body", "query", "path", "header", "cookie"} else path
    return FieldProblem(field=".".join(inside)[:_FIELD_LENGTH_LIMIT], reason=error["msg"])
