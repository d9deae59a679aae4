"""People of the demo to whom chance does not happen: what they do is known beforehand."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

Item = TypeVar("Item")


class Typical(Random):
    """Does what stands first, after the longest pause."""

    def choice(self, options: Sequence[Item]) -> Item:  # type: ignore[override]  # of sequences alone
        return options[0]

    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


class Forgetful(Typical):
    """Does what stands last, which is nothing where that is possible."""

    def choice(self, options: Sequence[Item]) -> Item:  # type: ignore[override]  # as above
        return options[-1]
