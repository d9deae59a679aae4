"""The one composition root: settings in, a running set of parts out, and everything let go of at the end.

Nothing happens at import. A process starts one `Runtime`, says whether it sends pages, and closes it.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import structlog

from service.adapters.dead_mans_switch import HttpSwitch
from service.adapters.quiet import Quiet
from service.adapters.redis.feed import RedisFeed
from service.adapters.redis.jobs import RqJobs
from service.adapters.redis.positions import RedisPositions
from service.adapters.redis.server import RedisServer
from service.adapters.system_clock import DatabaseClock, ScaledClock
from service.domain.errors import DomainError
from service.operations import escalations, heartbeats, watching
from service.ports import Clock, DeadMansSwitch, Ports, Push
from service.settings import Settings
from service.store.database import Database, Transaction
from service.store.impatient import Limits
from service.store.journal import news_of

log = structlog.get_logger()

ASK_AGAIN_S = 0.5
SAY_AGAIN = 20
"""Attempts between two lines in the log."""
LOOKUP_THREADS = 6
"""That look up who reports a position, beside the threads of requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What a process works with. `threads` rings phones; it is idle in a process that sends no pages."""

    settings: Settings
    database: Database
    redis: RedisServer
    ports: Ports
    threads: ThreadPoolExecutor


def wait_for_database(settings: Settings | None = None) -> None:
    """Return once PostgreSQL can be written to; until then say so and try again, however long.

    For a process that starts while it is away, before it takes signals into its own hands: then any of them ends it.
    """
    settings = settings or Settings()
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    for attempt in count():
        try:
            database.refuse_read_only()
        except DomainError as error:
            if attempt % SAY_AGAIN == 0:
                log.warning("database_awaited", reason=error.internal)
            time.sleep(ASK_AGAIN_S)
        else:
            break
    database.close()


@contextmanager
def running(settings: Settings | None = None, *, sends: bool) -> Iterator[Runtime]:
    """Everything a process needs, closed in reverse order. A process that does not send never opens FCM.

    Without `settings` they are read from the environment.

    Raises DomainError(unavailable) when PostgreSQL is away at start, and DomainError(forbidden) when the role could
    pass by row-level security.
    """
    settings = settings or Settings()
    with ExitStack() as stack:
        # Who serves streams rings no phones, and the other way round. Threads that ring phones ask no database.
        beside = max(watching.THREADS + LOOKUP_THREADS, escalations.THREADS) + heartbeats.THREADS
        pool_size = settings.api_threads + beside
        redis = _redis(settings)
        stack.callback(redis.close)
        feed = RedisFeed(redis)
        stack.callback(feed.close)

        def announce(tx: Transaction) -> None:
            if news := news_of(tx):
                feed.announce(news)

        database = Database(
            settings.database_url.get_secret_value(),
            pool_size=pool_size,
            limits=Limits(answer_s=settings.database_timeout_s, connect_s=settings.database_connect_timeout_s),
            committed=announce,
        )
        stack.callback(database.close)
        database.refuse_powerful_role()
        database_clock = DatabaseClock(database.now, unavailable=DomainError)
        stack.enter_context(database_clock.kept_right())
        clock = _clock(settings, database_clock)
        positions = RedisPositions(redis, clock=clock)
        stack.callback(positions.close)
        jobs = RqJobs(redis)
        stack.callback(jobs.close)
        push = _push(settings, clock, world_clock=database_clock) if sends else Quiet()
        stack.callback(push.close)
        threads = stack.enter_context(ThreadPoolExecutor(settings.page_threads, thread_name_prefix="page"))
        ports = Ports(push=push, positions=positions, jobs=jobs, feed=feed, clock=clock)
        yield Runtime(settings=settings, database=database, redis=redis, ports=ports, threads=threads)


def dead_mans_switch(settings: Settings) -> DeadMansSwitch | None:
    """For the auditor, which closes it; None when nobody outside listens."""
    url = settings.dead_mans_switch_url
    return HttpSwitch(url.get_secret_value()) if url else None


def _redis(settings: Settings) -> RedisServer:
    url = settings.redis_url.get_secret_value()
    return RedisServer(url, timeout_s=settings.redis_timeout_s, rest_s=settings.redis_rest_s)


def _clock(settings: Settings, clock: DatabaseClock) -> Clock:
    if settings.clock_start is None:
        return clock
    return ScaledClock(clock, start=datetime.fromtimestamp(settings.clock_start, tz=UTC), speed=settings.clock_speed)


def _push(settings: Settings, clock: Clock, *, world_clock: Clock) -> Push:
    if settings.fcm_credentials_file is None:
        return Quiet()
    # Here, because a second of importing Google's SDK is only for processes that send: not for each `beatline admin`.
    from service.adapters.fcm import Fcm  # noqa: PLC0415  see above

    return Fcm(
        settings.fcm_credentials_file,
        clock=clock,
        world_clock=world_clock,
        endpoint=settings.fcm_url,
        threads=settings.page_threads,
        critical_sound=settings.ios_critical_alerts,
    )
