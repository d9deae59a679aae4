"""Where are two thousand cars, says their AVL feed every second; and does Redis know it again after it was away?

A police department whose units only drive: nobody is asked there. Not for those that ring: see `stand.found`.
"""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import redis

from chaos.outside import Agency
from chaos.stand import Stand, Wish

CARS = 2_000
PER_CALL = 500
EVERY_S = 1.0
CORNER = (40.0, -100.0)
STEP_DEG = 0.004
_MORE_UNITS = """
insert into units (agency_id, unit_id, call_sign, kind, status, status_at)
select %(agency_id)s, gen_random_uuid(), 'C' || n, 'patrol', 'off_duty', now() from generate_series(1, %(count)s) n
"""


@dataclass(slots=True)
class Fleet:
    """`told_at` is when the last report of all cars began that was accepted whole; seconds since 1970."""

    agency: Agency
    told_at: float = 0.0
    refused: list[str] = field(default_factory=list)

    def tell(self) -> None:
        """All cars stand where they stand, as of now."""
        now = time.time()
        at = datetime.fromtimestamp(now, tz=UTC).isoformat()
        answers = [self._tell(at, range(first, first + PER_CALL)) for first in range(1, CARS + 1, PER_CALL)]
        self.refused += [text for text in answers if text]
        if not any(answers):
            self.told_at = now

    def is_known_to(self, client: "redis.Redis", *, as_of: float) -> bool:
        """Redis answers for all of them again, each with a fix that is not older; False too while it is away."""
        try:
            known: Any = client.hgetall(f"beatline:{{{self.agency.agency_id}}}:tracks")
        except redis.RedisError:
            return False
        # Tracks begin with the time of their fix in microseconds; what begins otherwise is not one.
        fresh = [value for value in known.values() if value[:1] == b"[" and int(json.loads(value)[0]) >= as_of * 1e6]
        return len(fresh) >= CARS and b"complete" in known

    def _tell(self, at: str, numbers: Sequence[int]) -> str:
        """Why it was not accepted; empty when it was."""
        units = [{"call_sign": f"C{number}", "fixes": [_fix(number, at)]} for number in numbers]
        call = self.agency.signed({"units": units}, what="positions")
        try:
            answer = self.agency.balancer.once(**call)
        except httpx.TransportError as error:
            return repr(error)
        accepted = answer.is_success and answer.json()["accepted"] == len(units)
        return "" if accepted else f"{answer.status_code} {answer.text[:200]}"


def founded(stand: Stand) -> Fleet:
    (agency,) = stand.found(Wish(name="Fleet", units=1, middle=(CORNER[0] - 1, CORNER[1])))
    stand.sql(_MORE_UNITS, {"agency_id": agency.agency_id, "count": CARS})
    fleet = Fleet(agency)
    fleet.tell()
    assert not fleet.refused, fleet.refused[:3]
    return fleet


@contextmanager
def driving(fleet: Fleet) -> Iterator[None]:
    """It tells all the while, a second after it was answered."""
    parked = threading.Event()

    def drive() -> None:
        while not parked.wait(EVERY_S):
            fleet.tell()

    with ThreadPoolExecutor(1, thread_name_prefix="fleet") as thread:
        driven: Future[None] = thread.submit(drive)
        try:
            yield
        finally:
            parked.set()
            driven.result()


def _fix(number: int, at: str) -> dict[str, Any]:
    north, east = divmod(number, 50)
    return {"lat": CORNER[0] + STEP_DEG * north, "lon": CORNER[1] + STEP_DEG * east, "at": at, "accuracy_m": 5}
