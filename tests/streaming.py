"""A server with real connections, and somebody who reads a stream as it comes; for what no in-process call can show.

The server is the one of `beatline serve`, on a unix socket or a port, in a thread of the test.
"""

import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Condition, Thread
from typing import Any, Self

from outside import Backend

from service.api.app import create_app
from service.cli.letting_go import Server, a_server
from service.cli.patience import Patience
from service.operations.watching import Hub

PATIENCE_S = 5.0
HEADERS = "host: beatline.test\r\naccept: text/event-stream\r\n"


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    id: str | None
    data: Any


@dataclass(slots=True)
class Serving:
    """`socket_path` is where it listens; a port of 127.0.0.1 instead when it is None."""

    server: Server
    hub: Hub
    thread: Thread
    socket_path: Path | None

    def connect(self) -> socket.socket:
        if self.socket_path is not None:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(self.socket_path))
            return connection
        return socket.create_connection(self.server.servers[0].sockets[0].getsockname())

    def watch(self, token: str, *, path: str = "/v1/stream", after: str | None = None) -> "Stream":
        """A stream that is open, or was refused."""
        return Stream(self.connect(), token=token, path=path, after=after)

    def watch_phone(self, token: str, *, after: str | None = None) -> "Stream":
        return self.watch(token, path="/v1/me/stream", after=after)

    @property
    def ended(self) -> Counter[str]:
        """How many connections the server has ended, by reason."""
        return self.server.lobby.ended

    def stop(self) -> None:
        """As SIGTERM does; returns when it has stopped."""
        self.server.should_exit = True
        self.thread.join()


class Stream:
    """What one client received, read in a thread of its own. `is_over` once the server has ended it or cut it off."""

    def __init__(self, connection: socket.socket, *, token: str, path: str, after: str | None) -> None:
        self._socket = connection
        last = f"last-event-id: {after}\r\n" if after is not None else ""
        request = f"GET {path} HTTP/1.1\r\n{HEADERS}authorization: Bearer {token}\r\n{last}\r\n"
        connection.settimeout(PATIENCE_S)
        connection.sendall(request.encode())
        self.answer = HTTPResponse(connection)
        self.answer.begin()
        connection.settimeout(None)
        self.events: list[Event] = []
        self.comments = 0
        self.is_over = False
        self._news = Condition()
        self._reader = Thread(target=self._read, name="stream")
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def last_id(self) -> str | None:
        """What a browser sends as `Last-Event-ID`."""
        return next((event.id for event in reversed(self.events) if event.id), None)

    def named(self, name: str) -> list[Any]:
        """The data of all events of this name so far."""
        return [event.data for event in self.events if event.name == name]

    def wait_for(self, name: str, where: Callable[[Any], bool] = lambda _: True) -> Any:
        """The data of the first such event, whether it has come or comes now."""
        self.wait_until(lambda: any(map(where, self.named(name))), what=f"{name} of {[e.name for e in self.events]}")
        return next(data for data in self.named(name) if where(data))

    def wait_until_over(self) -> None:
        self.wait_until(lambda: self.is_over, what="the end")

    def wait_until(self, is_so: Callable[[], bool], *, what: str) -> None:
        with self._news:
            assert self._news.wait_for(is_so, PATIENCE_S), f"waited in vain for {what}"

    def close(self) -> None:
        """The client goes."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self.answer.close()
        self._socket.close()

    def _read(self) -> None:
        lines: list[str] = []
        with suppress(OSError, HTTPException):  # it was cut off
            for line in self.answer:
                text = line.decode().rstrip("\n")
                if text:
                    lines.append(text)
                    continue
                with self._news:
                    self._take(lines)
                    self._news.notify_all()
                lines = []
        with self._news:
            self.is_over = True
            self._news.notify_all()

    def _take(self, lines: list[str]) -> None:
        fields = dict(line.split(": ", 1) for line in lines if not line.startswith(":"))
        self.comments += sum(line.startswith(":") for line in lines)
        if fields:
            self.events.append(Event(fields["event"], fields.get("id"), json.loads(fields["data"])))


@contextmanager
def serving(backend: Backend, *, on_a_port: bool = False, patience: Patience | None = None) -> Iterator[Serving]:
    """On a unix socket, unless the test is about what only TCP does."""

    @contextmanager
    def open_backend() -> Iterator[Backend]:
        yield backend

    app = create_app(open_backend)
    # Not pytest's folder: its name may be longer than a unix socket's may be.
    with TemporaryDirectory(prefix="beatline-") as folder:
        path = None if on_a_port else Path(folder, "http")
        where: dict[str, Any] = {"uds": str(path)} if path else {"host": "127.0.0.1", "port": 0}
        server = a_server(app, patience=patience, log_level="error", **where)
        thread = Thread(target=server.run, name="server")
        thread.start()
        try:
            wait(lambda: server.started or not thread.is_alive())
            yield Serving(server, app.state.hub, thread, path)
        finally:
            server.should_exit = True
            thread.join()


def wait(is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline_s, "waited in vain"
        time.sleep(0.005)
