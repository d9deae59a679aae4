"""`beatline journal`: somebody with the owner's rights was at one entry, and `verify` names it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import LiteralString

import pytest
from fake_clock import FrozenClock
from intruder import Intruder
from keeping import JOURNAL_GUIDE, a_clock_of_long_ago, followed
from world import MakeWorld, World

from service.cli.journal import FINDINGS_SHOWN, is_sound
from service.domain.chain import Head
from service.operations.sealing import seal_due
from service.operations.verifying import export_journal, journal_head


@pytest.fixture
def clock() -> FrozenClock:
    """The command asks the database for the time: what stands in the journal must not be still to come."""
    return a_clock_of_long_ago()


@pytest.fixture
def sealed(world: World) -> World:
    """A shot was heard, a car went, and the clock has sealed what was written of it."""
    near, _ = world.cars(400, 900)
    world.hears()
    near.phone.receives()
    near.phone.accepts()
    seal_due(world.database, world.ports)
    return world


@pytest.fixture
def intruder(admin_database_url: str) -> Intruder:
    return Intruder(admin_database_url)


def verified(world: World, *heads: Head) -> list[str]:
    """What `verify` says, line by line."""
    out = StringIO()
    is_sound(world.database, [world.agency_id], heads, now=world.clock.now(), out=out)
    return [line.removeprefix(f"agency {world.agency_id}: ") for line in out.getvalue().splitlines()]


def findings(world: World, *heads: Head) -> list[str]:
    return verified(world, *heads)[:-1]


def head_of(world: World) -> Head:
    return journal_head(world.database, agency_id=world.agency_id)


def test_a_journal_that_nobody_touched_is_sound(sealed: World) -> None:
    head = head_of(sealed)
    assert [f"{head.number} entries, head {head.number}:{head.hash.hex()}: nothing is wrong"] == verified(sealed, head)


@pytest.mark.parametrize(
    "changed",
    [
        "actor = 'user:nobody'",
        "action = 'alert_declined'",
        "origin = '198.51.100.1'",
        "at = at + interval '1 microsecond'",
        "incident_id = gen_random_uuid()",
        "details = details || '{\"x\": 1}'",
        "entry_id = gen_random_uuid()",
        "sealed_at = sealed_at - interval '1 second'",
        "hash = sha256('')",
    ],
)
def test_an_altered_entry_is_named(sealed: World, intruder: Intruder, changed: LiteralString) -> None:
    intruder.alters(5, changed)
    assert [f"altered: number 5 (entry {intruder.entry_at(5)}) is not as it was sealed"] == findings(sealed)


def test_a_deleted_entry_is_named_by_its_neighbours(sealed: World, intruder: Intruder) -> None:
    before, after = intruder.entry_at(4), intruder.entry_at(6)
    intruder.does("delete from journal where number = 5")
    words = f"missing: number 5 is missing, between number 4 (entry {before}) and number 6 (entry {after})"
    assert [words] == findings(sealed)


@pytest.mark.parametrize(
    "columns",
    [("number",), ("number", "hash"), ("entry_id", "at", "actor", "action", "incident_id", "details", "origin")],
    ids=len,
)
def test_of_two_swapped_entries_both_are_named(sealed: World, intruder: Intruder, columns: tuple[str, ...]) -> None:
    intruder.swaps(5, 9, *columns)
    place = "and stands in another's place"
    assert [
        f"moved: number 5 (entry {intruder.entry_at(5)}) was sealed as number 9, {place}",
        f"moved: number 9 (entry {intruder.entry_at(9)}) was sealed as number 5, {place}",
    ] == findings(sealed)


def test_two_neighbours_swapped_are_named_and_nobody_else(sealed: World, intruder: Intruder) -> None:
    intruder.swaps(5, 6, "number")
    assert ["moved: number 5", "moved: number 6"] == [line.split(" (")[0] for line in findings(sealed)]


def test_a_number_given_twice_is_named(sealed: World, intruder: Intruder) -> None:
    intruder.tries("alter table journal drop constraint uq_journal_number")
    intruder.does(
        """
        insert into journal (agency_id, entry_id, at, actor, action, details, number, hash, sealed_at)
        select agency_id, gen_random_uuid(), at, actor, action, details, number, hash, sealed_at
        from journal where number = 5
        """
    )
    assert ["added: number 5"] == [line.split(" (")[0] for line in findings(sealed) if line.startswith("added")]


def test_an_entry_that_hides_before_the_first_is_named(sealed: World, intruder: Intruder) -> None:
    intruder.tries("alter table journal drop constraint ck_journal_sealed")
    intruder.does(
        """
        insert into journal (agency_id, entry_id, at, actor, action, details, number, hash, sealed_at)
        select agency_id, gen_random_uuid(), at, 'user:nobody', action, details, -3, hash, sealed_at
        from journal where number = 5
        """
    )
    assert ["added: number -3"] == [line.split(" (")[0] for line in findings(sealed)]


def test_an_end_that_was_cut_off_looks_right_until_a_head_is_shown(sealed: World, intruder: Intruder) -> None:
    head = head_of(sealed)
    intruder.does("delete from journal where number > %s", head.number - 3)
    assert [] == findings(sealed)
    assert [f"cut: the chain ends with number {head.number - 3}: its end was cut off since the kept head"] == [
        line.split(" head ")[0] + " head" for line in findings(sealed, head)
    ]


def test_a_chain_that_was_sealed_anew_looks_right_until_a_head_is_shown(sealed: World, intruder: Intruder) -> None:
    head = head_of(sealed)
    intruder.does("update journal set number = null, hash = null, sealed_at = null")
    intruder.does("update journal set actor = 'user:nobody' where action = 'alert_acknowledged'")
    seal_due(sealed.database, sealed.ports)
    assert [] == findings(sealed)
    assert ["rewritten"] == [line.split(":")[0] for line in findings(sealed, head)]


def test_whoever_unseals_and_alters_later_is_given_away_by_the_late_seal(sealed: World, intruder: Intruder) -> None:
    intruder.does("update journal set number = null, hash = null, sealed_at = null where number >= 10")
    sealed.clock.advance(3_600)
    assert ["unsealed"] == [line.split(":")[0] for line in findings(sealed)]
    seal_due(sealed.database, sealed.ports)
    assert ["late"] == [line.split(":")[0] for line in findings(sealed)]
    assert verified(sealed)[-1].endswith("nothing is wrong, 1 to look at")


def test_an_agency_that_is_gone_with_its_journal_is_missed_by_its_head(sealed: World) -> None:
    lost = Head(agency_id=sealed.source_id, number=40, hash=bytes(32), sealed_at=sealed.clock.now())
    out = StringIO()
    assert not is_sound(sealed.database, [lost.agency_id], [lost], now=sealed.clock.now(), out=out)


def test_one_agency_s_journal_says_nothing_about_another_s(
    sealed: World, make_world: MakeWorld, intruder: Intruder
) -> None:
    other = make_world()
    seal_due(other.database, other.ports)
    intruder.does("update journal set actor = 'x' where number = 2 and agency_id = %s", other.agency_id)
    assert [] == findings(sealed)
    assert ["altered: number 2"] == [line.split(" (")[0] for line in findings(other)]


def test_a_million_findings_are_counted_and_not_all_told(sealed: World, intruder: Intruder) -> None:
    intruder.does(
        """
        insert into journal (agency_id, entry_id, at, actor, action, details, number, hash, sealed_at)
        select %s, gen_random_uuid(), at, 'x', 'y', '{}', n + 1000, sha256(''), at
        from generate_series(1, 1500) n, cast(%s as timestamptz) at
        """,
        sealed.agency_id,
        sealed.clock.now(),
    )
    said = verified(sealed)
    assert FINDINGS_SHOWN + 1 == len(said)
    assert "1,500 WRONG" in said[-1]  # the gap, and all behind it but the first, which cannot be judged


# -- as it is called -----------------------------------------------------------------------------------------------

Beatline = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def beatline(database_url: str) -> Beatline:
    """The real command, in a process of its own."""

    def call(*arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = os.environ | {"BEATLINE_DATABASE_URL": database_url, "BEATLINE_REDIS_URL": "redis://nowhere"}
        command = [sys.executable, "-m", "service", "journal", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)

    return call


def test_the_head_is_printed_as_one_line(sealed: World, beatline: Beatline) -> None:
    [line] = beatline("head").stdout.splitlines()
    assert head_of(sealed) == Head.from_dict(json.loads(line))


def test_verify_ends_with_0_when_nothing_is_wrong(sealed: World, beatline: Beatline, tmp_path: Path) -> None:
    kept = tmp_path / "heads.jsonl"
    kept.write_text(json.dumps(head_of(sealed).as_dict()) + "\n")
    answer = beatline("verify", "--head", str(kept))
    assert (0, True) == (answer.returncode, answer.stdout.endswith("nothing is wrong\n"))


def test_verify_ends_with_1_when_anything_is_wrong(sealed: World, beatline: Beatline) -> None:
    answer = beatline("verify", "--head", f"{head_of(sealed).number}:{'0' * 64}")
    assert (1, True) == (answer.returncode, ": rewritten: " in answer.stdout)


@pytest.mark.parametrize(
    "arguments",
    [("verify", "--head", str(JOURNAL_GUIDE)), ("verify", "--agency", "0190a1b2-0000-7000-8000-000000000000")],
    ids=["head", "agency"],
)
def test_what_cannot_be_understood_is_never_told_to_be_sound(
    sealed: World, beatline: Beatline, arguments: tuple[str, ...]
) -> None:
    assert sealed
    answer = beatline(*arguments)
    assert (2, "") == (answer.returncode, answer.stdout)
    assert 1 == len(answer.stderr.splitlines())


def test_the_export_is_one_object_a_line(sealed: World, beatline: Beatline) -> None:
    lines = beatline("export").stdout.splitlines()
    assert list(range(1, head_of(sealed).number + 1)) == [json.loads(line)["number"] for line in lines]


def test_an_export_goes_on_where_the_last_one_ended(sealed: World) -> None:
    lines = list(export_journal(sealed.database, agency_id=sealed.agency_id))
    assert lines[7:] == list(export_journal(sealed.database, agency_id=sealed.agency_id, after=7))


def test_the_export_of_an_incident_is_its_own_entries_alone(sealed: World, intruder: Intruder) -> None:
    [(incident_id,)] = intruder.sees("select incident_id from incidents")
    lines = export_journal(sealed.database, agency_id=sealed.agency_id, incident_id=incident_id)
    exported = [json.loads(line) for line in lines]
    assert {str(incident_id)} == {line["incident_id"] for line in exported}
    assert "alert_acknowledged" in [line["action"] for line in exported]


def test_whoever_has_an_export_can_follow_the_chain_without_us(sealed: World, tmp_path: Path) -> None:
    lines = list(export_journal(sealed.database, agency_id=sealed.agency_id))
    head = head_of(sealed)
    assert f"{head.number}:{head.hash.hex()}\n" == followed(lines, tmp_path)
    assert "number 6 does not follow number 4\n" == followed(lines[:4] + lines[5:], tmp_path)
    altered = [line.replace(b"acknowledged", b"declined") for line in lines]
    assert " does not follow number " in followed(altered, tmp_path)
