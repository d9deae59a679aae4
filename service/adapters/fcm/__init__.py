"""How does a notice reach a phone through Google? The `Push` that sends with the firebase-admin SDK.

What is sent is `fcm_message`'s matter, what an answer means `answer`'s, the access token `token`'s. Here: one
attempt, three seconds in all, on a connection that is already open.

The SDK has no setting for its endpoint, and its own retries send a message twice; both are put right through three
private attributes (`_fcm_url`, `_client`, and the session in it). The version is pinned, a contract test watches them.
"""

import threading
import uuid
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import firebase_admin
import requests
import structlog
from firebase_admin import messaging
from google.auth.exceptions import GoogleAuthError
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from service.adapters.fcm.answer import not_sent
from service.adapters.fcm.token import OneToken
from service.adapters.fcm_message import fcm_message
from service.domain.notice import Notice
from service.domain.unit import Platform, PushKind, PushTarget
from service.ports import Clock, NotSent, Sent

SEND_TIMEOUT_S = 3.0
SOCKET_TIMEOUT_S = 2.9
"""Below the whole, so that "could not connect" is told apart from "may have arrived" before the time is up."""
KEEP_WARM_EVERY_S = 60.0
_SERVED = frozenset({PushKind.FCM_FID, PushKind.FCM_TOKEN})

log = structlog.get_logger()


@dataclass(slots=True)
class _Attempt:
    """How far one send came. `on_its_way`: from here on nobody can say that the message did not arrive."""

    on_its_way: bool = False


class Fcm:
    """One per process. `threads` is how many messages can be on their way at once, each on its own connection."""

    def __init__(
        self,
        credentials_file: Path,
        *,
        clock: Clock,
        endpoint: str | None = None,
        threads: int = 16,
        critical_sound: bool = False,
    ) -> None:
        """`endpoint` is scheme and host instead of Google's; the token service's address is in the credentials.

        Raises OSError or ValueError for credentials that cannot be read.
        """
        self._clock = clock
        self._critical_sound = critical_sound
        self._thread_count = threads
        self._credentials = OneToken.from_file(credentials_file, timeout_s=SOCKET_TIMEOUT_S)
        self._app = firebase_admin.initialize_app(
            self._credentials,
            {"projectId": self._credentials.project_id, "httpTimeout": SOCKET_TIMEOUT_S},
            name=f"beatline-{uuid.uuid4().hex}",
        )
        self._service = messaging._get_messaging_service(self._app)  # noqa: SLF001  see the module's docstring
        self._lane = _Lane.laid(self._service, endpoint=endpoint, connections=threads)
        self._senders = ThreadPoolExecutor(threads, thread_name_prefix="fcm-send")
        self._closed = threading.Event()
        self._keeper = threading.Thread(target=self._keep_warm, name="fcm-keep-warm", daemon=True)
        self._starting = threading.Lock()

    def warm(self) -> None:
        """Fetch the token, open every connection, and keep both fresh from now on; a second call does it at once."""
        log.info("push_warmed", connections=self._freshen(), wanted=self._thread_count)
        with self._starting:
            if self._keeper.ident is None and not self._closed.is_set():
                self._keeper.start()

    def send(self, notice: Notice, *, target: PushTarget, platform: Platform) -> Sent | NotSent:
        if target.kind not in _SERVED or not target.value:
            return NotSent(reason="this device has no FCM target")
        attempt = _Attempt()
        try:
            future = self._senders.submit(self._deliver, attempt, notice, target, platform)
            # The wait is the bound: no socket timeout covers a resolver that hangs, or an answer that trickles.
            error = future.exception(timeout=SEND_TIMEOUT_S)
        except TimeoutError:
            return _too_late(future, attempt)
        except (RuntimeError, CancelledError):
            return NotSent(reason="the sender is closed", can_retry=True)
        return Sent(message_id=future.result()) if error is None else not_sent(error, now=self._clock.now())

    def close(self) -> None:
        if self._closed.is_set():
            return
        self._closed.set()
        self._senders.shutdown(wait=False, cancel_futures=True)
        with self._starting:
            if self._keeper.ident is not None:
                self._keeper.join()
        # In a thread of its own: the SDK runs an event loop to close its asynchronous client; ours may be running here.
        closing = threading.Thread(target=firebase_admin.delete_app, args=(self._app,))
        closing.start()
        closing.join()
        self._service._client.close()  # noqa: SLF001  the SDK leaves this session open
        self._credentials.close()

    def _deliver(self, attempt: _Attempt, notice: Notice, target: PushTarget, platform: Platform) -> str:
        message = fcm_message(
            notice, target=target, platform=platform, now=self._clock.now(), critical_sound=self._critical_sound
        )
        self._credentials.ensure()
        attempt.on_its_way = True
        return str(messaging.send(message, app=self._app))

    def _keep_warm(self) -> None:
        while not self._closed.wait(KEEP_WARM_EVERY_S):
            self._freshen()

    def _freshen(self) -> int:
        """Says how many connections are open; what it cannot get now, the next send will try to."""
        try:
            self._credentials.refresh_ahead()
        except GoogleAuthError as error:
            log.warning("push_token_not_fetched", reason=type(error).__name__)
        opened = self._lane.touch(self._thread_count)
        if opened < self._thread_count:
            log.warning("push_service_not_reached", connections=opened, wanted=self._thread_count)
        return opened


