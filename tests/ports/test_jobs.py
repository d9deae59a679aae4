"""What every way to nudge a worker promises; and what only RQ can get wrong."""

import socket
import time
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
import redis
from builders import AGENCY_ID, INCIDENT_ID
from rq import Queue
from rq.serializers import JSONSerializer
from world import InlineJobs

from service.adapters.redis.jobs import PAGES, SEND_PAGES, RqJobs
from service.adapters.redis.server import RedisServer
from service.ports import Jobs

Waiting = Callable[[], list[tuple[UUID, UUID]]]


@pytest.fixture(params=["inline", "rq"])
def jobs_and_waiting(request: pytest.FixtureRequest) -> Iterator[tuple[Jobs, Waiting]]:
    """The port, and what a worker would find."""
    if request.param == "inline":
        inline = InlineJobs()
        yield inline, lambda: inline.waiting
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    jobs = RqJobs(server)
    with server.client() as client:
        queue = Queue(PAGES, connection=client, serializer=JSONSerializer)
        yield jobs, lambda: [(UUID(job.args[0]), UUID(job.args[1])) for job in queue.jobs]
    jobs.close()


def test_a_worker_is_told_which_incident_has_pages(jobs_and_waiting: tuple[Jobs, Waiting]) -> None:
    jobs, waiting = jobs_and_waiting
    jobs.page(AGENCY_ID, INCIDENT_ID)
    assert [(AGENCY_ID, INCIDENT_ID)] == waiting()


def test_a_second_nudge_is_a_second_job(jobs_and_waiting: tuple[Jobs, Waiting]) -> None:
    """Nothing is held back because it was asked for before: the claim decides what is sent."""
    jobs, waiting = jobs_and_waiting
    jobs.page(AGENCY_ID, INCIDENT_ID)
    jobs.page(AGENCY_ID, INCIDENT_ID)
    assert [(AGENCY_ID, INCIDENT_ID)] * 2 == waiting()


def test_the_job_is_named_by_a_function_that_exists() -> None:
    from rq.utils import import_attribute  # noqa: PLC0415  what RQ itself does with the name

    assert callable(import_attribute(SEND_PAGES))


def test_a_hung_redis_costs_no_caller_more_than_a_moment() -> None:
    """It accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as hung:
        server = RedisServer(f"redis://127.0.0.1:{hung.getsockname()[1]}")
        jobs = RqJobs(server)
        started = time.monotonic()
        with pytest.raises(redis.RedisError):
            jobs.page(AGENCY_ID, INCIDENT_ID)
        assert time.monotonic() - started < 1.0
        jobs.close()
        server.close()
