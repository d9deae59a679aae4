"""One position a request on 16 connections, against the same app without authentication and Redis."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count

from bench.city import places
from bench.figures import Bound, Figure, Pace, Round
from bench.load import rate_per_s
from bench.stand import Stand
from bench.wire import post

from service.dev.installation import free_port
from service.operations.registry import Enrolment

CONNECTIONS = 16
CREEP_DEG = 1e-7
"""A centimetre to the north with each fix: a slow car, whose every fix is new and believable."""


def measure(stand: Stand, pace: Pace) -> list[Figure]:
    with stand.api(), bare(stand) as bare_url:
        for url in (stand.base_url, bare_url):
            rate(stand, url, seconds=pace.positions_s)
        rounds = [
            Round(
                ours=rate(stand, stand.base_url, seconds=pace.positions_s),
                floor=rate(stand, bare_url, seconds=pace.positions_s),
            )
            for _ in range(2 * pace.rounds)
        ]
    what = f"one position a request, {CONNECTIONS} connections"
    return [Figure(what=what, unit="/s", bound=Bound(at_least=0.35), rounds=rounds)]


@contextmanager
def bare(stand: Stand) -> Iterator[str]:
    """The floor's server; its address."""
    url = f"http://127.0.0.1:{free_port()}"
    with stand.running("bare-app", ["-m", "bench.bare_app", url.rpartition(":")[2]]):
        stand.wait_for("bare-app", f"{url}/livez")
        yield url


def rate(stand: Stand, url: str, *, seconds: float) -> float:
    """Each connection is a phone of its own."""
    return rate_per_s(
        url, [_fixes(phone, n) for n, phone in enumerate(stand.city.phones[:CONNECTIONS])], seconds=seconds
    )


def _fixes(phone: Enrolment, number: int) -> Iterator[bytes]:
    """Where the phone is now, whenever it is asked."""
    start = next(places(start=number))
    headers = {"authorization": f"Bearer {phone.device_token}"}
    for step in count():
        at = datetime.fromtimestamp(time.time(), UTC).isoformat()
        fix = f'{{"lat":{start.lat + step * CREEP_DEG:.7f},"lon":{start.lon:.7f},"at":"{at}","accuracy_m":5.0}}'
        yield post("/v1/me/positions", f'{{"sent_at":"{at}","fixes":[{fix}]}}'.encode(), headers)
