"""The one composition root: settings in, a running set of parts out, and everything let go of at the end.

Nothing happens at import. A process starts one `Runtime`, says whether it sends pages, and closes it.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from service.adapters.quiet import Quiet
from service.adapters.redis_feed import RedisFeed
from service.adapters.redis_positions import RedisPositions
from service.adapters.rq_jobs import RqJobs
from service.adapters.system_clock import DatabaseClock, ScaledClock
from service.domain.errors import DomainError
from service.operations import watching
from service.ports import Clock, Ports, Push
from service.settings import Settings
from service.store.database import Database, Transaction
from service.store.journal import news_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What a process works with. `threads` rings phones; it is idle in a process that sends no pages."""

    settings: Settings
    database: Database
    ports: Ports
    threads: ThreadPoolExecutor


@contextmanager
def running(settings: Settings | None = None, *, sends: bool) -> Iterator[Runtime]:
    """Everything a process needs, closed in reverse order. A process that does not send never opens FCM.

    Without `settings` they are read from the environment.

    Raises DomainError(unavailable) when PostgreSQL is away at start, and DomainError(forbidden) when the role could
    pass by row-level security.
    """
    settings = settings or Settings()
    with ExitStack() as stack:
        # Who serves streams rings no phones, and the other way round.
        pool_size = settings.api_threads + max(settings.page_threads, watching.THREADS)
        feed = RedisFeed(settings.redis_url.get_secret_value())
        stack.callback(feed.close)

        def announce(tx: Transaction) -> None:
            if news := news_of(tx):
                feed.announce(news)

        database = Database(settings.database_url.get_secret_value(), pool_size=pool_size, committed=announce)
        stack.callback(database.close)
        database.refuse_powerful_role()
        database_clock = DatabaseClock(database.now, unavailable=DomainError)
        stack.enter_context(database_clock.kept_right())
        clock = _clock(settings, database_clock)
        positions = RedisPositions(settings.redis_url.get_secret_value(), clock=clock)
        stack.callback(positions.close)
        jobs = RqJobs(settings.redis_url.get_secret_value())
        stack.callback(jobs.close)
        push = _push(settings, clock) if sends else Quiet()
        stack.callback(push.close)
        threads = stack.enter_context(ThreadPoolExecutor(settings.page_threads, thread_name_prefix="page"))
        ports = Ports(push=push, positions=positions, jobs=jobs, feed=feed, clock=clock)
        yield Runtime(settings=settings, database=database, ports=ports, threads=threads)


def _clock(settings: Settings, clock: DatabaseClock) -> Clock:
    if settings.clock_start is None:
        return clock
    return ScaledClock(clock, start=datetime.fromtimestamp(settings.clock_start, tz=UTC), speed=settings.clock_speed)


def _push(settings: Settings, clock: Clock) -> Push:
    if settings.fcm_credentials_file is None:
        return Quiet()
    # Here, because a second of importing Google's SDK is only for processes that send: not for each `beatline admin`.
    from service.adapters.fcm import Fcm  # noqa: PLC0415  see above

    return Fcm(
        settings.fcm_credentials_file,
        clock=clock,
        endpoint=settings.fcm_url,
        threads=settings.page_threads,
        critical_sound=settings.ios_critical_alerts,
    )
