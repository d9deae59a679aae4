"""Somebody knows how the journal is sealed and makes it fit: a time that cannot be, or a row that cannot be read."""

from datetime import datetime, timedelta
from io import StringIO
from typing import LiteralString

import pytest
from builders import seconds
from fake_clock import FrozenClock
from intruder import Intruder
from keeping import a_clock_of_long_ago
from psycopg import sql
from world import World

from service.cli.journal import is_sound
from service.domain.chain import seal
from service.domain.purge_receipts import JOURNAL_PURGED, purged_ranges, receipt_details
from service.operations.sealing import seal_due
from service.operations.verifying import export_journal
from service.store import chain, journal
from service.store.journal import Entry


@pytest.fixture
def clock() -> FrozenClock:
    return a_clock_of_long_ago()


@pytest.fixture
def intruder(admin_database_url: str) -> Intruder:
    return Intruder(admin_database_url)


@pytest.fixture
def sealed(world: World) -> World:
    near, _ = world.cars(400, 900)
    world.hears()
    near.phone.receives()
    near.phone.accepts()
    seal_due(world.database, world.ports)
    return world


def tell(world: World, *, at: datetime, action: str = "note_added", **details: object) -> None:
    with world.database.transaction(world.agency_id) as tx:
        journal.write(tx, [Entry(at=at, actor="clock", action=action, details=details)])


def found(world: World) -> list[str]:
    """Kind and number of what `verify` finds, as in `altered: number 5`."""
    out = StringIO()
    is_sound(world.database, [world.agency_id], [], now=world.clock.now(), out=out)
    said = [line.removeprefix(f"agency {world.agency_id}: ") for line in out.getvalue().splitlines()[:-1]]
    return [line.split(" (entry")[0].split(" are ")[0] for line in said]


# -- times that cannot be ------------------------------------------------------------------------------------------


def test_a_receipt_of_next_month_does_not_explain_what_was_deleted_today(sealed: World, intruder: Intruder) -> None:
    now = sealed.clock.now()
    gone = intruder.sees("select number, hash from journal where number between 5 and 7 order by number")
    intruder.does("delete from journal where number between 5 and 7")
    forged = receipt_details(purged_ranges(gone, before=now + seconds(1)), before=now + seconds(1))
    tell(sealed, at=now + timedelta(days=31), action=JOURNAL_PURGED, **forged)
    [unsealed, missing] = found(sealed)
    assert (True, "missing: numbers 5 to 7") == (unsealed.startswith("misdated: entry"), missing)
    assert 1 == seal_due(sealed.database, sealed.ports)
    [(number,)] = intruder.sees("select max(number) from journal")
    assert [f"misdated: number {number}", "missing: numbers 5 to 7"] == found(sealed)


def test_an_entry_that_the_service_itself_backdates_is_named(sealed: World) -> None:
    long_ago = sealed.clock.now() - timedelta(days=50)
    tell(sealed, at=long_ago, text="I was at home")
    with sealed.database.transaction(sealed.agency_id) as tx:
        head = chain.head(tx)
        chain.seal(tx, seal(head, chain.unsealed(tx, at_most=1), now=long_ago + seconds(1)))
    assert [f"misdated: number {head.number + 1}"] == found(sealed)


# -- rows that cannot be read --------------------------------------------------------------------------------------


@pytest.fixture
def unchecked(sealed: World, intruder: Intruder) -> World:
    """An owner has dropped what keeps a row legible."""
    for constraint in ("ck_journal_sealed", "ck_journal_can_be_told"):
        intruder.tries(sql.SQL("alter table journal drop constraint {}").format(sql.Identifier(constraint)))
    intruder.tries("alter table journal alter at drop not null")
    return sealed


@pytest.mark.parametrize(
    "changed",
    [
        "at = 'infinity'",
        "at = '-infinity'",
        "at = '0044-03-15 12:00:00+00 BC'",
        "at = null",
        "sealed_at = 'infinity'",
        "sealed_at = '-infinity'",
        "sealed_at = '0044-03-15 12:00:00+00 BC'",
        "sealed_at = null",
        "hash = null",
    ],
)
def test_a_row_that_cannot_be_read_is_altered_and_named(
    unchecked: World, intruder: Intruder, changed: LiteralString
) -> None:
    intruder.alters(5, changed)
    assert ["altered: number 5"] == [finding for finding in found(unchecked) if finding.startswith("altered")]
    assert list(export_journal(unchecked.database, agency_id=unchecked.agency_id))


@pytest.mark.parametrize("changed", ["sealed_at = 'infinity'", "sealed_at = null", "hash = null"])
def test_an_end_of_the_chain_that_cannot_be_read_does_not_stop_the_sealing(
    unchecked: World, intruder: Intruder, changed: LiteralString
) -> None:
    [(number,)] = intruder.sees("select max(number) from journal")
    intruder.alters(number, changed)
    tell(unchecked, at=unchecked.clock.now())
    assert 1 == seal_due(unchecked.database, unchecked.ports)
    assert f"altered: number {number}" in found(unchecked)


@pytest.mark.parametrize("at", ["infinity", "-infinity"])
def test_an_entry_of_no_time_that_waits_is_sealed_and_told(unchecked: World, intruder: Intruder, at: str) -> None:
    intruder.does(
        "insert into journal (agency_id, entry_id, at, actor, action, details)"
        " values (%s, gen_random_uuid(), %s, 'x', 'y', '{}')",
        unchecked.agency_id,
        at,
    )
    assert found(unchecked)
    assert 1 == seal_due(unchecked.database, unchecked.ports)
    assert found(unchecked)


def test_the_last_number_of_all_is_read_as_well(unchecked: World, intruder: Intruder) -> None:
    intruder.does("update journal set number = %s where number = 5", 2**63 - 1)
    assert "missing: number 5" in [finding.split(" is ")[0] for finding in found(unchecked)]
