"""How do ordinary routes get bounded bodies and strict JSON? Routers say `route_class=StrictRoute` and declare models.

Not for signed routes: they check a signature over the raw text first (`signed`).
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from service.api.bodies import object_of, text_of
from service.api.limits import bounded_body


class StrictRequest(Request):
    """A request whose body is bounded and whose JSON is strict; FastAPI and dependencies read it as any other."""

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            self._body = await bounded_body(self)
        return self._body

    async def json(self) -> dict[str, Any]:
        if not hasattr(self, "_json"):
            self._json: dict[str, Any] = object_of(text_of(await self.body()))
        return self._json


class StrictRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_strictly(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            if self.body_field is not None and (self.body_field.field_info.is_required() or await strict.body()):
                # Read here, because FastAPI turns whatever its own reading raises into a bare 400.
                _refuse_other_media_types(strict)
                await strict.json()
            return await answer(strict)

        return answer_strictly


def _refuse_other_media_types(request: Request) -> None:
    """A page of another site can send forms and plain text with our cookie, but never JSON without asking first."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(415, "Send the body as Content-Type: application/json.")
