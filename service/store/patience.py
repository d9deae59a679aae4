"""How long does whoever asks go on waiting for PostgreSQL? A few seconds in all, however many questions it takes.

A request may ask PostgreSQL several times; each wait is bounded by itself (`impatient`), and all of them together by
what an answer may spend. Only waiting counts: whoever hashes a password, stands in line, or shares a busy machine has
not lost anything of it. Who waits for no answer, such as a clock, has only the single bounds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ours: ContextVar["Patience | None"] = ContextVar("patience", default=None)


class Patience:
    """Of one answer. What was begun on its behalf shares it, in threads and tasks too, and outlives it unhurried."""

    __slots__ = ("_is_over", "_left_s")

    def __init__(self, for_s: float) -> None:
        self._left_s = for_s
        self._is_over = False

    def end(self) -> None:
        """The answer begins: nobody waits for it any more."""
        self._is_over = True

    def spend(self, seconds: float) -> None:
        """So long was waited."""
        self._left_s -= seconds

    def left_s(self, at_most_s: float) -> float:
        """Not more than `at_most_s`; 0 or less once it is spent."""
        return at_most_s if self._is_over else min(at_most_s, self._left_s)


@contextmanager
def answering(for_s: float) -> Iterator[Patience]:
    """Whatever is asked inside the block is asked for one answer, which may wait so many seconds in all."""
    mine = Patience(for_s)
    token = _ours.set(mine)
    try:
        yield mine
    finally:
        mine.end()
        _ours.reset(token)


def left_s(at_most_s: float) -> float:
    """How long may be waited here and now: `at_most_s`, or less when the answer has spent the rest."""
    mine = _ours.get()
    return at_most_s if mine is None else mine.left_s(at_most_s)


def spend(seconds: float) -> None:
    """So long was waited here and now, whoever for."""
    mine = _ours.get()
    if mine is not None:
        mine.spend(seconds)
