"""Entries and whole incidents that were kept long enough go; what is owed, or held for a court, stays."""

from datetime import timedelta
from pathlib import Path
from typing import LiteralString

import pytest
from builders import a_point
from fake_clock import FrozenClock
from intruder import Intruder
from keeping import (
    A_DAY_S,
    LONG_AGO,
    a_clock_of_long_ago,
    a_closed_incident,
    followed,
    keep_for,
    purge,
    receipts,
    return_to_the_present,
    sealed_numbers,
    verified,
)
from sqlalchemy import Table
from world import MakeWorld, World

from service.domain.errors import Code, DomainError
from service.operations.retention import purge_due
from service.operations.sealing import seal_due
from service.operations.verifying import export_journal, journal_head
from service.store import retention
from service.store.tables import METADATA


@pytest.fixture
def clock() -> FrozenClock:
    return a_clock_of_long_ago()


@pytest.fixture
def intruder(admin_database_url: str) -> Intruder:
    return Intruder(admin_database_url)


# -- the journal ---------------------------------------------------------------------------------------------------


def test_entries_are_kept_for_a_year_and_leave_a_chain_that_verifies(world: World) -> None:
    a_closed_incident(world)
    seal_due(world.database, world.ports)
    before = sealed_numbers(world)
    return_to_the_present(world)
    [receipt] = receipts(world, "journal_purged")
    # All but the last one, which the chain went on from.
    assert len(before) - 1 == receipt.details["rows"]["journal"]
    assert before[-1] == sealed_numbers(world)[0]
    assert verified(world).endswith("nothing is wrong")


def test_entries_of_an_incident_under_legal_hold_stay(world: World) -> None:
    heard = a_closed_incident(world)
    world.dispatcher.holds(heard)
    timeline = world.incident(heard).timeline
    return_to_the_present(world)
    assert timeline == world.incident(heard).timeline
    assert 1 not in sealed_numbers(world)
    assert verified(world).endswith("nothing is wrong")


def test_entries_of_an_incident_that_nobody_has_closed_stay(world: World) -> None:
    world.cars(400)
    heard = world.hears()
    timeline = world.incident(heard).timeline
    return_to_the_present(world)
    assert timeline == world.incident(heard).timeline[: len(timeline)]


def test_a_purge_twice_does_nothing_more(world: World, intruder: Intruder) -> None:
    a_closed_incident(world)
    return_to_the_present(world)
    once = intruder.sees("select entry_id from journal order by entry_id")
    assert 0 == purge_due(world.database, world.ports)
    assert once == intruder.sees("select entry_id from journal order by entry_id")


def test_receipts_are_never_purged_and_explain_for_good(clock: FrozenClock, make_world: MakeWorld) -> None:
    clock.advance(-500 * A_DAY_S)
    world = make_world()
    for pause_days in (450, 430, 10, 5):
        a_closed_incident(world, f"SST-{pause_days}")
        seal_due(world.database, world.ports)
        clock.advance(pause_days * A_DAY_S)
        purge(world)
        seal_due(world.database, world.ports)
        assert verified(world).endswith("nothing is wrong")
    latest, *_, earliest = receipts(world, "journal_purged")
    assert timedelta(days=430) <= latest.at - earliest.at


def test_whoever_has_an_export_of_what_is_left_can_follow_it_without_us(world: World, tmp_path: Path) -> None:
    world.dispatcher.holds(a_closed_incident(world))
    return_to_the_present(world)
    head = journal_head(world.database, agency_id=world.agency_id)
    lines = list(export_journal(world.database, agency_id=world.agency_id))
    assert head.number > len(lines)
    assert f"{head.number}:{head.hash.hex()}\n" == followed(lines, tmp_path)


def test_an_entry_behind_a_purge_that_somebody_alters_is_still_named(world: World, intruder: Intruder) -> None:
    heard = a_closed_incident(world)
    world.dispatcher.holds(heard)
    return_to_the_present(world)
    number = min(sealed_numbers(world))
    intruder.alters(number, "actor = 'user:nobody'")
    assert "1 WRONG" in verified(world)


def test_what_is_not_sealed_is_never_purged(world: World, intruder: Intruder) -> None:
    a_closed_incident(world)
    [(written,)] = intruder.sees("select count(*) from journal")
    world.clock.advance(LONG_AGO.total_seconds())
    purge(world)
    [(left,)] = intruder.sees("select count(*) from journal where action not like '%%purged'")
    assert written == left


def test_a_clock_that_is_a_year_ahead_purges_no_entry(world: World) -> None:
    world.clock.advance(LONG_AGO.total_seconds())
    a_closed_incident(world)
    seal_due(world.database, world.ports)
    young = sealed_numbers(world)
    return_to_the_present(world)
    assert young == sealed_numbers(world)[: len(young)]
    assert [] == receipts(world, "journal_purged")


def test_an_agency_cannot_have_its_journal_forgotten_tomorrow(world: World) -> None:
    with pytest.raises(DomainError) as refused:
        keep_for(world, journal_days=1)
    assert (Code.INVALID, ["retention.journal_days"]) == (refused.value.code, list(refused.value.fields))


