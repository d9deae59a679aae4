"""`beatline serve` as it runs in production: a process of its own, beside others, told to stop by a signal."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fake_clock import FrozenClock
from streaming import Stream
from watching import sign_in
from world import World

from service.adapters.redis.feed import RedisFeed
from service.adapters.redis.server import RedisServer
from service.store.database import Database, Transaction
from service.store.journal import news_of

START_S = 50.0
A_CENTURY_S = 86_400 * 36_500
"""This server asks PostgreSQL for the time, and the world has its own."""


@dataclass(frozen=True, slots=True)
class Served:
    process: subprocess.Popen[bytes]
    path: Path

    def watch(self, token: str) -> Stream:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(self.path))
        return Stream(connection, token=token, path="/v1/stream", after=None)


@pytest.fixture
def served(database_url: str, redis_url: str) -> Iterator[Served]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("BEATLINE_")}
    settings = {"BEATLINE_DATABASE_URL": database_url, "BEATLINE_REDIS_URL": redis_url}
    with TemporaryDirectory(prefix="beatline-") as folder:
        path = Path(folder, "http")
        command = [sys.executable, "-m", "service", "serve", "--uds", str(path)]
        with subprocess.Popen(command, env=own | settings) as process:
            served = Served(process, path)
            try:
                _wait_until_it_answers(served)
                yield served
            finally:
                process.kill()


@pytest.fixture
def world(database_url: str, redis_server: RedisServer, clock: FrozenClock) -> Iterator[World]:
    """Another process of the same installation, so to speak: it announces what it commits."""
    feed = RedisFeed(redis_server)

    def announce(tx: Transaction) -> None:
        if news := news_of(tx):
            feed.announce(news)

    database = Database(database_url, pool_size=12, committed=announce)
    world = World(database, clock)
    yield world
    world.close()
    database.close()
    feed.close()


def _wait_until_it_answers(served: Served) -> None:
    deadline_s = time.monotonic() + START_S
    while not _answers(served.path):
        assert served.process.poll() is None, "it ended"
        assert time.monotonic() < deadline_s, "it did not start"
        time.sleep(0.05)


def _tells_of(detection_id: str, told: dict[str, object]) -> bool:
    return detection_id in str(told["changes"])


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0


def test_a_console_sees_at_once_what_another_process_did(served: Served, world: World) -> None:
    with served.watch(sign_in(world, lasts_s=A_CENTURY_S).token) as console:
        console.wait_for("hello")
        took_s = []
        for number in range(5):
            started_s = time.monotonic()
            world.hears(f"SST-{number}")
            console.wait_for("incident", partial(_tells_of, f"SST-{number}"))
            took_s.append(time.monotonic() - started_s)
    assert min(took_s) < 0.25


def test_an_open_stream_does_not_keep_it_from_stopping(served: Served, world: World) -> None:
    with served.watch(sign_in(world, lasts_s=A_CENTURY_S).token) as console:
        console.wait_for("hello")
        started_s = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        console.wait_until_over()
        assert 0 == served.process.wait(10)
        assert time.monotonic() - started_s < 2.5
    assert "reconnect" == console.events[-1].name
