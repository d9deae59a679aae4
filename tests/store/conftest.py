"""What the tests of outages share: servers that may be broken, and a database that is asked with little patience."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from asked import SOON, Asking
from clusters import Cluster, a_cluster

from service.store.database import Database
from service.store.impatient import Limits


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One server, `first`, with an empty database; whoever breaks it mends it."""
    with a_cluster() as servers:
        servers.create("first", max_connections="12")
        servers.create_database("first")
        yield servers


@pytest.fixture
def asking(cluster: Cluster) -> Iterator[Asking]:
    with ExitStack() as stack:

        def ask(*names: str, pool_size: int = 4, limits: Limits = SOON) -> Database:
            database = Database(cluster.url(*(names or ("first",))), pool_size=pool_size, limits=limits)
            stack.callback(database.close)
            return database

        yield ask