# -- whole incidents -----------------------------------------------------------------------------------------------


def test_incidents_are_kept_for_good_unless_the_agency_says_otherwise(world: World) -> None:
    heard = a_closed_incident(world)
    return_to_the_present(world)
    assert heard.incident_id == world.incident(heard).incident.incident_id
    assert [] == receipts(world, "incident_purged")


def test_an_incident_that_ended_long_enough_ago_is_gone_with_all_that_belongs_to_it(
    world: World, intruder: Intruder
) -> None:
    heard = a_closed_incident(world)
    keep_for(world, incidents_days=30)
    return_to_the_present(world)
    with pytest.raises(DomainError) as refused:
        world.incident(heard)
    assert Code.NOT_FOUND is refused.value.code
    [receipt] = receipts(world, "incident_purged")
    belonging = {table.name for table in METADATA.tables.values() if _refers_to(table, {"incidents", "alerts"})}
    # What a drill found is no record of anything that happened: it goes with its incident, uncounted.
    assert belonging - {"drills"} == set(receipt.details["rows"])
    for table in belonging | {"incidents"}:
        assert [(0,)] == intruder.counts(table), table
    assert (heard.incident_id, {"incidents_days": 30}) == (receipt.incident_id, receipt.details["rule"])
    rows = receipt.details["rows"]
    assert (1, 1, 2, 1) == (rows["detections"], rows["selections"], rows["alerts"], rows["receipts"])


def test_an_incident_that_ended_yesterday_stays(world: World) -> None:
    keep_for(world, incidents_days=30)
    world.clock.advance(LONG_AGO.total_seconds() - A_DAY_S)
    heard = a_closed_incident(world)
    world.clock.advance(A_DAY_S)
    purge(world)
    assert world.incident(heard).incident.ended_at


def test_an_incident_under_legal_hold_stays_until_the_hold_is_lifted(world: World) -> None:
    heard = a_closed_incident(world)
    world.dispatcher.holds(heard)
    keep_for(world, incidents_days=30)
    return_to_the_present(world)
    assert "court order 26-114" == world.incident(heard).incident.legal_hold
    world.dispatcher.lifts(heard)
    world.clock.advance(3600)
    purge(world)
    assert 1 == len(receipts(world, "incident_purged"))


@pytest.mark.parametrize(
    "owed",
    [
        "update pages set state = 'pending' where page_id = (select min(page_id::text)::uuid from pages)",
        "update pages set state = 'sending' where page_id = (select min(page_id::text)::uuid from pages)",
        "update alerts set next_look_at = now()",
        "update units set status = 'on_scene', incident_id = (select incident_id from incidents)",
        "update incidents set next_action_at = now()",
        "update incidents set state = 'open', ended_at = null",
    ],
    ids=["page pending", "page sending", "unit looked after", "unit on it", "clock has it", "reopened"],
)
def test_an_incident_of_which_something_is_owed_stays(world: World, intruder: Intruder, owed: LiteralString) -> None:
    heard = a_closed_incident(world)
    keep_for(world, incidents_days=30)
    intruder.does(owed)
    return_to_the_present(world)
    assert heard.incident_id == world.incident(heard).incident.incident_id
    assert [] == receipts(world, "incident_purged")


def test_the_database_itself_purges_no_incident_that_the_agency_keeps(world: World) -> None:
    heard = a_closed_incident(world)
    world.clock.advance(LONG_AGO.total_seconds())
    assert heard.incident_id is not None
    with world.database.transaction(world.agency_id) as tx:
        assert retention.purge_incident(tx, heard.incident_id, before=world.clock.now()) is None


@pytest.mark.parametrize("is_merged", ["held itself", "merged into a held one"])
def test_the_database_itself_purges_no_incident_that_is_held(world: World, intruder: Intruder, is_merged: str) -> None:
    heard = a_closed_incident(world)
    held = heard
    if is_merged == "merged into a held one":
        held = world.hears("SST-2", place=a_point(away_m=3_000))
        intruder.does(
            "update incidents set merged_into = %s where incident_id = %s", held.incident_id, heard.incident_id
        )
    world.dispatcher.holds(held)
    keep_for(world, incidents_days=30)
    world.clock.advance(LONG_AGO.total_seconds())
    assert heard.incident_id is not None
    with world.database.transaction(world.agency_id) as tx:
        assert retention.purge_incident(tx, heard.incident_id, before=world.clock.now()) is None


def test_another_agency_s_incident_cannot_be_purged_from_here(world: World, make_world: MakeWorld) -> None:
    heard = a_closed_incident(world)
    other = make_world()
    keep_for(world, incidents_days=30)
    keep_for(other, incidents_days=30)
    world.clock.advance(LONG_AGO.total_seconds())
    assert heard.incident_id is not None
    with other.database.transaction(other.agency_id) as tx:
        assert retention.purge_incident(tx, heard.incident_id, before=other.clock.now()) is None


def _refers_to(table: Table, others: set[str]) -> bool:
    return any(key.referred_table.name in others for key in table.foreign_key_constraints)
