"""How does `beatline serve` run the API? One uvicorn process with a clock beside it; more of them behind a balancer."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from socket import socket
from threading import Event, Thread

import uvicorn

from service import runtime
from service.api.app import create_app
from service.cli.environment import settings_or_exit
from service.cli.working import CLOCK
from service.dev.children import Children, told_to_stop
from service.observe import configure_logging
from service.web.pages import add_pages

GRACE_S = 8
"""How long an answer or a stream may go on after SIGTERM; orchestrators kill after ten seconds or more."""


def serve(*, host: str = "127.0.0.1", port: int = 8000, uds: Path | None = None) -> None:
    """Answer HTTP, and run a clock. Settings come from BEATLINE_… (see `beatline settings`).

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
    open_backend = partial(runtime.running, settings, sends=False)
    api = create_app(open_backend, base_url=settings.base_url, threads=settings.api_threads)
    add_pages(api)
    config = uvicorn.Config(
        api,
        host=host,
        port=port,
        uds=str(uds) if uds else None,
        http="httptools",
        loop="uvloop",
        ws="none",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
    )
    with told_to_stop(), _clock_beside():
        _FrozenServer(config).run()


class _FrozenServer(uvicorn.Server):
    """What is there when it starts is never garbage: with thousands of streams, looking at it again takes 0.5 s."""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()


@contextmanager
def _clock_beside() -> Iterator[None]:
    """A clock in a process of its own while the block runs; started again when it dies."""
    done = Event()
    # The kernel ends a child with the thread that started it, so one thread does both and lives as long as the clock.
    keeper = Thread(target=_keep_clock, args=(done,), name="clock-keeper")
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def _keep_clock(done: Event) -> None:
    with Children() as children:
        children.start("clock", CLOCK)
        children.keep_until(done)
