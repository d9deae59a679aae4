"""How fast is this process, and how often does it refuse? Requests by route and status, for Prometheus at `/metrics`.

Beside them stands how the whole installation is doing (`vitals`), which every process tells alike.
Each app has a registry of its own: nothing is registered at import, and two apps in one process do not mix.
"""

import time

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.deps import BackendDep
from service.api.vitals import Patient
from service.operations.vitals import Checkup

router = APIRouter(tags=["machines"])
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNKNOWN = "unknown"
"""One label for all paths and methods that are none of ours: a scanner must not make a series with each guess."""


class Requests:
    """What is counted of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.duration_s = Histogram(
            "beatline_http_request_duration_seconds",
            "From the first byte of a request to the last of its answer.",
            ["method", "route", "status"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.checkup = Checkup()
        self.streams = Gauge("beatline_streams", "Open streams of consoles and phones.", registry=self.registry)


class Measured:
    """ASGI around the whole app. A request that fails without an answer counts as a 500, which it will get."""

    def __init__(self, app: ASGIApp, requests: Requests) -> None:
        self._app = app
        self._duration_s = requests.duration_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started_s = time.perf_counter()
        try:
            await self._app(scope, receive, send_and_note)
        finally:
            route = getattr(scope.get("route"), "path", UNKNOWN)
            method = scope["method"] if scope["method"] in METHODS else UNKNOWN
            self._duration_s.labels(method, route, status).observe(time.perf_counter() - started_s)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def show_metrics(request: Request, backend: BackendDep) -> Response:
    """Prometheus text. For inside: let no proxy publish it."""
    requests: Requests = request.app.state.requests
    installation = CollectorRegistry()
    answer = requests.checkup.ask(backend.database, backend.ports, request.app.state.vigil)
    installation.register(Patient(answer))
    told = generate_latest(requests.registry) + generate_latest(installation)
    return Response(told, headers={"content-type": CONTENT_TYPE_LATEST})
