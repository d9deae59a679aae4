"""Two reports were one shooting, or one was two: a hold on any of them holds all, and each goes when its time comes."""

from dataclasses import replace
from uuid import UUID

import pytest
from builders import a_point
from fake_clock import FrozenClock
from intruder import Intruder
from keeping import (
    a_clock_of_long_ago,
    a_closed_incident,
    keep_for,
    receipts,
    return_to_the_present,
    verified,
)
from psycopg import sql
from world import World

from service.domain.disposition import Disposition
from service.operations.detections import Answer


@pytest.fixture
def clock() -> FrozenClock:
    return a_clock_of_long_ago()


@pytest.fixture
def intruder(admin_database_url: str) -> Intruder:
    return Intruder(admin_database_url)


def two_reports(world: World) -> tuple[Answer, Answer]:
    """Of one shooting, too far apart to be joined by itself; two cars were paged for the first."""
    world.cars(400, 900)
    world.car("other-1", away_m=1_200, bearing_deg=0)
    world.car("other-2", away_m=1_300, bearing_deg=0)
    return world.hears("SST-1"), world.hears("SST-2", place=a_point(away_m=900))


def merged(world: World, *, held: str = "nothing") -> tuple[Answer, Answer]:
    """The old one, whose pages point at the other's alerts by now, and the one that it was merged into, closed."""
    old, new = two_reports(world)
    if held == "before":
        world.dispatcher.holds(old)
    world.dispatcher.merges(old, into=new)
    world.clock.advance(60)
    if held == "after":
        world.dispatcher.holds(old)
    world.dispatcher.closes(new, Disposition.NO_EVIDENCE)
    return old, new


def purged_incidents(world: World) -> set[UUID | None]:
    return {receipt.incident_id for receipt in receipts(world, "incident_purged")}


# -- held ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("held", ["before", "after"])
def test_a_hold_on_a_report_keeps_the_incident_that_has_its_evidence_now(world: World, held: str) -> None:
    old, new = merged(world, held=held)
    if held == "before":
        world.dispatcher.lifts(new)  # which it was given at the merging
    before = world.incident(new)
    keep_for(world, incidents_days=30)
    return_to_the_present(world)
    assert before == world.incident(new)
    assert world.incident(old)
    assert set() == purged_incidents(world)
    assert verified(world).endswith("nothing is wrong")


def test_a_hold_on_what_was_split_off_keeps_what_it_was_split_from(world: World) -> None:
    world.cars(400, 900)
    first = world.hears("SST-1")
    world.hears("SST-2", place=a_point(away_m=20))
    apart = replace(first, incident_id=world.dispatcher.splits(first, "SST-2"))
    world.dispatcher.closes(first)
    world.dispatcher.closes(apart)
    world.dispatcher.holds(apart)
    keep_for(world, incidents_days=30)
    return_to_the_present(world)
    assert world.incident(first)
    assert set() == purged_incidents(world)


def test_a_held_report_does_not_stop_the_purge_of_others(world: World) -> None:
    merged(world, held="after")
    world.clock.advance(60)
    later = a_closed_incident(world, "SST-3")
    keep_for(world, incidents_days=30)
    return_to_the_present(world)
    assert {later.incident_id} == purged_incidents(world)


# -- not held ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["the merged one", "the other"])
def test_merged_incidents_are_purged_in_whatever_order(world: World, intruder: Intruder, first: str) -> None:
    old, new = merged(world)
    assert [(True,)] == intruder.sees(
        "select count(*) > 0 from pages p join alerts a using (alert_id) where a.incident_id <> p.incident_id"
    )
    if first == "the other":
        intruder.does(
            "update incidents set ended_at = ended_at + interval '1 h' where incident_id = %s", old.incident_id
        )
    keep_for(world, incidents_days=30)
    return_to_the_present(world)
    assert {old.incident_id, new.incident_id} == purged_incidents(world)
    for table in ("incidents", "alerts", "pages", "detections"):
        assert [(0,)] == intruder.counts(table), table


def test_a_page_of_the_merged_one_that_still_goes_out_keeps_its_alert(world: World, intruder: Intruder) -> None:
    old, new = merged(world)
    keep_for(world, incidents_days=30)
    intruder.does("update pages set state = 'sending' where incident_id = %s", old.incident_id)
    return_to_the_present(world)
    assert world.incident(new)
    assert set() == purged_incidents(world)


def test_an_incident_that_cannot_be_purged_does_not_stand_before_the_others(world: World, intruder: Intruder) -> None:
    stuck = a_closed_incident(world)
    world.clock.advance(60)
    later = a_closed_incident(world, "SST-3")
    keep_for(world, incidents_days=30)
    refers = "foreign key (agency_id, incident_id) references incidents"
    intruder.tries(sql.SQL("create table copies (agency_id uuid, incident_id uuid, {})").format(sql.SQL(refers)))
    copied = "insert into copies select agency_id, incident_id from incidents where incident_id = %s"
    intruder.does(copied, stuck.incident_id)
    return_to_the_present(world)
    assert {later.incident_id} == purged_incidents(world)
    assert world.incident(stuck)
