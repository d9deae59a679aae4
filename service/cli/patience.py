"""How long does the server wait for a client, and how much does it take from it? Bounds that uvicorn does not have.

A connection costs nothing to whoever opens it, and some kilobytes and a descriptor to us: so the head of a request, its
body and the reading of an answer each have a time, and connections have a number, beyond which the oldest idle ones
give way. One look at all of them twice a second, instead of timers for each. Not for streams, which have a pace of
their own (`api.event_stream`), nor for how many requests are worked on (`api.admission`).
"""

import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from service.api.errors import problem

LOOK_EVERY_S = 0.5
HEAD_LIMIT_BYTES = 32 * 1024
"""Path, names and values of a request's head: the parser has no limit of its own. A browser sends 2 KiB."""
FIELD_BYTES = 64
"""What a field of the head costs besides its text: or a packet of empty ones would be megabytes."""
PIPELINED_LIMIT = 16
"""Requests sent ahead of the answers; no client of ours does. One packet could hold ten thousand."""
GIVE_WAY_SHARE = 20
"""One of so many gives way when there are too many: looking for the oldest costs a look at all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """`slow_s` for a head, for the reading of an answer, and for a body that comes slower than `pace_bytes_per_s`."""

    slow_s: float = 10.0
    idle_s: float = 65.0
    pace_bytes_per_s: int = 16 * 1024
    connections: int = 6_500


class Wants(StrEnum):
    """What a connection waits for. FIRST: nothing has ever come; ANSWER: it is our turn; NEXT: another request."""

    FIRST = "first"
    HEAD = "head"
    BODY = "body"
    ANSWER = "answer"
    NEXT = "next"


class Lobby:
    """All connections of one server. `ended` counts those that were ended by us, by reason."""

    def __init__(self, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self.ended: Counter[str] = Counter()

    def look_around(self, connections: Collection["Patient"]) -> None:
        """End whoever is too slow."""
        now_s = time.monotonic()
        for connection in list(connections):
            if why := connection.overdue(now_s):
                self.ended[why] += 1
                connection.end(why)

    def make_room(self, connections: Collection["Patient"]) -> None:
        """End the oldest that have never sent a request, then the oldest idle ones, if there are too many."""
        if len(connections) <= self.patience.connections:
            return
        idle = [each for each in connections if each.wants in {Wants.FIRST, Wants.HEAD, Wants.NEXT}]
        idle.sort(key=lambda each: (each.wants is Wants.NEXT, each.since_s))
        for connection in idle[: max(1, len(connections) // GIVE_WAY_SHARE)]:
            self.ended["gave_way"] += 1
            connection.transport.abort()


class NotTaken(Exception):
    """What a client sends is beyond the bounds; raised through the parser, which stops."""


class Patient(HttpToolsProtocol):
    """A connection that knows what it waits for, and since when."""

    def __init__(self, *args: Any, lobby: Lobby, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lobby = lobby
        self._waits_for(Wants.FIRST)
        self._head_bytes = self._body_bytes = 0
        self._began_in_this_packet = False
        self._unread_since_s: float | None = None
        self._closing_since_s: float | None = None

    def overdue(self, now_s: float) -> str | None:
        """Why it is to be ended now; None when there is time."""
        patience = self._lobby.patience
        if self.transport.is_closing():
            self._closing_since_s = self._closing_since_s or now_s
            return "last_words_unread" if now_s - self._closing_since_s > patience.slow_s else None
        if self._unread_since_s is not None and now_s - self._unread_since_s > patience.slow_s:
            return "answer_unread"
        if self.wants is Wants.ANSWER or self.flow.read_paused:
            return None
        time_s = patience.idle_s if self.wants is Wants.NEXT else patience.slow_s
        if self.wants is Wants.BODY:
            time_s += self._body_bytes / patience.pace_bytes_per_s
        return f"slow_{self.wants}" if now_s - self.since_s > time_s else None

    def end(self, why: str) -> None:
        """For one of the reasons of `overdue`."""
        if why in {"answer_unread", "last_words_unread"}:
            self.transport.abort()
        elif self.wants in {Wants.FIRST, Wants.NEXT}:
            self.transport.close()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "request_too_slow", "The request came too slowly; send it again.")

    # -- what the transport and the parser tell -----------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._lobby.make_room(self.connections)  # type: ignore[arg-type]  # they are all of this class

    def data_received(self, data: bytes) -> None:
        self._began_in_this_packet = False
        super().data_received(data)
        if self.wants is Wants.HEAD and not self._began_in_this_packet:
            # What of a field has come so far, only the parser knows.
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_LIMIT_BYTES and not self.transport.is_closing():
                self._refuse_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._began_in_this_packet = True
        self._head_bytes = self._body_bytes = 0
        self._waits_for(Wants.HEAD)

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._head_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value) + FIELD_BYTES
        if self._head_bytes > HEAD_LIMIT_BYTES:
            self._refuse_head()
            raise NotTaken
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if len(self.pipeline) > PIPELINED_LIMIT:
            self._lobby.ended["pipelined"] += 1
            self.transport.abort()
            raise NotTaken
        self._waits_for(Wants.BODY)

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._body_bytes += len(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._waits_for(Wants.NEXT if self.cycle.response_complete else Wants.ANSWER)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.wants is Wants.ANSWER and not self.pipeline and self.cycle.response_complete:
            self._waits_for(Wants.NEXT)

    def send_400_response(self, msg: str) -> None:
        """Of what the parser does not take. What we did not take was answered already."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_since_s = time.monotonic()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread_since_s = None

    # -- how it is ended ----------------------------------------------------------------------------------------------

    @property
    def _may_speak(self) -> bool:
        """False when a last word would end up in the middle of an answer, or as the answer to another request."""
        if self.pipeline:
            return False
        if self.wants is Wants.BODY:
            return not self.cycle.response_started
        return self.cycle is None or self.cycle.response_complete

    def _refuse_head(self) -> None:
        self._lobby.ended["large_head"] += 1
        self._refuse(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large", "The head of the request is too large."
        )

    def _refuse(self, status: HTTPStatus, code: str, detail: str) -> None:
        """The last word to this client."""
        if not self._may_speak:
            self.transport.abort()
            return
        answer = problem(status, code=code, detail=detail, headers={"connection": "close"})
        head = b"".join(b"%b: %b\r\n" % field for field in answer.raw_headers)
        self.transport.write(b"".join((STATUS_LINE[status], head, b"\r\n", bytes(answer.body))))
        self.transport.close()

    def _waits_for(self, wanted: Wants) -> None:
        self.wants = wanted
        self.since_s = time.monotonic()
