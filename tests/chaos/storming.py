"""Who is heard in a storm, and when? Shots that several sensors each report, told side by side by a program of its own.

`python -m chaos.storming` reads a line with its plan, says when it is ready, begins when it reads another line, and
prints what was answered. Apart from whoever measures what the storm does to others, since threads of one Python hold
each other up. Not for what must be true afterwards: that is a row's.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from random import Random
from typing import Self
from uuid import UUID

from chaos.outside import Agency, Balancer, Taken
from service.dev.foreground import tied
from service.domain.geo import METRES_PER_DEGREE

APART_M = 600.0
"""Shots farther than this from each other are never one incident: 200 m and what both places may be off."""
SPREAD_M = 25.0
"""By so much sensors differ on where it was: within this are nine of ten of a vendor's places."""
SENSORS_APART_S = 1.0
SIDE = 26
"""Of a square of places, one for each shot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """`shots` numbered from `first`, evenly over `lasts_s`, each told by so many `sensors` within a second.

    All at the same moment when `lasts_s` is 0. `corner` (lat, lon) is the south-west one of a grid of places.
    """

    corner: tuple[float, float]
    first: int
    shots: int
    sensors: int
    lasts_s: float
    connections: int
    seed: int

    @property
    def detections(self) -> int:
        return self.shots * self.sensors


def corner(middle: tuple[float, float]) -> tuple[float, float]:
    """The south-west one of a grid around that place."""
    half_deg = SIDE / 2 * APART_M / METRES_PER_DEGREE
    return middle[0] - half_deg, middle[1] - 1.3 * half_deg


def shot_of(detection_id: str) -> str:
    """Which shot a sensor's detection is of."""
    return detection_id.rpartition("-")[0]


def _raged(agency: Agency, storm: Storm) -> list[Taken]:
    """Tell all of it at its time, each until it is answered 202. Raises what telling one of them raised."""
    began_s = time.monotonic()

    def tell(due: tuple[float, str, tuple[float, float]]) -> Taken:
        after_s, detection_id, (lat, lon) = due
        time.sleep(max(0.0, began_s + after_s - time.monotonic()))
        return agency.hears(lat, lon, detection_id=detection_id)

    with ThreadPoolExecutor(storm.connections, thread_name_prefix="sensor") as threads:
        return list(threads.map(tell, _schedule(storm)))


def _schedule(storm: Storm) -> list[tuple[float, str, tuple[float, float]]]:
    luck = Random(storm.seed)  # noqa: S311  draws a storm, guards nothing
    return sorted(
        (
            (shot * storm.lasts_s / storm.shots + (luck.uniform(0, SENSORS_APART_S) if storm.lasts_s else 0.0)),
            f"shot-{storm.first + shot}-{sensor}",
            place,
        )
        for shot in range(storm.shots)
        for sensor, place in enumerate(_heard_at(storm, storm.first + shot, luck))
    )


def _heard_at(storm: Storm, number: int, luck: Random) -> Iterator[tuple[float, float]]:
    """Where each sensor says that it was."""
    north, east = divmod(number, SIDE)
    step_deg, off_deg = APART_M / METRES_PER_DEGREE, SPREAD_M / METRES_PER_DEGREE
    lat, lon = storm.corner
    for _ in range(storm.sensors):
        # A degree of longitude is shorter: so east and west they are nearer, by a fifth at these latitudes.
        yield (
            lat + north * step_deg + luck.uniform(-off_deg, off_deg),
            lon + 1.3 * east * step_deg + luck.uniform(-off_deg, off_deg),
        )


class Sensors:
    """The program, ready inside the `with` block."""

    def __init__(self, agency: Agency, storm: Storm, *, environment: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "chaos.storming"]
        self._program = subprocess.Popen(
            tied(command), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._say(_as_plan(agency, storm))
        self._hear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._program.communicate()

    def begin(self) -> None:
        self._say("now")

    def answers(self) -> list[Taken]:
        """Once all of them are answered. Raises ValueError when the program has failed; it has said why."""
        told = json.loads(self._hear())
        return [Taken(**each | {key: UUID(each[key]) for key in ("agency_id", "incident_id")}) for each in told]

    def _say(self, line: str) -> None:
        assert self._program.stdin is not None
        self._program.stdin.write(line + "\n")
        self._program.stdin.flush()

    def _hear(self) -> str:
        assert self._program.stdout is not None
        return self._program.stdout.readline()


def _as_plan(agency: Agency, storm: Storm) -> str:
    """It needs no phones."""
    made = {each.name: getattr(agency, each.name) for each in fields(agency) if each.name != "balancer"}
    made |= {"agency_id": str(agency.agency_id), "phones": []}
    return json.dumps({"ports": agency.balancer.ports, "agency": made, "storm": asdict(storm)})


def main() -> None:
    plan = json.loads(sys.stdin.readline())
    agency = Agency.of(Balancer(plan["ports"]), plan["agency"])
    _tell("ready")
    sys.stdin.readline()
    taken = _raged(agency, Storm(**plan["storm"]))
    _tell(json.dumps([asdict(each) for each in taken], default=str))
    agency.balancer.close()


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
