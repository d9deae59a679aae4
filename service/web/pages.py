"""Where do people look? The dispatcher's console at `/`, the officer's phone page at `/responder`, and their assets.

The pages are files, the same for everybody: what they show, they ask of the API. Not for anything that needs a session.
They are some 100 KiB in all and are read once: Starlette would go to a thread for each, several times, and whoever asks
for them by the thousand would take the threads that officers' decisions need.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http import HTTPMethod, HTTPStatus
from mimetypes import guess_type
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

_HERE = Path(__file__).parent
_ALLOWED = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
CONTENT_SECURITY_POLICY = "; ".join(f"{what} {whose}" for what, whose in _ALLOWED.items())
"""Ours alone and no inline script; text can never become markup, whatever a source or an officer wrote in it."""
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: with it some calls of our own pages would name "null" as their origin, and be refused.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    # Kept, but asked about each time: after an update nobody works with half of the old page.
    "Cache-Control": "no-cache",
}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    media_type: str | None
    etag: str


class Assets(StaticFiles):
    """The files of a directory with our headers, on every answer that a browser may keep (304 included)."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._files = dict(_files_in(directory))

    async def get_response(self, path: str, scope: Scope) -> Response:
        if scope["method"] not in {HTTPMethod.GET, HTTPMethod.HEAD}:
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
        if path not in self._files:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        answer = _answer(self._files[path])
        if self.is_not_modified(answer.headers, Headers(scope=scope)):
            answer = NotModifiedResponse(answer.headers)
            answer.headers.update(HEADERS)
        return answer


@router.api_route("/", methods=[HTTPMethod.GET, HTTPMethod.HEAD])
async def show_console() -> Response:
    return _answer(_page("console.html"))


@router.api_route("/responder", methods=[HTTPMethod.GET, HTTPMethod.HEAD])
async def show_responder() -> Response:
    return _answer(_page("responder.html"))


def add_pages(app: FastAPI) -> None:
    """Serve the pages beside the API; whoever puts the two together calls this, as they do not know each other."""
    app.include_router(router)
    app.mount("/assets", Assets(_HERE / "assets"), name="assets")


def _files_in(directory: Path) -> Iterator[tuple[str, _File]]:
    return ((str(path.relative_to(directory)), _read(path)) for path in directory.rglob("*") if path.is_file())


@cache
def _page(name: str) -> _File:
    return _read(_HERE / name)


def _read(path: Path) -> _File:
    content = path.read_bytes()
    return _File(content, guess_type(path)[0], f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def _answer(file: _File) -> Response:
    return Response(file.content, media_type=file.media_type, headers=HEADERS | {"ETag": file.etag})
