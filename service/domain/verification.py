"""Is an agency's journal as it was sealed? Walks its chain once, and names each entry with which something is wrong.

Pure: entries are handed in, findings come out as soon as they are certain. What a chain is: `chain`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from service.domain.chain import NOTHING, Head, Line, Sealed, follows
from service.domain.purge_receipts import Purged, Receipts
from service.domain.tampering import Suspect, diagnose

LATE = timedelta(minutes=1)
"""The clock seals each second; an entry that waited for so long was kept from it, or was not there yet."""
SUSPECTS_AT_ONCE = 20
"""So many are compared with each other to find out which were swapped; of more each is just said to be altered."""


class Kind(StrEnum):
    ALTERED = "altered"
    MOVED = "moved"
    MISSING = "missing"
    ADDED = "added"
    UNSEALED = "unsealed"
    LATE = "late"
    CUT = "cut"
    REWRITTEN = "rewritten"
    PURGED_EARLY = "purged_early"
    MISDATED = "misdated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, in words; a `late` one is a warning: it may have been an outage of the clock.

    `number` and `entry_id` are of the entry that it is about, or of the first of several; None where there is none.
    """

    kind: Kind
    words: str
    number: int | None = None
    entry_id: UUID | None = None

    @property
    def is_fault(self) -> bool:
        return self.kind is not Kind.LATE


@dataclass(frozen=True, slots=True)
class _Gap:
    """Numbers that nobody bears, between two entries; `before` is None when they are the first."""

    before: Sealed | None
    after: Sealed

    @property
    def first(self) -> int:
        return self.before.number + 1 if self.before else 1

    @property
    def last(self) -> int:
        return self.after.number - 1


@dataclass(frozen=True, slots=True)
class _LateRun:
    """Neighbouring entries that came late, and by how much at most."""

    first: Sealed
    last: Sealed
    longest: timedelta


class Verification:
    """`add` every sealed entry by number, let those `wait` that are not sealed, and `end`.

    `heads` are ends of this chain that were kept elsewhere. Each finding comes as soon as it is certain. `now` must be
    of the same clock as the entries: it tells which times are still to come.
    """

    def __init__(self, *, heads: Iterable[Head] = ()) -> None:
        self.entries = 0
        self.purged = 0
        self.last: Sealed | None = None
        self._heads: defaultdict[int, list[Head]] = defaultdict(list)
        for head in heads:
            self._heads[head.number].append(head)
        self._gaps: list[_Gap] = []
        self._receipts = Receipts()
        self._suspects: list[Suspect] = []
        self._late: _LateRun | None = None
        self._oldest_unsealed: Line | None = None
        self._unsealed = 0

    def add(self, sealed: Sealed, *, now: datetime) -> Iterator[Finding]:
        """The next entry by number. What is certain by now is wrong with it or before it."""
        number, previous = (self.last.number, self.last.hash) if self.last else (0, NOTHING)
        self.entries += 1
        self._receipts.learn(sealed.line, by=min(sealed.sealed_at, now) + LATE)
        yield from self._see_lateness(sealed)
        yield from _misdating(self.last, sealed, now=now)
        if sealed.number <= number:
            yield _of(sealed, Kind.ADDED, "bears a number that was given before, or that none is given")
            return
        if sealed.number > number + 1:
            self._gaps.append(_Gap(self.last, sealed))
        elif not follows(previous, sealed):
            yield from self._suspect(previous, sealed)
        for head in self._heads.pop(sealed.number, ()):
            if head.hash != sealed.hash:
                yield _of(sealed, Kind.REWRITTEN, f"is not what {_kept(head)} was the end of")
        self.last = sealed

    def wait(self, line: Line, *, now: datetime) -> Iterator[Finding]:
        """The next entry that is not sealed, oldest first; a minute from its writing it should be."""
        self._receipts.learn(line, by=now + LATE)
        if line.at - now > LATE:
            words = f"entry {line.entry_id}, not sealed yet, tells of a time that is still to come"
            yield Finding(kind=Kind.MISDATED, words=words, entry_id=line.entry_id)
        if now - line.at > LATE:
            self._unsealed += 1
            self._oldest_unsealed = self._oldest_unsealed or line

    def end(self) -> Iterator[Finding]:
        """There are no more. The rest of what is wrong."""
        yield from self._end_lateness()
        for gap in self._gaps:
            yield from self._judge_gap(gap)
        for sealed, original in diagnose(self._suspects):
            yield _altered(sealed) if original is None else _moved(sealed, original)
        yield from self._judge_heads()
        if line := self._oldest_unsealed:
            what = "entry is" if self._unsealed == 1 else "entries are"
            words = f"{self._unsealed} {what} not sealed, the oldest is {line.entry_id} of {line.at.isoformat()}"
            yield Finding(kind=Kind.UNSEALED, words=words, entry_id=line.entry_id)

    def _suspect(self, previous: bytes, sealed: Sealed) -> Iterator[Finding]:
        self._suspects.append(Suspect(previous, sealed))
        if len(self._suspects) > SUSPECTS_AT_ONCE:
            yield from (_altered(suspect.sealed) for suspect in self._suspects)
            self._suspects.clear()

    def _judge_gap(self, gap: _Gap) -> Iterator[Finding]:
        piece = None
        for piece in self._receipts.explain(gap.first, gap.last):
            if not isinstance(piece, Purged):
                words = f"{_numbers(piece.first, piece.last)} missing, {_neighbours(gap)}"
                yield Finding(kind=Kind.MISSING, words=words, number=piece.first)
                continue
            self.purged += piece.last - piece.first + 1
            if gap.before and gap.before.sealed_at >= piece.before:
                yield _purged_early(piece, f"number {gap.before.number} is of {gap.before.sealed_at.isoformat()}")
        if isinstance(piece, Purged) and not follows(piece.hash, gap.after):
            yield from self._suspect(piece.hash, gap.after)

    def _judge_heads(self) -> Iterator[Finding]:
        """Those whose number no entry bears: cut off, missing (that was found already), or purged."""
        last_number = self.last.number if self.last else 0
        for number, heads in sorted(self._heads.items()):
            for head in heads:
                if number > last_number:
                    words = f"the chain ends with number {last_number}: its end was cut off since {_kept(head)}"
                    yield Finding(kind=Kind.CUT, words=words, number=number)
                elif purged := self._receipts.covering(number):
                    yield from _judge_purged_head(head, purged)

    def _see_lateness(self, sealed: Sealed) -> Iterator[Finding]:
        waited = sealed.sealed_at - sealed.line.at
        if waited <= LATE:
            yield from self._end_lateness()
        else:
            run = self._late or _LateRun(sealed, sealed, waited)
            self._late = _LateRun(run.first, sealed, max(run.longest, waited))

    def _end_lateness(self) -> Iterator[Finding]:
        run, self._late = self._late, None
        if run is not None:
            numbers = _numbers(run.first.number, run.last.number)
            words = f"{numbers} sealed up to {run.longest} after what is told there: it came late, or sealing was away"
            yield Finding(kind=Kind.LATE, words=words, number=run.first.number, entry_id=run.first.line.entry_id)


