"""A Redis that hangs, is gone, full or read-only is met once by a process, and found again without a hand."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import pytest
import redis

from service.adapters.redis.server import LOOK_EVERY_S, LOOK_FOR_IT_EVERY_S, REST_S, TIMEOUT_S, RedisAway, RedisServer

AT_ONCE_S = 0.05
SOON_S = 5.0


@pytest.fixture
def neighbour(redis_url: str) -> Iterator[redis.Redis]:
    """Somebody else who uses the same Redis, and does to it what they like."""
    with redis.Redis.from_url(redis_url) as client:
        yield client


@contextmanager
def ours(url: str, **how: float) -> Iterator[RedisServer]:
    server = RedisServer(url, **how)
    yield server
    server.close()


@contextmanager
def full(neighbour: redis.Redis) -> Iterator[None]:
    neighbour.config_set("maxmemory", 1)
    try:
        yield
    finally:
        neighbour.config_set("maxmemory", 0)


@contextmanager
def read_only(neighbour: redis.Redis) -> Iterator[None]:
    """It is told to follow a master, and there is none."""
    neighbour.replicaof("127.0.0.1", "1")
    try:
        yield
    finally:
        neighbour.replicaof("NO", "ONE")


@contextmanager
def hung(neighbour: redis.Redis) -> Iterator[None]:
    process_id = neighbour.info("server")["process_id"]
    os.kill(process_id, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process_id, signal.SIGCONT)


def write(server: RedisServer) -> None:
    with server.client() as client, server.asked():
        client.set("something", "else")


def seconds_until_away(server: RedisServer) -> float:
    started_s = time.monotonic()
    with pytest.raises(RedisAway):
        write(server)
    return time.monotonic() - started_s


def until(is_so: Callable[[], bool]) -> float:
    started_s = time.monotonic()
    while not is_so():
        assert time.monotonic() - started_s < SOON_S
        time.sleep(0.01)
    return time.monotonic() - started_s


def test_who_asks_a_hung_redis_waits_a_quarter_of_a_second_and_who_comes_later_not_at_all(
    redis_server: RedisServer, neighbour: redis.Redis
) -> None:
    write(redis_server)
    with hung(neighbour):
        assert TIMEOUT_S <= seconds_until_away(redis_server) < 2 * TIMEOUT_S
        later_s = [seconds_until_away(redis_server) for _ in range(100)]
    assert max(later_s) < AT_ONCE_S


def test_nobody_pays_for_asking_whether_a_hung_redis_is_back(redis_server: RedisServer, neighbour: redis.Redis) -> None:
    with hung(neighbour):
        seconds_until_away(redis_server)
        deadline_s = time.monotonic() + REST_S + 4 * LOOK_FOR_IT_EVERY_S
        later_s = []
        while time.monotonic() < deadline_s:
            later_s.append(seconds_until_away(redis_server))
            time.sleep(0.005)
    assert max(later_s) < AT_ONCE_S


@pytest.mark.parametrize("fate", [hung, full, read_only])
def test_a_redis_that_comes_back_is_used_again_by_itself(
    redis_server: RedisServer, neighbour: redis.Redis, fate: Callable[[redis.Redis], object]
) -> None:
    with fate(neighbour):  # type: ignore[attr-defined]  # all of them are context managers
        seconds_until_away(redis_server)
    until(lambda: not redis_server.is_away)
    write(redis_server)


@pytest.mark.parametrize("fate", [hung, full, read_only])
def test_a_process_that_asks_nothing_knows_soon_that_redis_is_of_no_use(
    redis_server: RedisServer, neighbour: redis.Redis, fate: Callable[[redis.Redis], object]
) -> None:
    with fate(neighbour):  # type: ignore[attr-defined]  # all of them are context managers
        assert until(lambda: redis_server.is_away) < 3 * (LOOK_EVERY_S + TIMEOUT_S)


def test_a_redis_that_hung_is_left_alone_for_a_while_although_it_answers_again(
    redis_server: RedisServer, neighbour: redis.Redis
) -> None:
    with hung(neighbour):
        seconds_until_away(redis_server)
    assert REST_S - TIMEOUT_S < until(lambda: not redis_server.is_away)


def test_a_cut_connection_is_no_reason_to_rest(redis_server: RedisServer, neighbour: redis.Redis) -> None:
    with redis_server.client() as client:
        blocked = Thread(target=_read_for_long, args=(redis_server, client))
        blocked.start()
        time.sleep(0.1)
        neighbour.client_kill_filter(_type="normal", skipme=True)
        blocked.join()
    assert until(lambda: not redis_server.is_away) < REST_S


def _read_for_long(server: RedisServer, client: redis.Redis) -> None:
    with suppress(RedisAway), server.asked():
        client.blpop(["nothing"], 0.2)


def test_an_answer_that_is_an_error_is_no_reason_to_do_without(
    redis_server: RedisServer, neighbour: redis.Redis
) -> None:
    neighbour.set("a text", "x")
    with redis_server.client() as client, pytest.raises(redis.ResponseError, match="WRONGTYPE"), redis_server.asked():
        client.lpush("a text", "y")
    assert not redis_server.is_away


def test_too_many_connections_of_ours_are_no_reason_to_do_without(redis_server: RedisServer) -> None:
    with redis_server.client(max_connections=1) as client:
        held = client.connection_pool.get_connection()
        with pytest.raises(RedisAway), redis_server.asked():
            client.get("something")
        client.connection_pool.release(held)
    assert not redis_server.is_away


def test_a_connection_from_before_an_outage_is_never_used_again(
    redis_server: RedisServer, neighbour: redis.Redis
) -> None:
    """Behind a network that forgot us it would hang, each of a pool once more."""
    with redis_server.client() as client:
        before = client.client_id()
        with full(neighbour):
            seconds_until_away(redis_server)
        until(lambda: not redis_server.is_away)
        assert before != client.client_id()


def test_on_the_event_loop_too(redis_server: RedisServer, neighbour: redis.Redis) -> None:
    async def story() -> tuple[int, int]:
        client = redis_server.async_client()
        before = await client.client_id()
        with full(neighbour), pytest.raises(RedisAway), redis_server.asked():
            await client.set("something", "else")
        await asyncio.to_thread(redis_server.wait_until_usable, SOON_S)
        after = await client.client_id()
        await client.aclose()
        return before, after

    before, after = asyncio.run(story())
    assert before != after


def test_a_redis_that_is_not_there_keeps_no_process_from_starting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with ours(f"redis://127.0.0.1:{port}") as server:
        assert seconds_until_away(server) < AT_ONCE_S


def test_the_settings_say_how_long_is_waited(redis_url: str, neighbour: redis.Redis) -> None:
    with ours(redis_url, timeout_s=0.1) as server, hung(neighbour):
        assert 0.1 <= seconds_until_away(server) < 0.2
