"""Nudges workers through RQ. Best effort by design: what Redis loses, the clock finds in PostgreSQL.

No RQ scheduler, no RQ retries, JSON instead of pickle (whoever writes to Redis must not run code here). Jobs are named
by their path, so that this file knows no worker.
"""

from uuid import UUID

from rq import Queue
from rq.serializers import JSONSerializer

from service.adapters.redis.server import RedisServer

PAGES = "pages"
SEND_PAGES = "workers.jobs.send_pages"
JOB_TIMEOUT_S = 30
KEPT_S = 60
"""A failed job is of no use to anybody after this: its pages have long been sent by somebody else."""
USEFUL_S = 5
"""A nudge that no worker has taken by then is gone: the clock has sent its pages long before."""
WAITING_LIMIT = 200
"""Beyond it the oldest nudges are forgotten. When workers come back to a queue that grew for minutes, a fresh nudge
stands behind no more of them than these, and passing over one that is gone takes 0.2 ms."""


class RqJobs:
    def __init__(self, server: RedisServer) -> None:
        self._server = server
        self._redis = server.client()
        self._pages = Queue(PAGES, connection=self._redis, serializer=JSONSerializer)

    def page(self, agency_id: UUID, incident_id: UUID) -> None:
        """One round trip. Raises redis.RedisError: at once while Redis is known to be away, else within 0.25 s."""
        with self._server.asked(), self._redis.pipeline() as pipeline:
            self._pages.enqueue_call(
                SEND_PAGES,
                args=(str(agency_id), str(incident_id)),
                timeout=JOB_TIMEOUT_S,
                result_ttl=0,
                failure_ttl=KEPT_S,
                ttl=USEFUL_S,
                pipeline=pipeline,
            )
            pipeline.ltrim(self._pages.key, -WAITING_LIMIT, -1)
            pipeline.execute()

    def close(self) -> None:
        self._redis.close()
