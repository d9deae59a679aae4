"""How do journal entries hold each other? Every one is numbered, and its hash covers its text and the hash before it.

The text is one line of JSON, which is also what is exported: whoever has the lines can follow the chain without us. Not
for finding what is wrong with a chain: that is `verification`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Self
from uuid import UUID

NOTHING = bytes(32)
"""The hash before the first entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What an entry says. `details` is the text of its JSON, letter by letter as PostgreSQL gives jsonb back."""

    agency_id: UUID
    entry_id: UUID
    at: datetime
    actor: str
    origin: str | None
    action: str
    incident_id: UUID | None
    details: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An entry in its place in the chain."""

    line: Line
    number: int
    sealed_at: datetime
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of an agency's chain: whoever keeps it elsewhere can tell later whether what led to it has changed."""

    agency_id: UUID
    number: int = 0
    hash: bytes = NOTHING
    sealed_at: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; `from_dict` is its inverse."""
        return {
            "agency_id": str(self.agency_id),
            "number": self.number,
            "hash": self.hash.hex(),
            "sealed_at": _instant(self.sealed_at) if self.sealed_at else None,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Raises ValueError, KeyError or TypeError for what `as_dict` never made."""
        sealed_at = values["sealed_at"]
        return cls(
            agency_id=UUID(values["agency_id"]),
            number=int(values["number"]),
            hash=bytes.fromhex(values["hash"]),
            sealed_at=datetime.fromisoformat(sealed_at) if sealed_at is not None else None,
        )


def canonical(line: Line, *, number: int, sealed_at: datetime) -> bytes:
    """The text that a hash covers: one JSON object in UTF-8, members in this order, no blanks around `:` and `,`.

    `agency_id`, `number`, `entry_id`, `at`, `sealed_at`, `actor`, `origin`, `action`, `incident_id`, `details`. Times
    are UTC with six digits of the second and `Z`; absent is null; strings escape what JSON must escape and nothing
    else; `details` is copied as it is.
    """
    incident_id = f'"{line.incident_id}"' if line.incident_id else "null"
    return (
        f'{{"agency_id":"{line.agency_id}","number":{number},"entry_id":"{line.entry_id}"'
        f',"at":"{_instant(line.at)}","sealed_at":"{_instant(sealed_at)}"'
        f',"actor":{_text(line.actor)},"origin":{_text(line.origin)},"action":{_text(line.action)}'
        f',"incident_id":{incident_id},"details":{line.details}}}'
    ).encode()


def link(previous: bytes, line: Line, *, number: int, sealed_at: datetime) -> bytes:
    """The hash of an entry in this place: SHA-256 over the 32 bytes of the hash before it, then its canonical text."""
    return sha256(previous + canonical(line, number=number, sealed_at=sealed_at)).digest()


def follows(previous: bytes, sealed: Sealed) -> bool:
    """Is it as it was sealed after the hash `previous`?"""
    return link(previous, sealed.line, number=sealed.number, sealed_at=sealed.sealed_at) == sealed.hash


def seal(head: Head, lines: Iterable[Line], *, now: datetime) -> list[Sealed]:
    """The lines in their places after `head`, in the order in which they come."""
    sealed, number, previous = [], head.number, head.hash
    for line in lines:
        number += 1
        previous = link(previous, line, number=number, sealed_at=now)
        sealed.append(Sealed(line=line, number=number, sealed_at=now, hash=previous))
    return sealed


def exported(sealed: Sealed) -> bytes:
    """One line of JSON: the canonical text, and its hash as the last member."""
    text = canonical(sealed.line, number=sealed.number, sealed_at=sealed.sealed_at)
    return text[:-1] + f',"hash":"{sealed.hash.hex()}"}}'.encode()


_text = json.JSONEncoder(ensure_ascii=False).encode


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
