"""Whom do the sentinels call the master? All are asked, and whoever knows of the latest failover is believed.

Not redis-py's own `Sentinel`: that asks on the path of whoever needs a connection, one sentinel after the other, and
believes the first that answers, though it may have been cut off from the others with the old master.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from service.adapters.redis.address import Sentinels


class SentinelsAsked:
    """For one thread. Each wait for a sentinel is at most `timeout_s`."""

    def __init__(self, sentinels: Sentinels, *, timeout_s: float, tls: Mapping[str, Any]) -> None:
        self._name = sentinels.master
        # Any: commands that redis-py has no name for are not typed.
        self._clients: list[Any] = [
            redis.Redis(
                host=host,
                port=port,
                protocol=2,
                driver_info=None,
                decode_responses=True,
                socket_timeout=timeout_s,
                socket_connect_timeout=timeout_s,
                retry=Retry(NoBackoff(), 0),
                **sentinels.credentials,
                **tls,
            )
            for host, port in sentinels.hosts
        ]

    def master(self) -> tuple[str, int]:
        """Host and port. Raises redis.ConnectionError when no sentinel that can be reached knows it."""
        known = [said for client in self._clients if (said := self._said_by(client)) is not None]
        if not known:
            raise redis.ConnectionError(f"no sentinel tells where {self._name} is")
        _, host, port = max(known)
        return host, port

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def _said_by(self, client: Any) -> tuple[int, str, int] | None:
        """The number of the failover that it knows of, and the master's host and port."""
        with suppress(OSError, RedisError):
            said = client.execute_command("SENTINEL MASTER", self._name)
            return int(said["config-epoch"]), str(said["ip"]), int(said["port"])
        return None
