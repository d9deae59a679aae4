"""How does a process reach one host for months? Connections that are kept warm, watched, bounded, and can be cut.

A pooled connection dies without a word when a firewall forgets it. TCP itself finds out within seconds, asking every
two; the page that would have been sent into the void finds a new connection instead. Not for what is sent.
"""

import socket
import threading
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.retry import Retry

from service.adapters.fcm.errand import Errand, current

SOCKET_TIMEOUT_S = 2.9
"""Below the 3 s that a send has, so that "could not connect" is told apart from "may have arrived"."""
MAX_ANSWER_BYTES = 64 * 1024
"""Google's longest is a hundredth of this. The rest of what a proxy has to say is not read."""
_CHUNK_BYTES = 8 * 1024
_PEER_ASKED_AFTER_S = 2
_PEER_ASKED_EVERY_S = 1
_PEER_ASKED_TIMES = 2
_UNACKNOWLEDGED_MS = 2_000
_WATCHED = (
    *HTTPConnection.default_socket_options,
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _PEER_ASKED_AFTER_S),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _PEER_ASKED_EVERY_S),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _PEER_ASKED_TIMES),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS),
)


class _Connection(HTTPConnection):
    errand: Errand | None = None

    def request(self, *arguments: Any, **options: Any) -> None:
        _depart(self)
        super().request(*arguments, **options)


class _TlsConnection(HTTPSConnection):
    errand: Errand | None = None

    def request(self, *arguments: Any, **options: Any) -> None:
        _depart(self)
        super().request(*arguments, **options)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _Pool, "https": _TlsPool}


class BoundedAdapter(HTTPAdapter):
    """Sends once, reads no more than an answer can be, and lets the errand's owner cut it off at any moment."""

    def __init__(self, *, connections: int) -> None:
        never = Retry(0, read=False, respect_retry_after_header=False)
        super().__init__(pool_maxsize=connections, max_retries=never)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, socket_options=_WATCHED, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        manager: PoolManager = super().proxy_manager_for(proxy, socket_options=_WATCHED, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        answer = self.opened(request, **options)
        read(answer)
        return answer

    def opened(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """An answer that is not read yet, and holds its connection until it is."""
        return super().send(request, **(options | {"stream": True}))


def read(answer: requests.Response) -> None:
    """Its first 64 KiB become its content; what is longer is no answer, and its connection is closed."""
    content = bytearray()
    for chunk in answer.iter_content(_CHUNK_BYTES):
        content += chunk
        if len(content) >= MAX_ANSWER_BYTES:
            answer.close()
            break
    answer._content = bytes(content)  # noqa: SLF001  where requests itself puts it; its own reading knows no bound


class Lane:
    """A session's way to one host. `connections` is how many messages may be on their way at once."""

    def __init__(self, url: str, session: requests.Session, *, connections: int) -> None:
        origin = urlsplit(url)
        self._root = f"{origin.scheme}://{origin.netloc}"
        # Proxies and certificates come from the environment once, instead of anew for each message (8 % of a send).
        settings = session.merge_environment_settings(url, {}, None, None, None)
        session.proxies, session.verify, session.trust_env = settings["proxies"], settings["verify"], False
        self._session = session
        self._adapter = BoundedAdapter(connections=connections)
        session.mount(self._root, self._adapter)

    def knock(self, together: threading.Barrier) -> None:
        """Use a connection, opening one when none is free, and hold it until all who knock have one each.

        Asks for the root page, which needs no token and sends nothing to anybody. Raises requests.RequestException.
        """
        request = self._session.prepare_request(requests.Request("GET", self._root + "/"))
        try:
            answer = self._adapter.opened(
                request,
                timeout=SOCKET_TIMEOUT_S,
                verify=self._session.verify or True,
                proxies=self._session.proxies,
            )
        except BaseException:
            together.abort()  # one that cannot be opened keeps nobody waiting for it
            raise
        with suppress(threading.BrokenBarrierError):  # fewer than wanted: whoever failed says so
            together.wait(SOCKET_TIMEOUT_S)
        read(answer)

    def start_afresh(self) -> None:
        """Trust no connection that is open and idle: whatever hung one of them may have taken the others too."""
        self._adapter.close()


def _depart(connection: _Connection | _TlsConnection) -> None:
    """Connected first: up to here nothing of the message has left, and that is known for sure."""
    if connection.sock is None:
        connection.connect()
    errand = current()
    if errand is not None:
        errand.leave_by(connection)
