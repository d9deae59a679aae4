"""A chain of plausible journal entries, and the same after somebody was at it. Nothing here is stored."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from builders import AGENCY_ID, NOW, id_of, seconds

from service.domain.chain import Head, Line, Sealed, seal
from service.domain.verification import Finding, Kind, Verification


def a_line(name: str = "1", **changes: Any) -> Line:
    """A note of a dispatcher, written now."""
    line = Line(
        agency_id=AGENCY_ID,
        entry_id=id_of(f"entry {name}"),
        at=NOW,
        actor="user:dispatcher",
        origin="192.0.2.7",
        action="note_added",
        incident_id=id_of("incident"),
        details=f'{{"text": "note {name}"}}',
    )
    return replace(line, **changes)


def a_chain(length: int, *, start: Head | None = None) -> list[Sealed]:
    """Sealed a second after they were written."""
    head = start or Head(agency_id=AGENCY_ID)
    lines = [a_line(str(head.number + place)) for place in range(1, length + 1)]
    return seal(head, lines, now=NOW + seconds(1))


def head_of(chain: list[Sealed]) -> Head:
    last = chain[-1]
    return Head(agency_id=last.line.agency_id, number=last.number, hash=last.hash, sealed_at=last.sealed_at)


def altered(sealed: Sealed, **changes: Any) -> Sealed:
    """Somebody has changed what it says, and nothing else."""
    return replace(sealed, line=replace(sealed.line, **changes))


def verified(
    chain: Iterable[Sealed],
    *,
    heads: Iterable[Head] = (),
    unsealed: Iterable[Line] = (),
    now: datetime = NOW,
) -> list[Finding]:
    verification = Verification(heads=heads)
    findings = [finding for sealed in chain for finding in verification.add(sealed, now=now)]
    findings += [finding for line in unsealed for finding in verification.wait(line, now=now)]
    return findings + list(verification.end())


def named(findings: Iterable[Finding]) -> list[tuple[Kind, int | None]]:
    return [(finding.kind, finding.number) for finding in findings]
