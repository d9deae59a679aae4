"""R12: the release before is replaced by this one, a process at a time, under load, and no webhook fails.

The code of the release before, its schema and its processes are really there, out of git's history. This release's
code migrates while they work, and then takes their places, old and new side by side for seconds. The balancer sends
nothing twice: it goes on to the other host only when one refuses the connection.
"""

import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random

import httpx

from chaos.handed import looked_for, unsettled_pages
from chaos.officers import go
from chaos.outside import Agency, Taken, shots
from chaos.releases import NoHistory, release_before
from chaos.row import Row, Scale
from chaos.stand import ROOT, Plan, Stand, Wish, standing

WHAT = "rolling upgrade from the release before, under load"
BOUND = "0 failed, 0 lost, pages by both"
POLICY = {"sirens_per_minute": 60, "siren_every_s": 1, "acknowledgment_deadline_s": 60}
SETTLED_WITHIN_S = 60.0
RINGS_WITHIN_S = 30.0


def measure(scale: Scale) -> Row:
    with tempfile.TemporaryDirectory(prefix="beatline-release-") as folder:
        try:
            before = release_before(Path(folder))
        except NoHistory as missing:
            return Row(
                promise="R12",
                what=WHAT,
                faults={},
                worst="not tried",
                bound=BOUND,
                holds=False,
                note=str(missing),
                tried=False,
            )
        return _upgraded(Path(folder), before, scale)


def _upgraded(old_code: Path, before: str, scale: Scale) -> Row:
    workers = 1 if scale.short else 2
    with standing(Plan(apis=2, workers=workers, lone_clocks=1, code=old_code)) as stand:
        agencies = stand.found(
            *(Wish(name=f"City {n}", units=36, middle=(37.0 + n, -122.0), policy=POLICY) for n in range(2))
        )
        load = _Load(stand, agencies, luck=scale.luck(), every_s=0.2 if scale.short else 0.05)
        with load.going_on():
            marks = [0, *_rolled_over(stand, aside_s=0.5 if scale.short else 5.0)]
        stand.wait_for(lambda: not unsettled_pages(stand), timeout_s=SETTLED_WITHIN_S, what="the last page")
        finding = looked_for(stand, load.taken)
        alone, mixed, after = (later - earlier for earlier, later in pairwise([*marks, len(stand.deliveries())]))
    lost = [*finding.lost, *finding.unrung]
    return Row(
        promise="R12",
        what=f"{WHAT}: {len(load.taken):,} webhooks; from {before[:10]}",
        faults={"processes replaced": 3 + workers, "schema migrated": 1},
        worst=f"{len(load.failed)} failed, {len(lost)} lost; pages: {alone} by the old, {mixed} side by side, "
        f"{after} by the new",
        bound=BOUND,
        holds=not load.failed and not lost and alone > 0 and after > 0,
        note="; ".join([*lost, *load.failed][:5]),
    )


def _rolled_over(stand: Stand, *, aside_s: float) -> Iterator[int]:
    """How many pages there were when the first process of this release started, and when the last of the old ended."""
    time.sleep(aside_s)
    stand.migrate(ROOT)
    time.sleep(aside_s)
    yield len(stand.deliveries())
    for name in stand.planned:
        stand.replace(name, ROOT)
        time.sleep(aside_s)
    replaced = len(stand.deliveries())
    yield replaced
    time.sleep(max(aside_s, 1.0))
    # Chance decides which shot opens an incident, and so when the next phone rings.
    with suppress(TimeoutError):
        stand.wait_for(lambda: len(stand.deliveries()) > replaced, timeout_s=RINGS_WITHIN_S, what="a page by the new")


@dataclass(slots=True)
class _Load:
    """Shots all over the cities at an even pace, answered by officers now and then; `failed` in words."""

    stand: Stand
    agencies: list[Agency]
    luck: Random
    every_s: float
    taken: list[Taken] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        over = threading.Event()
        with ThreadPoolExecutor(24, thread_name_prefix="load") as threads:
            shooting = threads.submit(self._shoot, over, threads)
            try:
                yield
            finally:
                over.set()
                for officers in shooting.result():
                    officers.result()

    def _shoot(self, over: threading.Event, threads: ThreadPoolExecutor) -> list[Future[None]]:
        luck, going = self.luck, []
        while not over.wait(self.every_s):
            agency = luck.choice(self.agencies)
            going.append(threads.submit(self._hear, agency, luck.choice(agency.phones).call_sign, luck.random()))
        return going

    def _hear(self, agency: Agency, near: str, chance: float) -> None:
        """Once, whatever comes of it."""
        phone = next(each for each in agency.phones if each.call_sign == near)
        sent_at = time.time()
        try:
            answer = agency.balancer.once(**agency.signed(shots(phone.lat, phone.lon)))
        except httpx.TransportError as error:
            self.failed.append(repr(error))
            return
        if answer.status_code != httpx.codes.ACCEPTED:
            self.failed.append(f"{answer.status_code}: {answer.text[:120]}")
            return
        taken = agency.taken(answer.json(), sent_at=sent_at, calls=1)
        self.taken.append(taken)
        if taken.outcome == "opened" and chance < 0.3:
            go(self.stand, agency, taken, at_s=time.monotonic() + 1.0)
