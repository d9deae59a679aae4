"""The sign of life that goes outside: whether it was heard, whatever answers there."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from service.adapters.dead_mans_switch import HttpSwitch
from service.ports import DeadMansSwitch


@contextmanager
def somebody(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[tuple[DeadMansSwitch, list[str]]]:
    """A switch that leads to them, and the paths that they were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            answer(self)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        switch = HttpSwitch(f"http://127.0.0.1:{server.server_port}/ping/secret")
        yield switch, asked
        switch.close()
        server.shutdown()
        serving.join()


def says(status: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def test_somebody_hears_it() -> None:
    with somebody(says(200)) as (switch, asked):
        assert switch.ping()
    assert ["/ping/secret"] == asked


def test_who_refuses_it_has_not_heard_it() -> None:
    with somebody(says(503)) as (switch, _):
        assert not switch.ping()


def test_it_goes_nowhere_that_it_was_not_told() -> None:
    with somebody(says(302, Location="/elsewhere")) as (switch, asked):
        assert not switch.ping()
    assert ["/ping/secret"] == asked


def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    switch = HttpSwitch(f"http://127.0.0.1:{port}/")
    assert not switch.ping()
    switch.close()


def test_a_second_close_does_nothing() -> None:
    switch = HttpSwitch("http://127.0.0.1:9/")
    switch.close()
    switch.close()
