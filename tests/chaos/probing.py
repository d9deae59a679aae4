"""How long do one agency's shots take while something happens elsewhere? At an even pace, whatever the answers take.

Of each the webhook is timed, and when the last phone of the first level was handed its page. Not for what happens
elsewhere: see the rows.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

from chaos.outside import Agency, Taken
from chaos.stand import Stand
from chaos.storming import APART_M
from service.domain.geo import METRES_PER_DEGREE

SIDE = 16
"""Of a square of places, which are used again after a minute at this pace."""
PROBES_PER_S = 4
HANDED_WITHIN_S = 30.0
_ALERTS = """
select a.incident_id::text, d.push_value as target
  from alerts a join devices d using (agency_id, unit_id) where a.incident_id = any(%(incidents)s) and a.level = 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long webhooks took, and how long until the last phone was handed its page, both from sending the webhook."""

    webhook_s: Sequence[float]
    handed_s: Sequence[float]


class Prober:
    """`agency`'s units stand around `middle` (lat, lon)."""

    def __init__(self, stand: Stand, agency: Agency, middle: tuple[float, float]) -> None:
        self._stand = stand
        self._agency = agency
        self._middle = middle
        self._numbers = count()
        self._handed_at: dict[tuple[str, str], float] = {}
        self._seen = 0

    def probed(self, lasts_s: float) -> Times:
        """Raises TimeoutError when a page is not handed over."""
        began_s = time.monotonic()

        def probe(number: int) -> Taken:
            time.sleep(max(0.0, began_s + number / PROBES_PER_S - time.monotonic()))
            return self._agency.hears(*self._place(next(self._numbers)))

        with ThreadPoolExecutor(16, thread_name_prefix="probe") as threads:
            taken = list(threads.map(probe, range(round(lasts_s * PROBES_PER_S))))
        return Times(
            webhook_s=[each.answered_at - each.sent_at for each in taken],
            handed_s=self._handed_s(taken),
        )

    def _place(self, number: int) -> tuple[float, float]:
        north, east = divmod(number % SIDE**2, SIDE)
        step_deg = APART_M / METRES_PER_DEGREE
        lat, lon = self._middle
        # A degree of longitude is shorter: at these latitudes by a fifth.
        return lat + (north - SIDE / 2) * step_deg, lon + 1.3 * (east - SIDE / 2) * step_deg

    def _handed_s(self, taken: Sequence[Taken]) -> list[float]:
        asked = defaultdict(set)
        for row in self._stand.sql(_ALERTS, {"incidents": [each.incident_id for each in taken]}):
            asked[row["incident_id"]].add(row["target"])
        wanted = {(incident, target) for incident, targets in asked.items() for target in targets}
        self._stand.wait_for(lambda: self._are_handed(wanted), timeout_s=HANDED_WITHIN_S, what="a probe's page")
        return [
            max(self._handed_at[str(each.incident_id), target] for target in asked[str(each.incident_id)])
            - each.sent_at
            for each in taken
        ]

    def _are_handed(self, wanted: AbstractSet[tuple[str, str]]) -> bool:
        """Asks for what is new alone: a storm's deliveries are tens of thousands."""
        for each in self._stand.deliveries(self._seen):
            self._handed_at.setdefault((each.data["incident_id"], each.target), each.received_at)
            self._seen = each.index
        return all(each in self._handed_at for each in wanted)
