"""How does `beatline serve` run the API? One uvicorn process with a clock beside it; more of them behind a balancer."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread

import uvicorn

from service import runtime
from service.api.app import create_app
from service.cli.environment import settings_or_exit
from service.cli.letting_go import LettingGo, Server
from service.cli.working import CLOCK
from service.dev.children import Children, told_to_stop
from service.observe import configure_logging
from service.web.pages import add_pages

GRACE_S = 8
"""How long an answer may go on after SIGTERM; orchestrators kill after ten seconds or more. Streams end at once."""


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
        http=LettingGo,
        loop="uvloop",
        ws="none",
        access_log=False,
        forwarded_allow_ips=settings.trusted_proxies,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
    )
    with told_to_stop(), _clock_beside():
        Server(config, api).run()


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