class _Lane:
    """The SDK's way to one host: its connections, without its retries."""

    def __init__(self, url: str, session: requests.Session, connections: int) -> None:
        origin = urlsplit(url)
        self._root = f"{origin.scheme}://{origin.netloc}"
        # Proxies and certificates come from the environment once, instead of anew for each message (8 % of a send).
        settings = session.merge_environment_settings(url, {}, None, None, None)
        session.proxies, session.verify, session.trust_env = settings["proxies"], settings["verify"], False
        self._session = session
        never = Retry(0, read=False, respect_retry_after_header=False)
        self._adapter = HTTPAdapter(pool_maxsize=connections, max_retries=never)
        session.mount(self._root, self._adapter)

    @classmethod
    def laid(cls, service: messaging._MessagingService, *, endpoint: str | None, connections: int) -> "_Lane":
        """Put the SDK's service onto our endpoint and adapter: this service alone, not the class that others share."""
        if endpoint is not None:
            path = urlsplit(service._fcm_url).path  # noqa: SLF001  see the module's docstring
            service._fcm_url = endpoint.rstrip("/") + path  # noqa: SLF001  as above
        return cls(service._fcm_url, service._client.session, connections)  # noqa: SLF001  as above

    def touch(self, count: int) -> int:
        """Use so many connections at the same moment, opening those that are missing; says how many there are.

        Asks for the root page, which needs no token and sends nothing to anybody. An answer that is not read yet
        holds its connection, hence first all requests, then all reading.
        """
        with ThreadPoolExecutor(count, thread_name_prefix="fcm-warm") as pool:
            answers = [answer for answer in pool.map(self._knock, range(count)) if answer is not None]
        for answer in answers:
            answer.raw.drain_conn()
        return len(answers)

    def _knock(self, _: int) -> requests.Response | None:
        request = self._session.prepare_request(requests.Request("GET", self._root + "/"))
        try:
            return self._adapter.send(
                request,
                stream=True,
                timeout=SOCKET_TIMEOUT_S,
                verify=self._session.verify or True,
                proxies=self._session.proxies,
            )
        except requests.RequestException:
            return None


def _too_late(future: Future[str], attempt: _Attempt) -> NotSent:
    if future.cancel():
        return NotSent(reason="every sending thread was busy", can_retry=True)
    if not attempt.on_its_way:
        return NotSent(reason="no access token in time", can_retry=True)
    return NotSent(reason="FCM did not answer in time", can_retry=True, ambiguous=True)
