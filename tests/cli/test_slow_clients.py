"""A server with real connections, and clients that are slow on purpose, or too many: none lasts, and others go on."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http import HTTPStatus
from typing import Any

import pytest
from outside import Backend
from streaming import PATIENCE_S, Serving, serving, wait
from watching import sign_in
from world import World

from service.cli.patience import HEAD_LIMIT_BYTES, PIPELINED_LIMIT, Patience

BRIEF = Patience(slow_s=0.5, idle_s=1.0, connections=40)
LIVEZ = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"
POST = b"POST /v1/sources/x/detections HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"


@pytest.fixture
def backend(world: World) -> Backend:
    return Backend(world.database, world.ports)


@pytest.fixture
def here(backend: Backend) -> Iterator[Serving]:
    with serving(backend, patience=BRIEF) as serving_now:
        yield serving_now


@contextmanager
def a_client(here: Serving, said: bytes = b"") -> Iterator[socket.socket]:
    with here.connect() as connection:
        connection.settimeout(PATIENCE_S)
        connection.sendall(said)
        yield connection


def is_answered(connection: socket.socket, said: bytes = b"") -> bool:
    """Asks whether the server lives, unless that was asked already: head and body may come one after the other."""
    connection.sendall(said)
    heard = b""
    while not heard.endswith(b'{"status":"ok"}'):
        piece = connection.recv(65_536)
        if not piece:
            return False
        heard += piece
    return heard.startswith(b"HTTP/1.1 200 ")


def said_until_the_end(connection: socket.socket) -> bytes:
    """Whatever the server says until it closes the connection; fails when it never does."""
    said = b""
    while piece := connection.recv(65_536):
        said += piece
    return said


def problem_in(said: bytes) -> dict[str, Any]:
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    problem: dict[str, Any] = json.loads(body)
    assert f"HTTP/1.1 {problem['status']} ".encode() == head[:13]
    return problem


def drip(connection: socket.socket, said: bytes, *, every_s: float = 0.1) -> bytes:
    """One byte at a time, until the server has had enough; what it says then."""
    for number in range(len(said)):
        try:
            connection.sendall(said[number : number + 1])
        except BrokenPipeError:
            break
        connection.settimeout(every_s)
        try:
            if answer := connection.recv(65_536):
                return answer
            break
        except TimeoutError:
            continue
    return b""


def test_a_head_that_comes_a_byte_at_a_time_is_not_waited_for(here: Serving) -> None:
    with a_client(here) as slow:
        assert "request_too_slow" == problem_in(drip(slow, LIVEZ * 10))["code"]


def test_nor_is_a_body_that_comes_a_byte_at_a_time(here: Serving) -> None:
    with a_client(here, POST % 1_000) as slow:
        problem = problem_in(drip(slow, b"x" * 1_000))
    assert HTTPStatus.REQUEST_TIMEOUT == problem["status"]


def test_a_large_body_that_keeps_its_pace_is_read_to_its_end(here: Serving) -> None:
    size_bytes, packets = 60_000, 20
    with a_client(here, POST % size_bytes) as steady:
        for _ in range(packets):
            time.sleep(2 * BRIEF.slow_s / packets)
            steady.sendall(b"x" * (size_bytes // packets))
        assert b"HTTP/1.1 401 " == steady.recv(13)


def test_who_never_says_anything_is_let_go(here: Serving) -> None:
    with a_client(here) as silent:
        assert b"" == said_until_the_end(silent)


def test_a_connection_that_lies_idle_is_closed_and_empty_lines_do_not_keep_it(here: Serving) -> None:
    with a_client(here, LIVEZ) as idle:
        assert is_answered(idle)
        began_s = time.monotonic()
        assert b"" == drip(idle, b"\r\n" * 100)
        assert BRIEF.idle_s <= time.monotonic() - began_s


def test_a_connection_that_is_used_stays(here: Serving) -> None:
    with a_client(here) as busy:
        for _ in range(5):
            assert is_answered(busy, LIVEZ)
            time.sleep(BRIEF.slow_s)


def test_a_stream_stays_though_its_client_has_nothing_to_say(here: Serving, world: World) -> None:
    with here.watch(sign_in(world).token) as stream:
        time.sleep(3 * BRIEF.slow_s)
        assert not stream.is_over


def test_an_answer_that_is_not_read_is_not_kept_for_ever(here: Serving) -> None:
    """The document of the API is larger than what fits on the way."""
    with a_client(here, (b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n") * 5) as unread:
        wait(lambda: here.ended["answer_unread"] == 1)
        wait(lambda: not here.server.server_state.connections)
        unread.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nx: " + b"y" * (HEAD_LIMIT_BYTES + 1) + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a:\r\n" * 1_000 + b"\r\n",
        b"GET /" + b"y" * HEAD_LIMIT_BYTES + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    ],
    ids=["one large field", "very many fields", "a large path"],
)
def test_a_head_that_is_too_large_is_refused(here: Serving, head: bytes) -> None:
    with a_client(here, head) as client:
        assert "head_too_large" == problem_in(said_until_the_end(client))["code"]


def test_a_field_without_an_end_is_refused_before_memory_grows(here: Serving) -> None:
    with a_client(here, b"GET / HTTP/1.1\r\nx: ") as endless:
        sent_bytes = 0
        try:
            while sent_bytes < 100 * HEAD_LIMIT_BYTES:
                sent_bytes += endless.send(b"y" * 4_096)
        except OSError:
            pass
    assert sent_bytes < 20 * HEAD_LIMIT_BYTES  # what lies in the buffers of the connection counts too


def test_who_sends_very_many_requests_ahead_is_cut_off(here: Serving) -> None:
    with a_client(here, b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n" * 2_000) as eager:
        with suppress(ConnectionResetError):
            said_until_the_end(eager)
        wait(lambda: here.ended["pipelined"] == 1)


def test_a_few_requests_sent_ahead_are_answered_in_order(here: Serving) -> None:
    with a_client(here, LIVEZ * PIPELINED_LIMIT) as eager:
        said = b""
        while said.count(b"HTTP/1.1 200 ") < PIPELINED_LIMIT:
            said += eager.recv(65_536)


def test_of_too_many_connections_those_that_never_asked_give_way_and_others_go_on(backend: Backend) -> None:
    with serving(backend, patience=Patience(connections=40)) as here, ExitStack() as crowd:
        useful = crowd.enter_context(a_client(here, LIVEZ))
        assert is_answered(useful)
        for _ in range(200):
            crowd.enter_context(a_client(here))
        wait(lambda: here.ended["gave_way"] >= 160)
        assert len(here.server.server_state.connections) <= 40
        assert is_answered(useful, LIVEZ)
        with a_client(here, LIVEZ) as newcomer:
            assert is_answered(newcomer)
