"""How does an auditor check the journal, keep its heads, and carry it away? `beatline journal verify | head | export`.

At the server itself, with BEATLINE_DATABASE_URL: for all agencies, or one. What each finding means: docs/JOURNAL.md.
"""

import json
import os
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NoReturn, TextIO
from uuid import UUID

from cyclopts import App

from service.cli.environment import settings_or_exit
from service.domain.chain import Head
from service.domain.errors import DomainError
from service.domain.verification import Verification
from service.operations.verifying import agencies_with_journals, export_journal, journal_head, verify_journal
from service.store.database import Database

journal = App(name="journal", help="Check the journal, keep its heads, and carry it away.")

FINDINGS_SHOWN = 1_000
"""Of one agency; whoever has rewritten a million entries is not found a million times."""
WRONG, NOT_UNDERSTOOD = 1, 2
_NUMBER_AND_HASH = re.compile(r"(\d{1,18}):([0-9a-f]{64})", re.ASCII)


@journal.command
def verify(*, agency: UUID | None = None, head: str | None = None) -> None:
    """Walk the chain and name every entry that was altered, deleted or moved. Exits with 1 when anything is wrong.

    Parameters
    ----------
    agency
        The one agency whose journal is walked; all agencies' without it.
    head
        An end of the chain that was kept elsewhere: a file of lines as `beatline journal head` prints them, or
        NUMBER:HASH. Without one, an end that was cut off or a chain that was rewritten throughout looks right.

    """
    with _open_database() as database:
        heads = _read_heads(head, agency or _only_agency(database)) if head else []
        # Who was kept a head of and is gone has lost its whole journal.
        agency_ids = _chosen(database, agency, or_of={kept.agency_id for kept in heads})
        with _reader_may_leave():
            sound = is_sound(database, agency_ids, heads, now=database.now(), out=sys.stdout)
            sys.stdout.flush()
            sys.exit(0 if sound else WRONG)


@journal.command(name="head")
def print_head(*, agency: UUID | None = None) -> None:
    """Print the end of each chain as one line of JSON. Keep it where nobody who can write to this database can.

    Parameters
    ----------
    agency
        The one agency; all without it.

    """
    with _open_database() as database:
        for agency_id in _chosen(database, agency):
            sys.stdout.write(json.dumps(journal_head(database, agency_id=agency_id).as_dict()) + "\n")


@journal.command
def export(*, agency: UUID | None = None, after: int = 0, incident: UUID | None = None) -> None:
    """Print sealed entries as JSON Lines, by number: the text that was hashed, and its hash.

    Parameters
    ----------
    agency
        The one agency; all without it.
    after
        Only entries with a higher number, as when the last export ended with this one; takes an agency.
    incident
        Only what happened in this incident.

    """
    if after and agency is None:
        _give_up("--after counts one agency's entries: say which with --agency.")
    with _open_database() as database, _reader_may_leave():
        for agency_id in _chosen(database, agency):
            for line in export_journal(database, agency_id=agency_id, after=after, incident_id=incident):
                sys.stdout.buffer.write(line + b"\n")
        sys.stdout.flush()


def is_sound(
    database: Database, agency_ids: Sequence[UUID], heads: Sequence[Head], *, now: datetime, out: TextIO
) -> bool:
    """Writes one line for each thing that is wrong, and one for each agency; False when anything is."""
    sound = True
    for agency_id in agency_ids:
        verification = Verification(heads=[head for head in heads if head.agency_id == agency_id])
        faults = warnings = 0
        for finding in verify_journal(database, verification, agency_id=agency_id, now=now):
            faults, warnings = faults + finding.is_fault, warnings + (not finding.is_fault)
            if faults + warnings <= FINDINGS_SHOWN:
                out.write(f"agency {agency_id}: {finding.kind}: {finding.words}\n")
        out.write(f"agency {agency_id}: {_told(verification)}: {_counted(faults, warnings)}\n")
        sound = sound and faults == 0
    return sound


def _told(verification: Verification) -> str:
    if verification.last is None:
        return "no entry is sealed"
    purged = f", {verification.purged:,} purged by right" if verification.purged else ""
    end = f"{verification.last.number}:{verification.last.hash.hex()}"
    return f"{verification.entries:,} entries{purged}, head {end}"


def _counted(faults: int, warnings: int) -> str:
    said = f"{faults:,} WRONG" if faults else "nothing is wrong"
    return f"{said}, {warnings:,} to look at" if warnings else said


@contextmanager
def _open_database() -> Iterator[Database]:
    database = Database(settings_or_exit().database_url.get_secret_value(), pool_size=1)
    try:
        # Whoever passes by row-level security would see all agencies' entries as one's.
        database.refuse_powerful_role()
        yield database
    except DomainError as error:
        _give_up(error.message)
    finally:
        database.close()


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    """`… export | head` has read enough."""
    try:
        yield
    except BrokenPipeError:
        # What Python still holds back goes nowhere: its own flush at exit would fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _chosen(database: Database, agency: UUID | None, *, or_of: Collection[UUID] = ()) -> list[UUID]:
    known = agencies_with_journals(database)
    if agency is None:
        return known + sorted(set(or_of) - set(known))
    if agency not in known and agency not in or_of:
        _give_up(f"There is no agency {agency}.")
    return [agency]


def _only_agency(database: Database) -> UUID | None:
    known = agencies_with_journals(database)
    return known[0] if len(known) == 1 else None


def _read_heads(text: str, agency_id: UUID | None) -> list[Head]:
    if match := _NUMBER_AND_HASH.fullmatch(text):
        if agency_id is None:
            _give_up("NUMBER:HASH is one agency's head: say which with --agency.")
        return [Head(agency_id=agency_id, number=int(match[1]), hash=bytes.fromhex(match[2]))]
    try:
        return [Head.from_dict(json.loads(line)) for line in Path(text).read_text().splitlines() if line.strip()]
    except OSError as error:
        _give_up(f"{text} is neither NUMBER:HASH nor a file that can be read: {error.strerror}.")
    except (ValueError, KeyError, TypeError):
        _give_up(f"{text} has a line that `beatline journal head` did not print.")


def _give_up(why: str) -> NoReturn:
    sys.stderr.write(why + "\n")
    sys.exit(NOT_UNDERSTOOD)
