"""How does a client speak HTTP that costs next to nothing beside what it measures? One kept connection, ready bytes.

Not for what it sends (`city`), and not for many connections at once (`load`).
"""

import re
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import urlsplit

TIMEOUT_S = 10.0
_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Answer(NamedTuple):
    status: int
    body: bytes


class UnexpectedAnswer(Exception):
    """What is measured is only worth a figure when it was done: the first refusal ends the run."""


def post(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """A whole request."""
    lines = [f"POST {path} HTTP/1.1", "host: localhost", "content-type: application/json"]
    lines += [f"content-length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + _HEAD_ENDS + body


def answer_in(received: bytes) -> Answer | None:
    """The answer, once all of it is there. Ours always announce their length."""
    head_bytes = received.find(_HEAD_ENDS)
    announced = _LENGTH.search(received, 0, head_bytes + 2) if head_bytes >= 0 else None
    if announced is None:
        return None
    body = received[head_bytes + len(_HEAD_ENDS) :]
    return Answer(int(received[9:12]), body) if len(body) >= int(announced.group(1)) else None


class Wire:
    """One connection that stays open inside the `with` block."""

    def __init__(self, base_url: str) -> None:
        place = urlsplit(base_url)
        self._socket = socket.create_connection((place.hostname, place.port), timeout=TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def exchange(self, request: bytes, *, expect: int) -> bytes:
        """The body of the answer. Raises UnexpectedAnswer for any other status."""
        self._socket.sendall(request)
        received = b""
        while (answer := answer_in(received)) is None:
            chunk = self._socket.recv(65_536)
            if not chunk:
                raise UnexpectedAnswer("the connection was closed")
            received += chunk
        if answer.status != expect:
            raise UnexpectedAnswer(f"{answer.status}: {answer.body.decode(errors='replace')[:500]}")
        return answer.body
