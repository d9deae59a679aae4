"""R10: a storm in one agency. None lost, one incident a shot, a siren every 10 s at most, and others hardly notice.

Five times a quiet piece and a stormy one, in which another agency's shots are timed; in all 3,000 detections, six of
each shot, at twice the pace of the promise (20 a second instead of 10). Then 600 at one and the same moment, which is
far beyond it: none may be lost, and those that wait must not grow the process.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from chaos.handed import looked_for
from chaos.outside import Agency, Taken
from chaos.probing import PROBES_PER_S, Prober, Times
from chaos.row import Row, Scale, percentile
from chaos.stand import Delivery, Plan, Stand, Wish, standing
from chaos.storming import Sensors, Storm, corner, shot_of

TWICE_QUIET = 2.0
SIREN_EVERY_S = 10.0
JITTER_S = 0.75
"""Between the moment a siren is counted and the one it is at the push service."""
ANSWERED_WITHIN_S = 120.0
"""Of six hundred at once, on two cores that also send the pages: no promise, but it must end."""
GROWTH_MIB = 128
STORMY, ELSEWHERE = (37.0, -122.0), (39.0, -122.0)
SOON_OVER = {"acknowledgment_deadline_s": 10, "levels": 2}
"""Nobody answers, so the storm's escalations come while it rages."""
_CLOSE = """
update incidents set state = 'closed', ended_at = now(), next_action_at = null
 where state not in ('closed', 'cancelled')
"""
_DUE = "select count(*) as pages from pages where state in ('pending', 'sending') and next_action_at <= now()"
_INCIDENTS = "select detection_id, incident_id::text from detections where agency_id = %(agency)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Pieces of so many shots in so many seconds, and a burst of so many at once."""

    pieces: int
    shots: int
    lasts_s: float
    burst: int
    sensors: int = 6


FULL = Load(pieces=5, shots=100, lasts_s=30.0, burst=100)
SHORT = Load(pieces=1, shots=8, lasts_s=2.5, burst=8)


def measure(scale: Scale) -> list[Row]:
    load = SHORT if scale.short else FULL
    with standing(Plan(apis=1, workers=1 if scale.short else 2)) as stand:
        stormy, other = stand.found(
            Wish(name="Stormy", units=36, middle=STORMY, spacing_m=1_200, policy=SOON_OVER),
            Wish(name="Other", units=16, middle=ELSEWHERE, spacing_m=1_200),
        )
        weather = _Weather(stand, (stormy, other), load, scale)
        return [weather.storm(), weather.burst()]


