"""What does a simulated officer say when the phone rings? Pure, repeatable by seed. Not for sending it: `patrol`."""

from dataclasses import dataclass
from random import Random
from typing import Literal

REASONS = ("on a traffic stop", "transporting an arrestee", "vehicle trouble", "too far, other side of the district")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intention:
    """`response` is None for a phone that nobody looks at; `reason` only goes with a decline."""

    response: Literal["accepted", "declined"] | None
    after_s: float = 0.0
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """`willing` and `absent` are shares of all rings: accepts, hears nothing; the rest declines."""

    random: Random
    willing: float = 0.72
    absent: float = 0.14

    def hears_the_phone(self) -> Intention:
        """Each ring is decided anew; people take seconds, and now and then most of the deadline."""
        chance = self.random.random()
        if chance < self.willing:
            return Intention(response="accepted", after_s=self._hesitates_s())
        if chance < self.willing + self.absent:
            return Intention(response=None)
        return Intention(response="declined", after_s=self._hesitates_s(), reason=self.random.choice(REASONS))

    def finds(self) -> str:
        """A disposition; about as often evidence as the published audits say."""
        return self.random.choices(["evidence_found", "no_evidence", "unfounded", "victim"], weights=[12, 70, 16, 2])[0]

    def stays_s(self, found: str) -> float:
        """From arriving to being clear again; with a victim for so long that dispatch asks whether all is well."""
        return self.random.uniform(660.0, 780.0) if found == "victim" else self.random.uniform(10.0, 25.0)

    def is_attacked(self) -> bool:
        """Rarely, on arriving: the emergency button is pressed."""
        return self.random.random() < 0.01  # noqa: PLR2004  one arrival in a hundred

    def answers_welfare_after_s(self) -> float | None:
        """None: the phone is not heard, and the console is told."""
        return None if self.random.random() < self.absent else self._hesitates_s()

    def _hesitates_s(self) -> float:
        return min(25.0, self.random.lognormvariate(1.3, 0.5))
