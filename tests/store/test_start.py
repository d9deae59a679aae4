"""A process that is started before PostgreSQL, or while it is away, says so and waits."""

from threading import Thread

from clusters import Cluster
from pydantic import SecretStr
from structlog.testing import capture_logs

from service import runtime
from service.settings import Settings


def test_who_starts_while_the_database_is_away_says_so_and_goes_on_when_it_is_back(cluster: Cluster) -> None:
    settings = Settings(database_url=SecretStr(cluster.url("first")), redis_url=SecretStr("redis://nowhere"))
    cluster.kill("first")
    with capture_logs() as said:
        starting = Thread(target=runtime.wait_for_database, args=(settings,))
        starting.start()
        starting.join(1.2)
        waited = starting.is_alive()
        cluster.start("first", max_connections="12")
        starting.join(30)
    assert (True, False) == (waited, starting.is_alive())
    assert ["database_awaited"] == [line["event"] for line in said]
