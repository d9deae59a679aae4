"""The server that lets go: of who takes nothing, and of everybody when it is told to stop."""

import socket
import time

import pytest
from outside import Backend
from streaming import Serving, serving, wait
from watching import sign_in
from world import World

from service.cli.letting_go import UNHEARD_MS, UNSENT_BYTES
from service.operations.watchers import WAITING_LIMIT_BYTES

BIG = b":" + b"x" * 100_000 + b"\n\n"


@pytest.fixture
def backend(world: World) -> Backend:
    return Backend(world.database, world.ports)


@pytest.fixture
def token(world: World) -> str:
    return sign_in(world).token


def watch_without_reading(here: Serving, token: str) -> socket.socket:
    """A client that asks for the stream and takes nothing of what comes."""
    connection = here.connect()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.sendall(f"GET /v1/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n".encode())
    wait(lambda: len(here.hub.watchers) > 0)
    return connection


def tell_everybody(here: Serving, told: bytes, *, times: int) -> None:
    """On the server's own event loop, as the lookout does."""

    def tell() -> None:
        for _ in range(times):
            for watcher in here.hub.watchers:
                watcher.tell(told)

    here.server.servers[0].get_loop().call_soon_threadsafe(tell)


@pytest.mark.parametrize("on_a_port", [False, True], ids=["unix socket", "port"])
def test_a_peer_that_takes_nothing_is_cut_off_at_once(backend: Backend, token: str, *, on_a_port: bool) -> None:
    with serving(backend, on_a_port=on_a_port) as here, watch_without_reading(here, token):
        for _ in range(2 * WAITING_LIMIT_BYTES // len(BIG)):
            tell_everybody(here, BIG, times=1)
            time.sleep(0.01)  # so that what can be sent is sent: what lies in the buffers counts too
        wait(lambda: not here.hub.watchers)
        wait(lambda: not here.server.server_state.connections)


def test_a_server_that_is_told_to_stop_ends_its_streams_and_stops(backend: Backend, token: str) -> None:
    with serving(backend) as here, here.watch(token) as first, here.watch(token) as second:
        started_s = time.monotonic()
        here.stop()
        took_s = time.monotonic() - started_s
        for stream in (first, second):
            stream.wait_until_over()
            assert ["hello", "reconnect"] == [event.name for event in stream.events]
    assert took_s < 1.5


def test_a_peer_that_takes_nothing_does_not_keep_the_server_from_stopping(backend: Backend, token: str) -> None:
    with serving(backend, on_a_port=True) as here, watch_without_reading(here, token):
        tell_everybody(here, BIG, times=15)
        time.sleep(0.2)
        started_s = time.monotonic()
        here.stop()
        assert time.monotonic() - started_s < 3


def test_connections_inherit_how_long_and_how_much_the_kernel_may_hold_back(backend: Backend) -> None:
    with serving(backend, on_a_port=True) as here, here.connect() as client:
        wait(lambda: len(here.server.server_state.connections) > 0)
        [connection] = here.server.server_state.connections
        accepted = connection.transport.get_extra_info("socket")
        assert UNHEARD_MS == accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert UNSENT_BYTES == accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)
        client.close()
