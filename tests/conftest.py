"""What every test may ask for by name: a database of its own, an empty Redis, a clock that stands still.

Each xdist worker starts one pair of real servers, migrates one template database, and clones it for each test.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import redis
from builders import NOW
from fake_clock import FrozenClock
from world import MakeWorld, World

from service.adapters.redis.server import RedisServer
from service.dev.embedded import Stores
from service.store import migration
from service.store.database import Database

APP_ROLE = "beatline_app"
"""As in production: it owns no table and cannot step around row-level security."""
TEMPLATE = "beatline_template"
_PURE_TESTS = Path(__file__).with_name("domain")
_numbers = count(1)


@pytest.fixture(scope="session")
def stores() -> Iterator[Stores]:
    with Stores(durable=False) as stores:
        yield stores


@pytest.fixture(scope="session")
def template_database(stores: Stores) -> str:
    stores.create_database(TEMPLATE)
    migration.upgrade(stores.admin_url(TEMPLATE))
    return TEMPLATE


@pytest.fixture
def database_name(stores: Stores, template_database: str) -> Iterator[str]:
    """A migrated database that only this test sees."""
    name = f"test_{next(_numbers)}"
    stores.create_database(name, template=template_database)
    yield name
    stores.drop_database(name)


@pytest.fixture
def database_url(stores: Stores, database_name: str) -> str:
    """The test's database as the app sees it, under row-level security."""
    return stores.url(database_name, role=APP_ROLE)


@pytest.fixture
def admin_database_url(stores: Stores, database_name: str) -> str:
    """The same database as its owner sees it."""
    return stores.admin_url(database_name)


@pytest.fixture
def redis_url(stores: Stores) -> str:
    """An empty Redis."""
    with redis.Redis.from_url(stores.redis_url) as client:
        client.flushall()
    return stores.redis_url


@pytest.fixture
def redis_server(redis_url: str) -> Iterator[RedisServer]:
    """The same as one of our processes reaches it."""
    server = RedisServer(redis_url)
    yield server
    server.close()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest.fixture
def make_world(database_url: str, clock: FrozenClock) -> Iterator[MakeWorld]:
    """A world under the default policy, changed by keywords."""
    with ExitStack() as stack:

        def make(**policy: Any) -> World:
            database = Database(database_url, pool_size=12)
            stack.callback(database.close)
            world = World(database, clock, **policy)
            stack.callback(world.close)
            return world

        yield make


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world()


class _SocketGuard:
    """Refuses new sockets while `is_on`. An audit hook, because nothing can hide from it; it can't be taken off."""

    def __init__(self) -> None:
        self.is_on = False
        sys.addaudithook(self._refuse)

    def _refuse(self, event: str, _arguments: tuple[Any, ...]) -> None:
        if event == "socket.__new__" and self.is_on:
            raise RuntimeError("the domain does no I/O: this test belongs to another folder")


_guard = _SocketGuard()


@pytest.fixture(autouse=True)
def _no_sockets_in_the_domain(request: pytest.FixtureRequest) -> Iterator[None]:
    _guard.is_on = request.path.is_relative_to(_PURE_TESTS)
    yield
    _guard.is_on = False