def _misdating(before: Sealed | None, sealed: Sealed, *, now: datetime) -> Iterator[Finding]:
    """Times that cannot be: nobody tells or seals what is still to come, nor seals before the seal he goes on from."""
    if before and before.sealed_at - sealed.sealed_at > LATE:
        yield _of(sealed, Kind.MISDATED, "says that it was sealed before the entry before it")
    if sealed.line.at - sealed.sealed_at > LATE:
        yield _of(sealed, Kind.MISDATED, "tells of a time after its sealing")
    if sealed.sealed_at - now > LATE:
        yield _of(sealed, Kind.MISDATED, "says that it was sealed at a time that is still to come")


def _judge_purged_head(head: Head, purged: Purged) -> Iterator[Finding]:
    if purged.last == head.number and purged.hash != head.hash:
        words = f"number {head.number}, purged since, is not what {_kept(head)} was the end of"
        yield Finding(kind=Kind.REWRITTEN, words=words, number=head.number)
    if head.sealed_at and head.sealed_at >= purged.before:
        yield _purged_early(purged, f"{_kept(head)} is of {head.sealed_at.isoformat()}")


def _altered(sealed: Sealed) -> Finding:
    return _of(sealed, Kind.ALTERED, "is not as it was sealed")


def _moved(sealed: Sealed, original: int) -> Finding:
    return _of(sealed, Kind.MOVED, f"was sealed as number {original}, and stands in another's place")


def _of(sealed: Sealed, kind: Kind, what: str) -> Finding:
    number, entry_id = sealed.number, sealed.line.entry_id
    return Finding(kind=kind, words=f"number {number} (entry {entry_id}) {what}", number=number, entry_id=entry_id)


def _purged_early(purged: Purged, why: str) -> Finding:
    said = f"{_numbers(purged.first, purged.last)} said to be purged as sealed before {purged.before.isoformat()}"
    return Finding(kind=Kind.PURGED_EARLY, words=f"{said}, but {why}", number=purged.first)


def _numbers(first: int, last: int) -> str:
    return f"number {first} is" if first == last else f"numbers {first} to {last} are"


def _neighbours(gap: _Gap) -> str:
    after = f"number {gap.after.number} (entry {gap.after.line.entry_id})"
    if gap.before is None:
        return f"before {after}"
    return f"between number {gap.before.number} (entry {gap.before.line.entry_id}) and {after}"


def _kept(head: Head) -> str:
    return f"the kept head {head.number}:{head.hash.hex()[:16]}"
