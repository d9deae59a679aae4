"""`python -m workers.worker`: one RQ worker process for the queue of pages, warm before its first job.

SimpleWorker, because a forked child starts cold (600 ms); one queue, because a worker that listens on two and dies
between dequeue and start loses the job for ever (see FINDINGS in the ADRs).
"""

import structlog
from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from service import runtime
from service.adapters.rq_jobs import JOB_TIMEOUT_S, PAGES
from service.observe import configure_logging
from workers import jobs

log = structlog.get_logger()

WORKER_TTL_S = 15
"""Short, so that maintenance finds a killed worker's job soon; the clock has sent its pages long before."""


class PageWorker(SimpleWorker):
    """Comes back within 2 s when Redis does, and lets a dead worker's job be found soon."""

    max_connection_wait_time = 2

    def get_heartbeat_ttl(self, job: Job) -> int:
        """RQ's default adds a minute, for which a killed worker's job would lie still."""
        return int(job.timeout or JOB_TIMEOUT_S) + 2


def main() -> None:
    configure_logging()
    with runtime.running(sends=True) as here, Redis.from_url(here.settings.redis_url.get_secret_value()) as redis:
        here.ports.push.warm()
        jobs.use(here)
        log.info("worker_started", queue=PAGES)
        queue = Queue(PAGES, connection=redis, serializer=JSONSerializer)
        worker = PageWorker(
            [queue],
            connection=redis,
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL_S,
            maintenance_interval=WORKER_TTL_S,
            log_job_description=False,
        )
        worker.work(logging_level="WARNING")


if __name__ == "__main__":
    main()
