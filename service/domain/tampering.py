"""Which of the entries that do not fit were swapped, and which only follow one that was? The rest were altered.

An entry's hash says in which place it was sealed: a place into which it fits gives the swap away.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from service.domain.chain import Sealed, link


@dataclass(frozen=True, slots=True)
class Suspect:
    """An entry whose hash is not that of its text after `previous`, the hash before it as it reads now."""

    previous: bytes
    sealed: Sealed

    @property
    def number(self) -> int:
        return self.sealed.number


def diagnose(suspects: Sequence[Suspect]) -> Iterator[tuple[Sealed, int | None]]:
    """Each guilty one, and as which number it was sealed; None: it fits nowhere. Cubic, so for a few dozen at most."""
    originals = [_original_number(suspect, suspects) for suspect in suspects]
    moved_from = {original: suspect for original, suspect in zip(originals, suspects, strict=True) if original}
    by_number = {suspect.number: suspect for suspect in suspects}
    for suspect, original in zip(suspects, originals, strict=True):
        before = suspect.number - 1
        if original is None and _is_innocent(suspect, by_number.get(before), moved_from.get(before)):
            continue
        yield suspect.sealed, original


def _original_number(suspect: Suspect, suspects: Sequence[Suspect]) -> int | None:
    """Another one's number, if it was sealed there: it makes the hash that it bears, or that the place bears."""
    hashes = {other.sealed.hash for other in suspects}
    for place in suspects:
        if place.number == suspect.number:
            continue
        times = {suspect.sealed.sealed_at, place.sealed.sealed_at}
        for previous, sealed_at in product({place.previous} | hashes, times):
            fits = link(previous, suspect.sealed.line, number=place.number, sealed_at=sealed_at)
            if fits in {suspect.sealed.hash, place.sealed.hash}:
                return place.number
    return None


def _is_innocent(suspect: Suspect, before: Suspect | None, moved: Suspect | None) -> bool:
    """It follows the entry before it as that was: as it was sealed there, or as it still reads beside a false hash."""
    hashes = [moved.sealed.hash] if moved else []
    if before is not None:
        hashes.append(_link(before.previous, before.sealed))
    return any(_link(previous, suspect.sealed) == suspect.sealed.hash for previous in hashes)


def _link(previous: bytes, sealed: Sealed) -> bytes:
    return link(previous, sealed.line, number=sealed.number, sealed_at=sealed.sealed_at)
