"""What did one promise look like under faults? A row of the table that `make chaos` ends with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How long and how strictly. `short` is the form in `make test`; promised seconds times `slack` are its bound.

    `seed` is what the faults are drawn from: the same seed draws the same faults, in the same order.
    """

    short: bool
    slack: float
    seed: int = 4

    def luck(self, of: str = "") -> Random:
        """Chances that come again with the same seed; `of` tells several of them apart."""
        return Random(f"{self.seed} {of}")  # noqa: S311  guards nothing: it must be repeatable


FULL = Scale(short=False, slack=1.0)
SHORT = Scale(short=True, slack=3.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`promise` as in "R6"; `what` in a few words; `faults` injected, by kind; `worst` is the worst figure seen.

    `note`: what went wrong, in words for who has to find out why; best empty when it holds. `tried`: it could be
    measured at all; `note` says why not.
    """

    promise: str
    what: str
    faults: Mapping[str, int]
    worst: str
    bound: str
    holds: bool
    note: str = ""
    tried: bool = True


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of `values` does not exceed: 0.99 of 50 values is the largest. 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else 0.0
