"""Nudges that nobody takes: they do not pile up, and a fresh one does not stand behind them."""

import os
import signal
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
import redis
from builders import AGENCY_ID, INCIDENT_ID
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from service.adapters.redis.jobs import PAGES, USEFUL_S, WAITING_LIMIT, RqJobs
from service.adapters.redis.server import TIMEOUT_S, RedisAway, RedisServer


@pytest.fixture
def jobs(redis_server: RedisServer) -> Iterator[RqJobs]:
    jobs = RqJobs(redis_server)
    yield jobs
    jobs.close()


@pytest.fixture
def queue(redis_url: str) -> Iterator[Queue]:
    with redis.Redis.from_url(redis_url) as client:
        yield Queue(PAGES, connection=client, serializer=JSONSerializer)


def incident_of(job: Job) -> UUID:
    return UUID(job.args[1])


def test_when_nobody_works_the_oldest_nudges_give_way(jobs: RqJobs, queue: Queue) -> None:
    jobs.page(AGENCY_ID, INCIDENT_ID)
    later = [uuid4() for _ in range(WAITING_LIMIT)]
    for incident_id in later:
        jobs.page(AGENCY_ID, incident_id)
    assert later == [incident_of(job) for job in queue.jobs]


def test_a_nudge_that_nobody_took_for_seconds_is_gone_from_redis(jobs: RqJobs, queue: Queue) -> None:
    jobs.page(AGENCY_ID, INCIDENT_ID)
    (job_id,) = queue.job_ids
    assert 0 < queue.connection.pttl(Job.key_for(job_id)) <= USEFUL_S * 1_000


def test_a_fresh_nudge_is_taken_at_once_although_hundreds_are_stale(jobs: RqJobs, queue: Queue) -> None:
    for _ in range(WAITING_LIMIT - 1):
        jobs.page(AGENCY_ID, uuid4())
    for job_id in queue.job_ids:  # their time is over
        queue.connection.delete(Job.key_for(job_id))
    jobs.page(AGENCY_ID, INCIDENT_ID)
    started_s = time.process_time()
    taken = Queue.dequeue_any([queue], timeout=1, connection=queue.connection, serializer=JSONSerializer)
    assert time.process_time() - started_s < 1.0
    assert taken is not None
    assert INCIDENT_ID == incident_of(taken[0])


def test_a_hung_redis_costs_a_nudge_a_quarter_of_a_second_and_the_next_nothing(jobs: RqJobs, queue: Queue) -> None:
    jobs.page(AGENCY_ID, INCIDENT_ID)
    process_id = queue.connection.info("server")["process_id"]
    os.kill(process_id, signal.SIGSTOP)
    try:
        first_s, second_s = seconds_until_away(jobs), seconds_until_away(jobs)
    finally:
        os.kill(process_id, signal.SIGCONT)
    assert first_s < 2 * TIMEOUT_S
    assert second_s < TIMEOUT_S / 2


def seconds_until_away(jobs: RqJobs) -> float:
    started_s = time.monotonic()
    with pytest.raises(RedisAway):
        jobs.page(AGENCY_ID, INCIDENT_ID)
    return time.monotonic() - started_s
