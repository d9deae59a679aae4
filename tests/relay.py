"""A network between a client and a server here that can fall silent: nothing arrives, and nothing is closed."""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Self

_PIECE = 65_536
_LOOK_EVERY_S = 0.02


class Relay:
    """From `port` of 127.0.0.1 to a server's unix socket, inside the `with` block."""

    def __init__(self, port: int, server: Path) -> None:
        self._server = server
        self._door = socket.create_server(("127.0.0.1", port))
        self._door.settimeout(0)
        self._ways: dict[socket.socket, socket.socket] = {}
        self._selector = DefaultSelector()
        self._is_silent = threading.Event()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._carry_on, name="relay")

    def silence(self) -> None:
        self._is_silent.set()

    def speak(self) -> None:
        """What was sent meanwhile arrives now."""
        self._is_silent.clear()

    def __enter__(self) -> Self:
        self._selector.register(self._door, EVENT_READ)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        for each in (self._door, *self._ways):
            each.close()
        self._selector.close()

    def _carry_on(self) -> None:
        while not self._is_over.is_set():
            if self._is_silent.is_set():
                self._is_over.wait(_LOOK_EVERY_S)
                continue
            for key, _ in self._selector.select(_LOOK_EVERY_S):
                if key.fileobj is self._door:
                    self._let_in()
                elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._ways:
                    self._carry(key.fileobj)

    def _let_in(self) -> None:
        client, _ = self._door.accept()
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(str(self._server))
        except OSError:
            client.close()
            server.close()
            return
        for one, other in ((client, server), (server, client)):
            self._ways[one] = other
            self._selector.register(one, EVENT_READ)

    def _carry(self, one: socket.socket) -> None:
        piece = b""
        with suppress(OSError):
            piece = one.recv(_PIECE)
            self._ways[one].sendall(piece)
        if not piece:
            self._hang_up(one)

    def _hang_up(self, one: socket.socket) -> None:
        for each in (one, self._ways[one]):
            del self._ways[each]
            self._selector.unregister(each)
            each.close()
