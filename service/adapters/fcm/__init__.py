"""How does a notice reach a phone through Google? The `Push` that sends with the firebase-admin SDK.

What is sent is `fcm_message`'s matter, what an answer means `answer`'s, the access token `token`'s, connections are
`lane`'s, and whether it makes sense to ask at all is `breaker`'s. Here: one attempt, three seconds in all.

The SDK has no setting for its endpoint, and its own retries send a message twice; both are put right through three
private attributes (`_fcm_url`, `_client`, and the session in it). The version is pinned, a contract test watches them.
"""

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import firebase_admin
import structlog
from firebase_admin import messaging

from service.adapters.fcm.answer import is_alive, not_sent
from service.adapters.fcm.breaker import Breaker
from service.adapters.fcm.errand import Errand
from service.adapters.fcm.keeper import Keeper
from service.adapters.fcm.lane import SOCKET_TIMEOUT_S, Lane
from service.adapters.fcm.token import OneToken
from service.adapters.fcm_message import fcm_message, is_for_nobody, probe
from service.domain.notice import Notice
from service.domain.unit import Platform, PushKind, PushTarget
from service.ports import Clock, NotSent, PushCondition, Sent

SEND_TIMEOUT_S = 3.0
WARM_CONNECTIONS = 16
"""Kept open: as many phones ring at once without a handshake. More at once, and the rest open their own."""
ASK_AGAIN_S = 0.5
"""For a page that was not tried: so soon after the service is back it goes, and it has climbed no backoff."""
_SERVED = frozenset({PushKind.FCM_FID, PushKind.FCM_TOKEN})

log = structlog.get_logger()


class Fcm:
    """One per process. `threads` is how many messages can be on their way at once, each on its own connection."""

    def __init__(
        self,
        credentials_file: Path,
        *,
        clock: Clock,
        world_clock: Clock,
        endpoint: str | None = None,
        threads: int = 16,
        critical_sound: bool = False,
    ) -> None:
        """`endpoint` is scheme and host instead of Google's; the token service's address is in the credentials.

        `world_clock` is the time that Google has too, even where `clock` is scaled: access is granted by it. Raises
        OSError or ValueError for credentials that cannot be read.
        """
        self._clock = clock
        self._critical_sound = critical_sound
        self._credentials = OneToken.from_file(credentials_file, clock=world_clock)
        self._app = firebase_admin.initialize_app(
            self._credentials,
            {"projectId": self._credentials.project_id, "httpTimeout": SOCKET_TIMEOUT_S},
            name=f"beatline-{uuid.uuid4().hex}",
        )
        self._service = messaging._get_messaging_service(self._app)  # noqa: SLF001  see the module's docstring
        self._lane = _lay(self._service, endpoint=endpoint, connections=threads)
        self._senders = ThreadPoolExecutor(threads, thread_name_prefix="fcm-send")
        self._breaker = Breaker(monotonic_s=time.monotonic)
        self._keeper = Keeper(
            self._lane,
            self._credentials,
            self._breaker,
            connections=min(threads, WARM_CONNECTIONS),
            probe=self._probe,
        )
        self._probers = ThreadPoolExecutor(4, thread_name_prefix="fcm-probe")
        self._closed = threading.Event()

    def warm(self) -> None:
        """Fetch the token, open connections, and keep both fresh from now on; a second call does it at once."""
        self._keeper.warm()

    def send(self, notice: Notice, *, target: PushTarget, platform: Platform) -> Sent | NotSent:
        if not _can_be_reached(target):
            return NotSent(reason="this device has no FCM target")
        if not self._breaker.admits():
            reason = f"not tried, the push service is away: {self._breaker.condition().reason}"
            return NotSent(reason=reason, can_retry=True, retry_after_s=ASK_AGAIN_S)

        def compose() -> messaging.Message:
            now = self._clock.now()
            return fcm_message(notice, target=target, platform=platform, now=now, critical_sound=self._critical_sound)

        return self._attempt(compose, self._senders)

    def condition(self) -> PushCondition:
        return self._breaker.condition()

    def close(self) -> None:
        """Pages that are on their way may end; no other leaves."""
        if self._closed.is_set():
            return
        self._closed.set()
        for threads in (self._senders, self._probers):
            threads.shutdown(wait=False, cancel_futures=True)
        self._keeper.close()
        # In a thread of its own: the SDK runs an event loop to close its asynchronous client; ours may be running here.
        closing = threading.Thread(target=firebase_admin.delete_app, args=(self._app,))
        closing.start()
        closing.join()
        self._service._client.close()  # noqa: SLF001  the SDK leaves this session open
        self._credentials.close()

    def _attempt(self, compose: Callable[[], messaging.Message], threads: ThreadPoolExecutor) -> Sent | NotSent:
        errand, begun_s = Errand(leave_within_s=SOCKET_TIMEOUT_S), time.monotonic()
        try:
            future = threads.submit(errand.do, partial(self._deliver, compose))
            # The wait is the bound: no socket timeout covers a resolver that hangs, or an answer that trickles.
            error = future.exception(timeout=SEND_TIMEOUT_S)
        except TimeoutError:
            answer, alive = _too_late(future, errand)
        except (RuntimeError, CancelledError):
            return NotSent(reason="the sender is closed", can_retry=True)
        else:
            if error is None:
                self._learn(alive=True, reason="", begun_s=begun_s)
                return Sent(message_id=future.result())
            answer, alive = not_sent(error, now=self._clock.now()), is_alive(error)
        self._learn(alive=alive, reason=answer.reason, begun_s=begun_s)
        return answer

    def _deliver(self, compose: Callable[[], messaging.Message], errand: Errand) -> str:
        message = compose()
        self._credentials.ensure()
        errand.carries_message = True
        return str(messaging.send(message, dry_run=is_for_nobody(message), app=self._app))

    def _probe(self) -> None:
        self._attempt(probe, self._probers)

    def _learn(self, *, alive: bool | None, reason: str, begun_s: float) -> None:
        """What one attempt says of the push service as a whole."""
        if alive:
            if self._breaker.succeeded():
                log.info("push_service_back")
                self._keeper.call()
        elif alive is False:
            if self._breaker.failed(reason, begun_s=begun_s, now=self._clock.now()):
                log.error("push_service_lost", reason=reason)
                self._lane.start_afresh()
            self._keeper.call()


def _can_be_reached(target: PushTarget) -> bool:
    return target.kind is PushKind.CANARY or (target.kind in _SERVED and bool(target.value))


def _lay(service: messaging._MessagingService, *, endpoint: str | None, connections: int) -> Lane:
    """Put the SDK's service onto our endpoint and lane: this service alone, not the class that others share."""
    if endpoint is not None:
        path = urlsplit(service._fcm_url).path  # noqa: SLF001  see the module's docstring
        service._fcm_url = endpoint.rstrip("/") + path  # noqa: SLF001  as above
    return Lane(service._fcm_url, service._client.session, connections=connections)  # noqa: SLF001  as above


def _too_late(future: Future[str], errand: Errand) -> tuple[NotSent, bool | None]:
    """What it means for the page, and for the push service."""
    if future.cancel():
        return NotSent(reason="every sending thread was busy", can_retry=True), None
    if errand.give_up():
        return NotSent(reason="FCM did not answer in time", can_retry=True, ambiguous=True), False
    where = "FCM could not be reached" if errand.carries_message else "no access token in time"
    return NotSent(reason=where, can_retry=True), False
