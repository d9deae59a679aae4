"""Which entries of a journal are gone by right? Receipts in the journal itself tell, with a hash from which to go on.

A receipt is an entry: sealed like any other, and never purged.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from service.domain.chain import Line
from service.domain.retention import LEAST_JOURNAL_DAYS

JOURNAL_PURGED = "journal_purged"
"""The action of a receipt."""
_LEAST_KEPT = timedelta(days=LEAST_JOURNAL_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """Neighbouring entries that are gone, all sealed before `before`. `hash` is the last one's."""

    first: int
    last: int
    hash: bytes
    before: datetime


@dataclass(frozen=True, slots=True)
class Lost:
    """Neighbouring numbers that nobody bears, and no receipt explains."""

    first: int
    last: int


def purged_ranges(gone: Iterable[tuple[int, bytes]], *, before: datetime) -> list[Purged]:
    """Entries that were purged, given by number and hash in any order: one range for neighbours."""
    ranges: list[Purged] = []
    for number, entry_hash in sorted(gone):
        first = ranges.pop().first if ranges and ranges[-1].last == number - 1 else number
        ranges.append(Purged(first=first, last=number, hash=entry_hash, before=before))
    return ranges


def receipt_details(ranges: Sequence[Purged], *, before: datetime) -> dict[str, Any]:
    """What a receipt's entry says, as plain JSON."""
    told = [{"first": each.first, "last": each.last, "hash": each.hash.hex()} for each in ranges]
    return {"before": before.isoformat(), "ranges": told}


def purged_by(receipt: Line, *, by: datetime) -> list[Purged]:
    """`receipt_details` read back. None of one that we cannot have written: it explains nothing.

    `by`: it was written before then, whenever it says it was; or it could come from a future in which all is old.
    """
    try:
        said = json.loads(receipt.details)
        before = datetime.fromisoformat(said["before"])
        if min(receipt.at, by) - before < _LEAST_KEPT:
            return []
        return [
            Purged(first=each["first"], last=each["last"], hash=bytes.fromhex(each["hash"]), before=before)
            for each in said["ranges"]
            if 1 <= each["first"] <= each["last"]
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


class Receipts:
    """All receipts of one journal, as far as they were told."""

    def __init__(self) -> None:
        self._by_first: dict[int, Purged] = {}
        self._firsts: list[int] = []

    def learn(self, line: Line, *, by: datetime) -> None:
        """Does nothing for an entry that is no receipt. `by`: it was written before then."""
        if line.action == JOURNAL_PURGED:
            for purged in purged_by(line, by=by):
                self._by_first.setdefault(purged.first, purged)
            self._firsts = sorted(self._by_first)

    def covering(self, number: int) -> Purged | None:
        """The range that a purged entry was part of."""
        place = bisect_right(self._firsts, number)
        candidate = self._by_first[self._firsts[place - 1]] if place else None
        return candidate if candidate and number <= candidate.last else None

    def explain(self, first: int, last: int) -> Iterator[Purged | Lost]:
        """What became of numbers that nobody bears, from the first to the last: each is in exactly one piece."""
        number = first
        while number <= last:
            piece = self._piece(number, last)
            yield piece
            number = piece.last + 1

    def _piece(self, number: int, last: int) -> Purged | Lost:
        purged = self._by_first.get(number)
        if purged is not None and purged.last <= last:
            return purged
        place = bisect_right(self._firsts, number)
        following = self._firsts[place] if place < len(self._firsts) else last + 1
        return Lost(number, min(following - 1, last))
