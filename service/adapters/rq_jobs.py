"""Nudges workers through RQ. Best effort by design: what Redis loses, the clock finds in PostgreSQL.

No RQ scheduler, no RQ retries, JSON instead of pickle (whoever writes to Redis must not run code here). Jobs are named
by their path, so that this file knows no worker.
"""

from uuid import UUID

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

PAGES = "pages"
SEND_PAGES = "workers.jobs.send_pages"
TIMEOUT_S = 0.25
JOB_TIMEOUT_S = 30
KEPT_S = 60
"""A failed job is of no use to anybody after this: its pages have long been sent by somebody else."""


class RqJobs:
    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(
            redis_url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._pages = Queue(PAGES, connection=self._redis, serializer=JSONSerializer)

    def page(self, agency_id: UUID, incident_id: UUID) -> None:
        """Raises redis.RedisError when Redis is away or takes longer than 0.25 s a step."""
        self._pages.enqueue(
            SEND_PAGES,
            str(agency_id),
            str(incident_id),
            job_timeout=JOB_TIMEOUT_S,
            result_ttl=0,
            failure_ttl=KEPT_S,
        )

    def close(self) -> None:
        self._redis.close()
