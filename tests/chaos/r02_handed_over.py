"""R2: how long from the 202 until the push service has the page? Without a fault, and with one fault at a time.

The time of an incident is that of the last of its alerts: an officer who rings late is not helped by one who rang.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from random import Random

from chaos.outside import Agency, Taken
from chaos.row import Row, Scale, percentile
from chaos.stand import VALKEY, Plan, Stand, Wish, standing

CALM_P99_S = 1.0
BROKEN_P99_S = 5.0
NEVER_LONGER_S = 10.0
EVERY_S = 0.15
NEVER = float("inf")
POLICY = {"acknowledgment_deadline_s": 120}
"""Nobody answers here, and no second level must be taken for a first one that is late."""
_ALERTS = """
select a.incident_id::text, d.push_value as target
  from alerts a join devices d using (agency_id, unit_id) where a.incident_id = any(%(incidents)s)
"""
_QUIET = "update incidents set state = 'closed', ended_at = now(), next_action_at = null where state <> 'closed'"


def measure(scale: Scale) -> list[Row]:
    luck = scale.luck()
    plan = Plan(apis=1, workers=1, lone_clocks=1) if scale.short else Plan()
    with standing(plan) as stand:
        [agency] = stand.found(Wish(units=36, spacing_m=900.0, policy=POLICY))
        bench = _Bench(stand, agency, luck)
        bench.heard(10)  # warm
        rows = [_row("no fault", bench.heard(40 if scale.short else 300), stand, scale, p99_s=CALM_P99_S)]
        for what, fault in _faults(stand, agency, luck).items():
            stand.faults.clear()
            took = [t for _ in range(1 if scale.short else 10) for t in bench.heard(12, fault)]
            rows.append(_row(what, took, stand, scale, p99_s=BROKEN_P99_S))
    return rows


Fault = Callable[[], None]


def _faults(stand: Stand, agency: Agency, luck: Random) -> dict[str, Fault]:
    """Each is one fault, from its beginning until it is mended."""
    workers, apis, lone = (
        [name for name in stand.planned if name.startswith(kind)] for kind in ("worker", "api", "lone-clock")
    )
    clocks = [*lone, *(name.replace("api-", "clock-") for name in apis)]

    def killed(names: Sequence[str]) -> None:
        name = luck.choice(names)
        stand.kill(name)
        time.sleep(1.0)
        stand.restart(name)

    def clocks_killed() -> None:
        for name in clocks:
            stand.kill(name)
        for name in clocks:
            stand.restart(name)

    def refused_once() -> None:
        for phone in agency.phones:
            stand.fail_push(phone.target, answer="unavailable")

    return {
        "one worker killed": lambda: killed(workers),
        "Valkey killed": lambda: killed([VALKEY]),
        "one API killed": lambda: killed(apis),
        "every clock killed": clocks_killed,
        "FCM answers each phone 503 once": refused_once,
    }


class _Bench:
    """Shots at places of their own, one after the other, and when each was handed over."""

    def __init__(self, stand: Stand, agency: Agency, luck: Random) -> None:
        self._stand = stand
        self._agency = agency
        self._luck = luck
        self._places = cycle(luck.sample(agency.phones, k=len(agency.phones)))
        self._first: dict[tuple[str, str], float] = {}
        self._read = 0

    def heard(self, count: int, fault: Fault | None = None) -> list[float]:
        """Seconds from answer to push service of each; `fault` strikes somewhere among them."""
        took: list[float] = []
        while count > 0:
            some = min(count, 24)  # more would be too near to each other, and join
            self._stand.wait_whole()  # one fault at a time
            with self._striking(fault):
                taken = list(self._shots(some))
            took += self._handed(taken)
            self._stand.sql(_QUIET)
            self._stand.behave_push()
            count -= some
        return took

    @contextmanager
    def _striking(self, fault: Fault | None) -> Iterator[None]:
        if fault is None:
            yield
            return
        delay_s = self._luck.uniform(0.1, 0.9)

        def strike() -> None:
            time.sleep(delay_s)
            fault()

        with ThreadPoolExecutor(1) as thread:
            struck = thread.submit(strike)
            yield
            struck.result()

    def _shots(self, count: int) -> Iterator[Taken]:
        for _ in range(count):
            began_s = time.monotonic()
            phone = next(self._places)
            yield self._agency.hears(phone.lat, phone.lon)
            time.sleep(max(0.0, EVERY_S - (time.monotonic() - began_s)))

    def _handed(self, taken: Sequence[Taken]) -> list[float]:
        """Waits for the last one, but not for ever."""
        deadline_s = time.monotonic() + 3 * NEVER_LONGER_S
        while True:
            took = list(self._times(taken))
            if NEVER not in took or time.monotonic() > deadline_s:
                return took
            time.sleep(0.1)

    def _times(self, taken: Sequence[Taken]) -> Iterator[float]:
        for message in self._stand.deliveries(since=self._read):
            self._first.setdefault((message.data["incident_id"], message.target), message.received_at)
            self._read = message.index
        asked = self._stand.sql(_ALERTS, {"incidents": [each.incident_id for each in taken]})
        for each in taken:
            incident_id = str(each.incident_id)
            phones = [row["target"] for row in asked if row["incident_id"] == incident_id]
            handed = [self._first.get((incident_id, target), NEVER) for target in phones]
            yield max(handed, default=NEVER) - each.answered_at


def _row(what: str, took: Sequence[float], stand: Stand, scale: Scale, *, p99_s: float) -> Row:
    p99, worst = percentile(took, 0.99), max(took)
    calm = p99_s == CALM_P99_S
    return Row(
        promise="R2",
        what=f"202 → push service, {what} ({len(took)} detections)",
        faults=dict(stand.faults),
        worst=f"p50 {percentile(took, 0.5):.3f}, p99 {p99:.2f}, worst {worst:.2f} s",
        bound=f"p99 ≤ {p99_s:g} s" + ("" if calm else f", never > {NEVER_LONGER_S:g} s"),
        holds=p99 <= p99_s * scale.slack and (calm or worst <= NEVER_LONGER_S * scale.slack),
    )