class _Weather:
    def __init__(self, stand: Stand, agencies: tuple[Agency, Agency], load: Load, scale: Scale) -> None:
        self._stand = stand
        self._stormy, self._other = agencies
        self._prober = Prober(stand, self._other, ELSEWHERE)
        self._load = load
        self._scale = scale
        self._shots = 0

    def storm(self) -> Row:
        load = self._load
        self._prober.probed(2.0)  # warm
        self._settle()
        before_mib = self._api_mib("VmRSS")
        pieces = [
            (self._quiet_piece(), *self._stormy_piece(load.shots, lasts_s=load.lasts_s)) for _ in range(load.pieces)
        ]
        grown_mib = self._api_mib("VmRSS") - before_mib
        taken = [each for _, _, told in pieces for each in told]
        wrong = [*self._wrong(taken), *self._too_loud()]
        webhook, last_phone = (
            _Compared([(getattr(quiet, what), getattr(stormy, what)) for quiet, stormy, _ in pieces], self._scale)
            for what in ("webhook_s", "handed_s")
        )
        return Row(
            promise="R10",
            what=f"a storm of {len(taken):,} detections of {self._shots} shots at twice the promised pace, "
            f"{load.pieces} × {load.lasts_s:g} s, beside {PROBES_PER_S} shots a second elsewhere",
            faults={"detections of a storm": len(taken)},
            worst=f"{len(wrong)} wrong, lost or too loud, {self._refused():.0f} refused; elsewhere webhook {webhook}, "
            f"last phone {last_phone}; API {before_mib:.0f} MiB + {grown_mib:.0f}",
            bound=f"0, a siren in 10 s, {TWICE_QUIET:g} × quiet, + {GROWTH_MIB} MiB",
            holds=not wrong and webhook.holds and last_phone.holds and grown_mib < GROWTH_MIB,
            note="; ".join(wrong[:5]),
        )

    def burst(self) -> Row:
        before_mib = self._api_mib("VmRSS")
        times, taken = self._stormy_piece(self._load.burst, lasts_s=0.0)
        wrong = self._wrong(taken)
        worst_s = max(each.answered_at - each.sent_at for each in taken)
        again = sum(each.calls - 1 for each in taken)
        grown_mib = self._api_mib("VmHWM") - before_mib
        return Row(
            promise="R10",
            what=f"{len(taken)} detections of one agency at the same moment",
            faults={"detections at once": len(taken)},
            worst=f"{len(wrong)} wrong or lost, {again} told again, the last 202 after {worst_s:.1f} s; elsewhere "
            f"webhook p99 {percentile(times.webhook_s, 0.99):.2f} s; API {before_mib:.0f} MiB + {grown_mib:.0f}",
            bound=f"0, {ANSWERED_WITHIN_S:g} s, + {GROWTH_MIB} MiB",
            holds=not wrong and worst_s <= ANSWERED_WITHIN_S * self._scale.slack and grown_mib < GROWTH_MIB,
            note="; ".join(wrong[:5]),
        )

    # -- pieces -----------------------------------------------------------------------------------------------------

    def _quiet_piece(self) -> Times:
        self._refresh()
        times = self._prober.probed(self._load.lasts_s)
        self._settle()
        return times

    def _stormy_piece(self, shots: int, *, lasts_s: float) -> tuple[Times, list[Taken]]:
        """The other agency's times, and what the storm was answered."""
        self._refresh()
        with self._sensors(shots, lasts_s=lasts_s) as sensors:
            sensors.begin()
            times = self._prober.probed(lasts_s or self._load.lasts_s)
            taken = sensors.answers()
        self._settle()
        return times, taken

    def _sensors(self, shots: int, *, lasts_s: float) -> Sensors:
        storm = Storm(
            corner=corner(STORMY),
            first=self._shots,
            shots=shots,
            sensors=self._load.sensors,
            lasts_s=lasts_s,
            connections=60 if lasts_s else 300,
            seed=self._scale.seed,
        )
        self._shots += shots
        return Sensors(self._stormy, storm, environment=self._stand.environment())

    def _refresh(self) -> None:
        """Fixes must not grow old in the minutes that it takes."""
        for agency in (self._stormy, self._other):
            agency.report_positions()

    def _settle(self) -> None:
        """Everything due is sent, and what would follow from it does not reach into the next piece."""
        self._stand.wait_for(lambda: not self._stand.sql(_DUE)[0]["pages"], timeout_s=60.0, what="the last due page")
        self._stand.sql(_CLOSE)

    # -- what was found ---------------------------------------------------------------------------------------------

    def _wrong(self, taken: Sequence[Taken]) -> list[str]:
        """Lost detections and alerts, and shots that are not exactly one incident."""
        finding = looked_for(self._stand, taken)
        incidents, shots = defaultdict(set), defaultdict(set)
        for row in self._stand.sql(_INCIDENTS, {"agency": self._stormy.agency_id}):
            incidents[shot_of(row["detection_id"])].add(row["incident_id"])
            shots[row["incident_id"]].add(shot_of(row["detection_id"]))
        split = [f"{shot} is {len(found)} incidents" for shot, found in incidents.items() if len(found) != 1]
        joined = [f"{' and '.join(heard)} are one incident" for heard in shots.values() if len(heard) != 1]
        return [*finding.lost, *finding.unrung, *split, *joined]

    def _too_loud(self) -> list[str]:
        """Phones of the storm that rang twice within 10 s."""
        rang = defaultdict(list)
        for each in sorted(self._stand.deliveries(), key=lambda each: each.received_at):
            if _rings(each):
                rang[each.target].append(each)
        return [
            f"{two.target} rang for {one.data['kind']} and again for {two.data['kind']}"
            for phone in self._stormy.phones
            for one, two in pairwise(rang[phone.target])
            if two.received_at - one.received_at < SIREN_EVERY_S - JITTER_S
        ]

    def _refused(self) -> float:
        told = self._other.balancer.once("GET", "/metrics").text
        counts = re.findall(r"^beatline_requests_refused_total\{.*\} (\S+)$", told, re.MULTILINE)
        return sum(float(each) for each in counts)

    def _api_mib(self, what: str) -> float:
        """`VmRSS` is what the API process has now, `VmHWM` the most that it ever had."""
        status = Path(f"/proc/{self._stand.processes.pid('api-1')}/status").read_text()
        return int(re.findall(rf"^{what}:\s+(\d+) kB$", status, re.MULTILINE)[0]) / 1024


class _Compared:
    """Quiet and stormy times of each piece: how many times as long the slowest took, in the middle of the pieces."""

    def __init__(self, pieces: Sequence[tuple[Sequence[float], Sequence[float]]], scale: Scale) -> None:
        # Of the ten of a short piece p99 is the worst, which says little.
        self._share = 0.9 if scale.short else 0.99
        slowest = [(percentile(quiet, self._share), percentile(stormy, self._share)) for quiet, stormy in pieces]
        self._quiet_s, self._stormy_s = (median(each) for each in zip(*slowest, strict=True))
        self._times_as_long = median(stormy / quiet for quiet, stormy in slowest)
        self.holds = self._times_as_long <= TWICE_QUIET * scale.slack

    def __str__(self) -> str:
        return (
            f"p{self._share * 100:.0f} {self._quiet_s * 1_000:.0f} → {self._stormy_s * 1_000:.0f} ms, "
            f"{self._times_as_long:.2f} × quiet"
        )


def _rings(delivery: Delivery) -> bool:
    """Not a recall, not an update that is silent, and not an alert that was hushed."""
    return delivery.data["kind"] != "recall" and delivery.data.get("silent") != "true"
