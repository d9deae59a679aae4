"""Where do people look? The dispatcher's console at `/`, the officer's phone page at `/responder`, and their assets.

The pages are files, the same for everybody: what they show, they ask of the API. Not for anything that needs a session.
"""

from http import HTTPMethod
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
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


class Assets(StaticFiles):
    """Files with our headers, on every answer that a browser may keep (304 included)."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS)
        return response


@router.api_route("/", methods=[HTTPMethod.GET, HTTPMethod.HEAD])
async def show_console() -> FileResponse:
    return FileResponse(_HERE / "console.html", headers=HEADERS)


@router.api_route("/responder", methods=[HTTPMethod.GET, HTTPMethod.HEAD])
async def show_responder() -> FileResponse:
    return FileResponse(_HERE / "responder.html", headers=HEADERS)


def add_pages(app: FastAPI) -> None:
    """Serve the pages beside the API; whoever puts the two together calls this, as they do not know each other."""
    app.include_router(router)
    app.mount("/assets", Assets(directory=_HERE / "assets"), name="assets")
