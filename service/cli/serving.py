"""How does `beatline serve` run the API? One uvicorn process, a clock, an auditor; more of them behind a balancer."""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread

import structlog

from service import runtime
from service.api.app import create_app
from service.cli.environment import settings_or_exit
from service.cli.letting_go import a_server
from service.cli.patience import Patience
from service.cli.pulse import Pulse
from service.cli.working import AUDITOR, CLOCK
from service.dev.children import Children, told_to_stop
from service.domain.vigilance import ProcessKind
from service.observe import configure_logging
from service.operations.heartbeats import beating
from service.runtime import Runtime
from service.settings import Settings
from service.web.pages import add_pages

log = structlog.get_logger()

OTHER_DESCRIPTORS = 300
"""For PostgreSQL, Redis, logs, and whoever is just being accepted or let go of."""
GRACE_S = 8
"""How long an answer may go on after SIGTERM; orchestrators kill after ten seconds or more. Streams end at once."""


def serve(*, host: str = "127.0.0.1", port: int = 8000, uds: Path | None = None) -> None:
    """Answer HTTP, and run a clock and an auditor. Settings come from BEATLINE_… (see `beatline settings`).

    Parameters
    ----------
    host
        Address to listen on.
    port
        Port to listen on.
    uds
        Unix socket to listen on instead.

    """
    configure_logging()
    settings = settings_or_exit()
    runtime.wait_for_database(settings)
    open_backend = partial(_running, settings)
    api = create_app(open_backend, base_url=settings.base_url, threads=settings.api_threads)
    add_pages(api)
    server = a_server(
        api,
        patience=_patience(settings),
        host=host,
        port=port,
        uds=str(uds) if uds else None,
        forwarded_allow_ips=settings.trusted_proxies,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
    )
    with told_to_stop(), _others_beside():
        server.run()


def _patience(settings: Settings) -> Patience:
    """As many connections as are asked for, or as this process may have descriptors for."""
    connections = _files_allowed(settings.http_connections + OTHER_DESCRIPTORS) - OTHER_DESCRIPTORS
    if connections < settings.http_connections:
        log.warning("connections_bounded_by_descriptors", connections=connections, wanted=settings.http_connections)
    return Patience(slow_s=settings.http_slow_s, idle_s=settings.http_idle_s, connections=max(1, connections))


def _files_allowed(wanted: int) -> int:
    """So many open files, or as many as this process may have; it is usual to begin with 1,024 and may have more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if resource.RLIM_INFINITY != soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed


@contextmanager
def _running(settings: Settings) -> Iterator[Runtime]:
    # Opened in the app's lifespan, so on the loop that answers.
    pulse = Pulse(asyncio.get_running_loop())
    with (
        runtime.running(settings, sends=False) as here,
        beating(here.database, here.ports, kind=ProcessKind.API, lives=pulse.is_felt),
    ):
        try:
            yield here
        finally:
            pulse.stop()


@contextmanager
def _others_beside() -> Iterator[None]:
    """A clock and an auditor, each a process of its own, while the block runs; started again when they die."""
    done = Event()
    # The kernel ends a child with the thread that started it, so one thread does both and lives as long as they.
    keeper = Thread(target=_keep_others, args=(done,), name="keeper")
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def _keep_others(done: Event) -> None:
    with Children() as children:
        children.start("clock", CLOCK)
        children.start("auditor", AUDITOR)
        children.keep_until(done)
