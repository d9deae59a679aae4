"""`python -m workers.worker`: one RQ worker process for the queue of pages, warm before its first job.

SimpleWorker, because a forked child starts cold (600 ms); one queue, because a worker that listens on two and dies
between dequeue and start loses the job for ever (see FINDINGS in the ADRs). Redis may go at any instant: RQ's worker
gives up then, and this process begins a new one as soon as Redis is back.
"""

from contextlib import suppress
from types import FrameType

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer

from service import runtime
from service.adapters.redis.jobs import JOB_TIMEOUT_S, PAGES
from service.adapters.redis.server import RedisServer
from service.dev.children import told_to_stop
from service.domain.vigilance import ProcessKind
from service.observe import configure_logging
from service.operations.heartbeats import beating
from workers import jobs

log = structlog.get_logger()

WORKER_TTL_S = 15
"""Short, so that maintenance finds a killed worker's job soon; the clock has sent its pages long before."""
WAITS_S = 1
"""How long one blocking read waits for a nudge."""
MOMENT_S = 0.5
"""How soon a worker that gave up looks whether Redis is back."""


class PageWorker(SimpleWorker):
    """Notices within two seconds that Redis hangs, and does not outlast one that is gone: see `work`."""

    max_connection_wait_time = MOMENT_S
    was_told_to_stop = False

    @property
    def dequeue_timeout(self) -> int:
        return WAITS_S

    @property
    def connection_timeout(self) -> int:
        """RQ sets it on our connections; by its own measure a hung Redis would hold the worker for ten seconds."""
        return WAITS_S + 1

    def get_heartbeat_ttl(self, job: Job) -> int:
        """RQ's default adds a minute, for which a killed worker's job would lie still."""
        return int(job.timeout or JOB_TIMEOUT_S) + 2

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self.was_told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ's

    def set_shutdown_requested_date(self) -> None:
        """RQ would write it from the signal's handler: without a Redis that ends a job in the middle of its sending."""

    def subscribe(self) -> None:
        """Nobody sends RQ's commands to our workers; its thread for them would outlive a worker that gave up."""

    def unsubscribe(self) -> None:
        """See `subscribe`."""

    def teardown(self) -> None:
        """A worker that gave up because Redis is away cannot say good-bye; its entry there expires."""
        with suppress(OSError, RedisError):
            super().teardown()  # type: ignore[no-untyped-call]  # RQ's


def work(server: RedisServer) -> None:
    """Take nudges until the process is told to stop, however often Redis goes and comes back."""
    pause_s = 0.0
    with server.client() as client, suppress(StopRequested):
        while _redis_is_there(server, after_s=pause_s):
            worker, pause_s = None, MOMENT_S
            try:
                worker = _begun(client)
                worker.work(logging_level="WARNING")
            except (OSError, RedisError) as error:
                log.warning("worker_gave_up", reason=str(error))
            if worker is not None and worker.was_told_to_stop:
                return


def _redis_is_there(server: RedisServer, *, after_s: float) -> bool:
    """Once it is, not sooner than `after_s`; False when the process is told to stop meanwhile."""
    with told_to_stop() as stop:  # RQ takes the signals over while it works
        while not stop.wait(after_s):
            if server.wait_until_usable(MOMENT_S):
                return True
    return False


def _begun(client: Redis) -> PageWorker:
    """Each with a name of its own: that of one that gave up is taken until it expires."""
    return PageWorker(
        [Queue(PAGES, connection=client, serializer=JSONSerializer)],
        connection=client,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL_S,
        maintenance_interval=WORKER_TTL_S,
        log_job_description=False,
    )


def main() -> None:
    configure_logging()
    runtime.wait_for_database()
    with runtime.running(sends=True) as here:
        here.ports.push.warm()
        jobs.use(here)
        log.info("worker_started", queue=PAGES)
        with beating(here.database, here.ports, kind=ProcessKind.WORKER):
            work(here.redis)


if __name__ == "__main__":
    main()
