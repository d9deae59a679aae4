"""What the stories of retention have in common: a world of long ago, things that happen in it, and the present.

The database's own time has the last word on what may be purged, so these stories begin long ago by that time.
"""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from builders import a_point
from fake_clock import FrozenClock
from world import Car, World

from service.cli.journal import is_sound
from service.domain.disposition import Disposition
from service.domain.policy import Policy
from service.domain.retention import Retention
from service.operations import policies
from service.operations.administration import Operator
from service.operations.detections import Answer
from service.operations.record import show_trails
from service.operations.retention import purge_due
from service.operations.sealing import seal_due
from service.store import chain, journal
from service.store.journal import Entry, Search

JOURNAL_GUIDE = Path(__file__).parents[1] / "docs" / "JOURNAL.md"
LONG_AGO = timedelta(days=400)
A_DAY_S = 24 * 3_600


def a_clock_of_long_ago() -> FrozenClock:
    return FrozenClock(datetime.fromtimestamp(time.time(), tz=UTC) - LONG_AGO)


def drive(car: Car, world: World, *distances_m: float) -> list[float]:
    """So far from the place, 5 s apart; the latitudes."""
    driven = []
    for away_m in distances_m:
        world.clock.advance(5)
        point = a_point(away_m=away_m)
        car.is_at(point)
        driven.append(point.lat)
    return driven


def a_drive(world: World, detection_id: str = "SST-1") -> Answer:
    """Two cars are asked; the near one goes, and is seen three times on its way."""
    near, _ = world.cars(800, 900)
    heard = world.hears(detection_id)
    near.phone.receives()
    near.phone.accepts()
    drive(near, world, 600, 400, 200)
    return heard


def a_closed_incident(world: World, detection_id: str = "SST-1") -> Answer:
    heard = a_drive(world, detection_id)
    world.dispatcher.closes(heard, Disposition.NO_EVIDENCE)
    return heard


def trail_of(world: World, heard: Answer) -> list[float]:
    """The latitudes of everybody's steps."""
    assert heard.incident_id is not None
    user = world.dispatcher.user
    trails = show_trails(world.database, world.ports, user=user, incident_id=heard.incident_id)
    return [step.lat for trail in trails for step in trail.steps]


def purge(world: World) -> int:
    return purge_due(world.database, world.ports)


def return_to_the_present(world: World) -> None:
    seal_due(world.database, world.ports)
    world.clock.advance(LONG_AGO.total_seconds())
    purge(world)
    seal_due(world.database, world.ports)


def keep_for(world: World, **rules: Any) -> None:
    by = Operator(agency_id=world.agency_id, actor="test")
    policies.set_rules(world.database, world.ports, by=by, policy=Policy(), retention=Retention(**rules))


def receipts(world: World, action: str) -> list[Entry]:
    """Newest first."""
    with world.database.transaction(world.agency_id) as tx:
        return [stored.entry for stored in journal.find(tx, Search(action=action), limit=100)]


def sealed_numbers(world: World) -> list[int]:
    with world.database.transaction(world.agency_id) as tx:
        return [sealed.number for sealed in chain.sealed_after(tx, 0, at_most=10_000)]


def verified(world: World) -> str:
    """The last line of what `beatline journal verify` says."""
    out = StringIO()
    is_sound(world.database, [world.agency_id], [], now=world.clock.now(), out=out)
    return out.getvalue().splitlines()[-1]


def followed(exported: list[bytes], folder: Path) -> str:
    """What the program in docs/JOURNAL.md says of an export: anybody can run it, without Beatline."""
    program = JOURNAL_GUIDE.read_text().split("```python\n")[1].split("```")[0]
    export = folder / "journal.jsonl"
    export.write_bytes(b"\n".join(exported))
    command = [sys.executable, "-I", "-c", program, str(export)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stdout
