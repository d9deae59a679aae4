"""What is a figure of the benchmark? Rounds of us and of a floor measured in turn, their ratio, and its bound."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much is measured: rounds (twice as many where a round is short), and in each so many of us and the floor."""

    rounds: int
    rings: int
    detections: int
    positions_s: float
    selections: int


FULL = Pace(rounds=5, rings=50, detections=60, positions_s=1.5, selections=60)
QUICK = Pace(rounds=1, rings=5, detections=20, positions_s=0.3, selections=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One look at both, seconds apart: whatever else the machine does hits both alike."""

    ours: float
    floor: float

    @property
    def ratio(self) -> float:
        return self.ours / self.floor


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What the ratio may be: times no more than `at_most`, rates no less than `at_least`; one of them is set."""

    at_most: float | None = None
    at_least: float | None = None

    def holds(self, ratio: float) -> bool:
        return (self.at_most is None or ratio <= self.at_most) and (self.at_least is None or ratio >= self.at_least)

    def __str__(self) -> str:
        return f"≤ {self.at_most:g} ×" if self.at_most is not None else f"≥ {self.at_least:g} ×"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. The ratio is the median of the rounds' ratios, not the ratio of two medians."""

    what: str
    unit: str
    bound: Bound
    rounds: Sequence[Round]

    @property
    def ours(self) -> float:
        return median(each.ours for each in self.rounds)

    @property
    def floor(self) -> float:
        return median(each.floor for each in self.rounds)

    @property
    def ratio(self) -> float:
        return median(each.ratio for each in self.rounds)

    @property
    def spread(self) -> tuple[float, float]:
        """The smallest and the largest ratio of a round."""
        ratios = [each.ratio for each in self.rounds]
        return min(ratios), max(ratios)

    @property
    def is_met(self) -> bool:
        return self.bound.holds(self.ratio)


def percentile(values: Sequence[float], percent: float) -> float:
    """By nearest rank: a value that was really measured."""
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)]
