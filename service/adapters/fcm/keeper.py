"""Who looks after the way to the push service while nobody is paged? It is kept warm, and asked whether it is back.

Shots are rare: without it the first alert after a quiet time would pay for a token and a TLS handshake, and a push
service that came back would be found out by a page. Not for pages: those never wait for anything here.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import structlog

from service.adapters.fcm.breaker import PROBE_EVERY_S, Breaker
from service.adapters.fcm.errand import Errand
from service.adapters.fcm.lane import Lane
from service.adapters.fcm.token import OneToken

KEEP_WARM_EVERY_S = 60.0
LIMIT_S = 3.0
"""Of one round; also the longest that the start of a process waits for a push service that is away."""
_PROBES_AT_ONCE = 4
"""One starts each second and ends within three."""

log = structlog.get_logger()


class Keeper:
    """`probe` asks the push service once and tells the breaker; called each second while that is in doubt."""

    def __init__(
        self,
        lane: Lane,
        credentials: OneToken,
        breaker: Breaker,
        *,
        connections: int,
        probe: Callable[[], object],
    ) -> None:
        self._lane, self._credentials, self._breaker = lane, credentials, breaker
        self._connections = connections
        self._probe = probe
        self._threads = ThreadPoolExecutor(connections + 1 + _PROBES_AT_ONCE, thread_name_prefix="fcm-keeper")
        self._closed = threading.Event()
        self._called = threading.Event()
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name="fcm-keep-warm", daemon=True)

    def warm(self) -> None:
        """Fresh token and open connections now, as far as they can be had in 3 s; kept so from the first call on."""
        if self._closed.is_set():
            return
        log.info("push_warmed", connections=self._freshen(), wanted=self._connections)
        with self._starting:
            if self._thread.ident is None and not self._closed.is_set():
                self._thread.start()

    def call(self) -> None:
        """Something went wrong, or right again: have a look now."""
        self._called.set()

    def close(self) -> None:
        self._closed.set()
        self._called.set()
        with self._starting:
            if self._thread.ident is not None:
                self._thread.join()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _keep(self) -> None:
        freshen_at_s = time.monotonic() + KEEP_WARM_EVERY_S
        while not self._closed.is_set():
            self._called.wait(PROBE_EVERY_S if self._breaker.is_in_doubt else freshen_at_s - time.monotonic())
            self._called.clear()
            if self._breaker.is_in_doubt:
                self._threads.submit(self._probe)
                self._closed.wait(PROBE_EVERY_S)
                freshen_at_s = time.monotonic()  # as soon as it is back: connections may not have survived
            elif time.monotonic() >= freshen_at_s and not self._closed.is_set():
                self._freshen()
                freshen_at_s = time.monotonic() + KEEP_WARM_EVERY_S

    def _freshen(self) -> int:
        """Says how many connections are open; what it cannot get now, the next send will try to."""
        together = threading.Barrier(self._connections)
        token = self._begin(lambda _: self._credentials.refresh_ahead())
        knocks = [self._begin(lambda _: self._lane.knock(together)) for _ in range(self._connections)]
        ends_at_s = time.monotonic() + LIMIT_S
        if not _came_true(token, ends_at_s):
            log.warning("push_token_not_fetched", reason=_reason(token[1]))
        opened = sum(_came_true(knock, ends_at_s) for knock in knocks)
        if opened < self._connections:
            log.warning("push_service_not_reached", connections=opened, wanted=self._connections)
        return opened

    def _begin(self, work: Callable[[Errand], None]) -> tuple[Errand, Future[None]]:
        errand = Errand()
        return errand, self._threads.submit(errand.do, work)


def _came_true(begun: tuple[Errand, Future[None]], ends_at_s: float) -> bool:
    errand, future = begun
    wait([future], timeout=max(0.0, ends_at_s - time.monotonic()))
    if not future.done():
        future.cancel()
        errand.give_up()
        return False
    return future.exception() is None


def _reason(future: Future[None]) -> str:
    error = future.exception() if future.done() and not future.cancelled() else None
    return type(error).__name__ if error else "no answer in time"
