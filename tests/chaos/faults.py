"""What breaks when? Faults one after another for as long as a block runs, by a seed that repeats them.

Two storms rage side by side: one among the stores, one among Beatline's own processes and the push service. So two
faults overlap often, three never. Everything is mended when the block ends. Not for how a fault is done: `stand`.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from chaos.row import Scale
from chaos.stand import POSTGRES, VALKEY, Stand

BAD_ANSWERS = ("unavailable", "internal", "hang", "reset")
"""What the push service does with a message it has not taken; what it takes and then denies is not our doing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between two faults of a storm, and how long one lasts that has to be mended: each at least, at most."""

    quiet_s: tuple[float, float] = (0.8, 2.5)
    lasting_s: tuple[float, float] = (0.5, 2.5)


@dataclass(slots=True, kw_only=True)
class Storm:
    """Faults drawn from `luck` until `over` is set."""

    stand: Stand
    luck: Random
    targets: Sequence[str]
    pace: Pace = field(default_factory=Pace)
    over: threading.Event = field(default_factory=threading.Event)

    def of_stores(self) -> None:
        faults = (self._killed(VALKEY), self._hung(VALKEY), self._wiped, self._killed(POSTGRES), self._hung(POSTGRES))
        self._rage(faults)

    def of_processes(self) -> None:
        names = self.stand.planned
        clocks = [name.replace("api-", "clock-") for name in names if name.startswith("api-")]
        faults = (*map(self._killed, names), *map(self._struck, clocks), *map(self._hung, names))
        self._rage((*faults, self._refusing, self._refusing, self._refusing))

    def _rage(self, faults: Sequence[Callable[[], None]]) -> None:
        while not self.over.wait(self.luck.uniform(*self.pace.quiet_s)):
            self.luck.choice(faults)()

    def _killed(self, name: str) -> Callable[[], None]:
        def kill() -> None:
            self.stand.kill(name)
            self._last()
            self.stand.restart(name)

        return kill

    def _struck(self, name: str) -> Callable[[], None]:
        return lambda: self.stand.kill(name)

    def _hung(self, name: str) -> Callable[[], None]:
        def hang() -> None:
            self.stand.stop(name)
            self._last()
            self.stand.cont(name)

        return hang

    def _wiped(self) -> None:
        self.stand.wipe_redis()

    def _refusing(self) -> None:
        for target in self.luck.sample(self.targets, k=min(3, len(self.targets))):
            self.stand.fail_push(target, answer=self.luck.choice(BAD_ANSWERS))

    def _last(self) -> None:
        self.over.wait(self.luck.uniform(*self.pace.lasting_s))


@contextmanager
def raging(stand: Stand, scale: Scale, *, targets: Sequence[str], pace: Pace | None = None) -> Iterator[None]:
    """Both storms while the block runs. Raises what a storm died of, when the block is over."""
    over = threading.Event()
    stores, rest = (
        Storm(stand=stand, luck=scale.luck(name), targets=targets, pace=pace or Pace(), over=over)
        for name in ("stores", "the rest")
    )
    with ThreadPoolExecutor(2, thread_name_prefix="storm") as threads:
        storms = [threads.submit(stores.of_stores), threads.submit(rest.of_processes)]
        try:
            yield
        finally:
            over.set()
    for storm in storms:
        storm.result()
    stand.behave_push()
