"""Is Redis worth asking now, and where is it? One answer for a whole process, so that a hung Redis is met once.

A call that meets a Redis that hangs, is gone, full or read-only marks it as away; from then on whoever asks is told at
once (`RedisAway`), and goes to PostgreSQL. A thread finds out when it is back, by a small write: no request ever pays
for asking whether it is. Under Sentinel that thread also learns where the master is. Not for what is asked: see the
adapters beside.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import Any

import redis
import redis.asyncio
import structlog
from redis.backoff import NoBackoff
from redis.exceptions import MaxConnectionsError, OutOfMemoryError, ReadOnlyError, RedisError
from redis.retry import Retry

from service.adapters.redis.address import Address, parsed
from service.adapters.redis.connections import Place, async_connection_class, connection_class
from service.adapters.redis.sentinels import SentinelsAsked

TIMEOUT_S = 0.25
REST_S = 1.0
LOOK_EVERY_S = 1.0
"""While all is well: a full or hung Redis is known after that, also to a process that asks it nothing."""
LOOK_FOR_IT_EVERY_S = 0.3
PROOF = "beatline:proof"
"""What is written to see that writing works: a full Redis and a replica still answer reads."""
_log = structlog.get_logger()


class RedisAway(redis.ConnectionError):
    """Redis cannot be used now: do without."""


class RedisServer:
    """Thread-safe; one for a process. Connects when it is first used, so it starts without a Redis.

    `timeout_s` bounds each wait for it, `rest_s` is how long one that hung is left alone at least. Raises ValueError
    for a URL that is none (`address`).
    """

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S, rest_s: float = REST_S) -> None:
        self.timeout_s = timeout_s
        self._rest_s = rest_s
        self._address = parsed(url)
        self._lock = Lock()
        self._place = Place(era=0, host=None, port=None)
        self._usable = Event()
        self._woken = Event()
        self._is_closing = False
        self._why_away = "it was not yet found"
        self._left_at_s: float | None = None
        self._rest_until_s = 0.0
        self._sentinels = _asked(self._address, timeout_s)
        if self._sentinels is None:
            self._usable.set()
        else:
            self._woken.set()
        self._proof = self.client()
        self._watch = Thread(target=self._keep_watch, name="redis-watch", daemon=True)
        self._watch.start()

    # -- reach it -------------------------------------------------------------------------------------------------

    def client(self, *, socket_timeout: float | None = None, **options: Any) -> redis.Redis:
        """For threads, with a pool of its own. `socket_timeout` is for commands that block; nothing is ever retried."""
        kind = connection_class(is_unix=self._address.is_unix, is_tls=self._address.is_tls)
        timeouts = {
            "socket_timeout": socket_timeout or self.timeout_s,
            "socket_connect_timeout": self.timeout_s,
        }
        return redis.Redis.from_pool(redis.ConnectionPool(kind, **self._options(), **(timeouts | options)))

    def async_client(self, *, is_single: bool = False, **options: Any) -> Any:
        """For the event loop, without a timeout on its sockets unless told: one deadline around each call is stricter.

        `is_single`: one connection that is never made anew, so that whoever listens on it notices. Any: its commands
        are typed for threads and loops at once.
        """
        kind = async_connection_class(is_unix=self._address.is_unix, is_tls=self._address.is_tls)
        timeouts = {"socket_timeout": None, "socket_connect_timeout": None}
        pool = redis.asyncio.ConnectionPool(kind, **self._options(), **(timeouts | options))
        client = redis.asyncio.Redis(connection_pool=pool, single_connection_client=is_single)
        client.auto_close_connection_pool = True
        return client

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Around each call. Raises RedisAway: at once while it is known to be away, or in place of what says so.

        Other errors of Redis go through: they are answers.
        """
        if not self._usable.is_set():
            raise RedisAway(self._why_away)
        try:
            yield
        except MaxConnectionsError as error:  # of our own making; the server may be well
            raise RedisAway("too many ask Redis at once") from error
        except (TimeoutError, redis.TimeoutError) as error:
            self._leave("Redis hung", rest_s=self._rest_s)
            raise RedisAway("Redis hung") from error
        except (OSError, redis.ConnectionError, ReadOnlyError, OutOfMemoryError) as error:
            self._leave(str(error))
            raise RedisAway(str(error)) from error

    # -- how it is ------------------------------------------------------------------------------------------------

    @property
    def place(self) -> Place:
        return self._place

    @property
    def is_lost(self) -> bool:
        return self._sentinels is not None and self._place.host is None

    @property
    def is_away(self) -> bool:
        return not self._usable.is_set()

    def wait_until_usable(self, timeout_s: float) -> bool:
        """False when it is still away then."""
        return self._usable.wait(timeout_s)

    def close(self) -> None:
        """A second call does nothing."""
        self._is_closing = True
        self._woken.set()
        self._watch.join(2 * self.timeout_s)
        self._proof.close()
        if self._sentinels is not None:
            self._sentinels.close()

    # -- the watching thread --------------------------------------------------------------------------------------

    def _keep_watch(self) -> None:
        while not self._is_closing:
            self._woken.wait(LOOK_FOR_IT_EVERY_S if self.is_away else LOOK_EVERY_S)
            self._woken.clear()
            if not self._is_closing:
                self._look()

    def _look(self) -> None:
        try:
            self._follow()
            self._proof.set(PROOF, "", ex=60)
        except (TimeoutError, redis.TimeoutError):
            self._leave("Redis hung")
        except (OSError, RedisError) as error:
            self._leave(str(error))
        else:
            self._return()

    def _follow(self) -> None:
        """Under Sentinel: go to whom they call the master now."""
        if self._sentinels is None:
            return
        master = self._sentinels.master()
        if master == (self._place.host, self._place.port):
            return
        is_first = self.is_lost
        with self._lock:
            self._place = Place(self._place.era + 1, *master)
        if not is_first:
            _log.warning("redis_master_followed", host=master[0], port=master[1])

    def _leave(self, why: str, *, rest_s: float = 0.0) -> None:
        """Connections of now are of no use later: who comes back may be another, or behind a network that forgot us."""
        with self._lock:
            self._why_away = why
            self._rest_until_s = max(self._rest_until_s, time.monotonic() + rest_s)
            self._place = self._place._replace(era=self._place.era + 1)
            if not self._usable.is_set() and self._left_at_s is not None:
                return
            self._usable.clear()
            self._left_at_s = time.monotonic()
        self._woken.set()
        _log.warning("redis_left", reason=why)

    def _return(self) -> None:
        if self._usable.is_set() or time.monotonic() < self._rest_until_s:
            return
        self._usable.set()
        if self._left_at_s is not None:
            _log.info("redis_returned", away_s=round(time.monotonic() - self._left_at_s, 1))

    def _options(self) -> dict[str, Any]:
        # RESP 2 and no driver_info: a new connection asks nothing before its first command, and can hang only once.
        return {
            **self._address.options,
            **self._address.tls_options,
            "protocol": 2,
            "driver_info": None,
            "retry": Retry(NoBackoff(), 0),
            "guide": self,
        }


def _asked(address: Address, timeout_s: float) -> SentinelsAsked | None:
    if address.sentinels is None:
        return None
    tls = {"ssl": True, **address.tls_options} if address.is_tls else {}
    return SentinelsAsked(address.sentinels, timeout_s=timeout_s, tls=tls)
