"""202 → first message at the push service on an idle system, against a bare pipeline of the same hops.

Shots are rare: each comes after a pause, at a place of its own, into a quiet city. Both are timed on this machine's
clock, from the instant at which the caller knows that its rows are committed to the push service's `received_at`.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import httpx
import orjson
import psycopg
from bench import bare
from bench.city import UNITS, places, quieten, shot
from bench.figures import Bound, Figure, Pace, Round, percentile
from bench.stand import FLOOR, Stand
from bench.wire import Wire
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from service.adapters.redis.jobs import JOB_TIMEOUT_S, PAGES

PAUSE_S = (0.1, 0.3)
LATE_S = 3.0
GOLDEN = 0.6180339887498949


class NothingRang(Exception):
    """A shot reached no phone: no figure is worth having."""


@dataclass(slots=True)
class Pushes:
    """What the push service took, read after each pause, so that reading disturbs nothing that is timed."""

    http: httpx.Client
    _seen: int = 0

    def first(self, belongs: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first new delivery of this kind. Raises NothingRang."""
        deadline_s = time.monotonic() + LATE_S
        while time.monotonic() < deadline_s:
            answer = self.http.get("/deliveries", params={"since": self._seen, "wait_s": 0.5})
            new = orjson.loads(answer.content)
            if new:
                self._seen = new[-1]["index"]
            if ours := [each for each in new if belongs(each)]:
                return min(ours, key=lambda each: each["received_at"])
        raise NothingRang(f"no message within {LATE_S:g} s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One shot: when its rows were known to be committed, and the first message of it."""

    committed_at: float
    delivery: dict[str, Any]

    @property
    def ms(self) -> float:
        return float(self.delivery["received_at"] - self.committed_at) * 1e3


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Where both kinds of shot are fired."""

    stand: Stand
    wire: Wire
    pushes: Pushes
    bare_database: psycopg.Connection
    bare_queue: Queue

    def fire(self) -> Rung:
        number = next(self.stand.city.numbers)
        place = next(places(start=number))
        answer = orjson.loads(
            self.wire.exchange(shot(self.stand.city, number, place, heard_at=time.time()), expect=202)
        )
        committed_at = time.time()
        _pause(number)
        incident_id = answer["incident_id"]
        delivery = self.pushes.first(lambda each: each["message"]["data"].get("incident_id") == incident_id)
        return Rung(committed_at=committed_at, delivery=delivery)

    def fire_bare(self, said: Mapping[str, str]) -> Rung:
        number = next(self.stand.city.numbers)
        target = f"bare-{number}"
        with self.bare_database.transaction():
            for _ in range(2):
                self.bare_database.execute("insert into bare (target, at) values (%s, now())", [target])
        committed_at = time.time()
        self.bare_queue.enqueue(bare.JOB, target, said, job_timeout=JOB_TIMEOUT_S, result_ttl=0)
        _pause(number)
        return Rung(committed_at=committed_at, delivery=self.pushes.first(lambda each: each["target"] == target))


def measure(stand: Stand, pace: Pace) -> list[Figure]:
    with opened(stand) as here:
        said = here.fire().delivery["message"]["data"]
        looks = [_look(here, said, shots=pace.rings) for _ in range(pace.rounds)]
    return [
        _figure(looks, percent=50, bound=Bound(at_most=2)),
        _figure(looks, percent=99, bound=Bound(at_most=4)),
    ]


@contextmanager
def opened(stand: Stand) -> Iterator[Range]:
    """The API, a worker and its bare counterpart, all warm."""
    with (
        Redis.from_url(stand.redis_url) as redis,
        stand.connect(FLOOR) as bare_database,
        stand.api(),
        stand.worker("worker", "workers.worker", PAGES),
        stand.worker("bare", "bench.bare", bare.QUEUE),
        httpx.Client(base_url=stand.fcm_url) as http,
        Wire(stand.base_url) as wire,
    ):
        bare_database.execute(
            "create table bare (id bigint generated always as identity primary key, target text, at timestamptz)"
        )
        for number, place in enumerate(islice(places(), UNITS)):
            redis.geoadd(bare.UNITS_KEY, (place.lon, place.lat, str(number)))
        yield Range(
            stand=stand,
            wire=wire,
            pushes=Pushes(http),
            bare_database=bare_database,
            bare_queue=Queue(bare.QUEUE, connection=redis, serializer=JSONSerializer),
        )


def _look(here: Range, said: Mapping[str, str], *, shots: int) -> tuple[list[float], list[float]]:
    """One of ours, one of the floor's, and so on."""
    ours, floor = [], []
    for _ in range(shots):
        ours.append(here.fire().ms)
        quieten(here.stand.owner)
        floor.append(here.fire_bare(said).ms)
    return ours, floor


def _figure(looks: list[tuple[list[float], list[float]]], *, percent: int, bound: Bound) -> Figure:
    rounds = [Round(ours=percentile(ours, percent), floor=percentile(floor, percent)) for ours, floor in looks]
    return Figure(
        what=f"202 → first message at the push service, idle, p{percent}", unit="ms", bound=bound, rounds=rounds
    )


def _pause(number: int) -> None:
    """Different each time, so that no rhythm of the machine's falls in step with it."""
    shortest_s, longest_s = PAUSE_S
    time.sleep(shortest_s + (longest_s - shortest_s) * (number * GOLDEN % 1))
