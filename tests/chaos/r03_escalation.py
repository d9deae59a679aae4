"""R3: the next level is asked within 2 s of its time, once, and never after enough officers have said that they go.

Several clocks tick at once, and are killed and hung in turn; one is always left. Lateness is measured where an officer
would: at the push service. Some incidents are acknowledged at the very moment when their deadline passes.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from random import Random
from statistics import median
from typing import Any

from chaos.officers import go
from chaos.outside import Agency, Taken
from chaos.row import Row, Scale
from chaos.stand import Plan, Stand, Wish, standing
from service.domain.geo import METRES_PER_DEGREE

LATE_S = 2.0
DEADLINE_S = 5
LEVELS = 3
POLICY = {
    "acknowledgment_deadline_s": DEADLINE_S,
    "levels": LEVELS,
    "warning_radius_m": 0,
    "siren_every_s": 1,
    "sirens_per_minute": 60,
}
EVERY_S = 0.3
_JOURNAL = """
select incident_id::text, action, at, details from journal
 where action in ('unit_asked', 'incident_covered', 'incident_unanswered') order by entry_id
"""


def measure(scale: Scale) -> Row:
    count, lone_clocks = (14, 1) if scale.short else (150, 2)
    with standing(Plan(apis=1, workers=1, lone_clocks=lone_clocks)) as stand:
        [agency] = stand.found(Wish(units=49, spacing_m=900.0, policy=POLICY))
        luck = scale.luck()
        with _clocks_failing(stand, luck):
            taken = _heard(stand, agency, count, luck)
            time.sleep(DEADLINE_S * LEVELS + LATE_S * scale.slack)
        stories = _stories(stand, taken)
    late_s = [seconds for story in stories for seconds in story.lateness()]
    wrong = [words for story in stories for words in story.wrong()]
    covered = sum(story.covered for story in stories)
    return Row(
        promise="R3",
        what=f"escalation: {count} incidents, {covered} of them covered, {lone_clocks + 1} clocks at once",
        faults=stand.faults,
        worst=f"{max(late_s):.2f} s late of {len(late_s)} times, p50 {median(late_s):.2f} s; {len(wrong)} wrong",
        bound=f"≤ {LATE_S:g} s, each level once, none after it is covered",
        holds=max(late_s) <= LATE_S * scale.slack and not wrong,
        note=f"seed {scale.seed}: {'; '.join(wrong[:5])}" if wrong else "",
    )


# -- what happens -----------------------------------------------------------------------------------------------


@contextmanager
def _clocks_failing(stand: Stand, luck: Random) -> Iterator[None]:
    """One clock after the other is killed, or hung for a while; the others have to see to it."""
    clocks = ["clock-1", *(name for name in stand.planned if name.startswith("lone-clock"))]
    over = threading.Event()

    def fail() -> None:
        while not over.wait(luck.uniform(0.3, 1.0)):
            name = luck.choice(clocks)
            if luck.random() < 0.5:
                stand.stop(name)
                over.wait(luck.uniform(1.0, 4.0))
                stand.cont(name)
            else:
                stand.kill(name)
                over.wait(luck.uniform(0.5, 1.5))
                stand.restart(name)

    with ThreadPoolExecutor(1) as thread:
        failing = thread.submit(fail)
        try:
            yield
        finally:
            over.set()
            failing.result()


def _heard(stand: Stand, agency: Agency, count: int, luck: Random) -> list[Taken]:
    """A third of them is answered by both officers just before their time is over, or just after."""
    taken, answering = [], []
    with ThreadPoolExecutor(16, thread_name_prefix="officers") as officers:
        for number, (lat, lon) in enumerate(_places(agency, count)):
            each = agency.hears(lat, lon)
            taken.append(each)
            if number % 3 == 0:
                at_s = time.monotonic() + DEADLINE_S + luck.uniform(-0.3, 0.4)
                answering.append(officers.submit(go, stand, agency, each, at_s=at_s))
            time.sleep(EVERY_S)
    for answered in answering:
        answered.result()
    return taken


def _places(agency: Agency, count: int) -> Iterator[tuple[float, float]]:
    """All over the city, and too far from each other to be one incident."""
    south, west = min(phone.lat for phone in agency.phones), min(phone.lon for phone in agency.phones)
    step_deg = 500 / METRES_PER_DEGREE
    for number in range(count):
        north, east = divmod(number, 13)
        yield south + step_deg * north, west + step_deg * east


# -- what the record says of it ---------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Story:
    """One incident as the journal tells it: `asked` by level, in order; times are seconds since 1970.

    `handed` is when the push service had the first alert of each level.
    """

    incident_id: str
    asked: defaultdict[int, list[Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    handed: dict[int, float] = field(default_factory=dict)
    given_up_at: list[float] = field(default_factory=list)
    covered: bool = False
    asked_when_covered: bool = False

    def tell(self, entry: Mapping[str, Any]) -> None:
        match entry["action"]:
            case "unit_asked":
                self.asked[entry["details"]["level"]].append(entry["details"] | {"at": entry["at"]})
                self.asked_when_covered |= self.covered
            case "incident_covered":
                self.covered = True
            case "incident_unanswered":
                self.given_up_at.append(entry["at"].timestamp())

    def lateness(self) -> Iterator[float]:
        """Of each level after the first, until its page was handed over; and of giving up.

        Covered in the same moment, a level is taken back before it has rung: then when it was asked has to do.
        """
        for level, asked in self.asked.items():
            due = datetime.fromisoformat(asked[0]["deadline_at"]).timestamp()
            if level + 1 in self.asked:
                asked_at = self.asked[level + 1][0]["at"].timestamp()
                yield self.handed.get(level + 1, asked_at if self.covered else inf) - due
            elif self.given_up_at:
                yield self.given_up_at[0] - due

    def wrong(self) -> Iterator[str]:
        if self.asked_when_covered:
            yield f"{self.incident_id}: asked others although it was covered"
        for level, asked in self.asked.items():
            if len({each["at"] for each in asked}) > 1 or len(asked) != 2:
                yield f"{self.incident_id}: level {level} asked {len(asked)} units"
        if not self.covered and (sorted(self.asked) != [1, 2, 3] or len(self.given_up_at) != 1):
            yield f"{self.incident_id}: levels {sorted(self.asked)}, given up {len(self.given_up_at)} times"


def _stories(stand: Stand, taken: Iterable[Taken]) -> list[Story]:
    stories = {str(each.incident_id): Story(incident_id=str(each.incident_id)) for each in taken}
    for entry in stand.sql(_JOURNAL):
        if entry["incident_id"] in stories:
            stories[entry["incident_id"]].tell(entry)
    levels = {row["alert_id"]: row["level"] for row in stand.sql("select alert_id::text, level from alerts")}
    for each in stand.deliveries():
        # By its alert, not by its kind: an alert that is hushed is handed over too, as a digest.
        if level := levels.get(each.data.get("alert_id", "")):
            stories[each.data["incident_id"]].handed.setdefault(level, each.received_at)
    return list(stories.values())
