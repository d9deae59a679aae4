"""Where units were goes after a day by itself, with a receipt; what is held for a court stays."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from builders import PLACE, a_point
from fake_clock import FrozenClock
from intruder import Intruder
from keeping import (
    A_DAY_S,
    a_clock_of_long_ago,
    a_drive,
    drive,
    purge,
    receipts,
    trail_of,
)
from world import MakeWorld, World

from service.domain.retention import Retention
from service.domain.unit import Status
from service.operations.retention import PIECE, PIECES
from service.store import retention, sessions


@pytest.fixture
def clock() -> FrozenClock:
    return a_clock_of_long_ago()


@pytest.fixture
def intruder(admin_database_url: str) -> Intruder:
    return Intruder(admin_database_url)


def sought(world: World) -> list[UUID]:
    """Whoever would be found near the place."""
    return [unit.unit_id for unit in world.positions.near(world.agency_id, PLACE, limit=10)]


# -- where units were ----------------------------------------------------------------------------------------------


def test_where_a_car_drove_is_kept_while_it_was_on_the_incident_and_nowhere_else(world: World) -> None:
    (car,) = world.cars(800)
    drive(car, world, 780)
    heard = world.hears()
    drive(car, world, 760)
    car.phone.accepts()
    on_the_way = drive(car, world, 600, 400, 200)
    car.phone.reports("on_scene")
    there = drive(car, world, 10)
    car.phone.reports("clear")
    drive(car, world, 300, 500)
    assert [*on_the_way, *there] == trail_of(world, heard)


def test_a_fix_of_before_the_acknowledgment_that_comes_late_is_not_part_of_it(world: World) -> None:
    (car,) = world.cars(800)
    heard = world.hears()
    world.clock.advance(5)
    car.phone.accepts()
    car.is_at(a_point(away_m=790), age_s=3)
    assert [] == trail_of(world, heard)


def test_the_same_fix_twice_is_one_step(world: World) -> None:
    (car,) = world.cars(800)
    heard = world.hears()
    car.phone.accepts()
    for _ in range(2):
        car.is_at(a_point(away_m=700))
    assert 1 == len(trail_of(world, heard))


def test_a_unit_that_is_busy_with_nothing_of_ours_leaves_no_trail(world: World, intruder: Intruder) -> None:
    (car,) = world.cars(800)
    car.phone.says(Status.ON_SCENE)
    drive(car, world, 700)
    assert [(0,)] == intruder.sees("select count(*) from trails")


def test_a_unit_that_says_it_is_available_leaves_no_trail(world: World, intruder: Intruder) -> None:
    (car,) = world.cars(800)
    heard = world.hears()
    intruder.does("update units set incident_id = %s", heard.incident_id)
    drive(car, world, 700)
    assert [] == trail_of(world, heard)


def test_positions_are_gone_after_a_day_and_the_purge_says_so(world: World, intruder: Intruder) -> None:
    heard = a_drive(world)
    world.clock.advance(A_DAY_S - 60)
    purge(world)
    assert [] != trail_of(world, heard)
    world.clock.advance(3600)
    purge(world)
    assert [] == trail_of(world, heard)
    assert [(0, 0)] == intruder.sees("select (select count(facts) from selections), (select count(*) from fixes)")
    [receipt] = receipts(world, "positions_purged")
    assert {"trails": 3, "selections": 1, "fixes": 2} == receipt.details["rows"]
    assert {"fixes_h": 24} == receipt.details["rule"]


def test_who_has_reported_nothing_for_a_day_is_sought_nowhere_and_who_reports_is(world: World) -> None:
    _, reporting = world.cars(800, 900)
    world.clock.advance(A_DAY_S + 60)
    reporting.is_at(a_point(away_m=900))
    purge(world)
    assert [reporting.unit_id] == sought(world)


def test_what_redis_could_not_forget_while_it_was_away_it_forgets_an_hour_later(world: World) -> None:
    world.cars(800)
    world.clock.advance(A_DAY_S + 60)
    world.positions.is_away = True
    purge(world)
    world.positions.is_away = False
    assert 1 == len(sought(world))
    assert [{"trails": 0, "selections": 0, "fixes": 1}] == [
        receipt.details["rows"] for receipt in receipts(world, "positions_purged")
    ]
    world.clock.advance(3_600)
    purge(world)
    assert [] == sought(world)


def test_who_was_chosen_and_why_is_still_told_when_the_positions_are_gone(world: World) -> None:
    heard = a_drive(world)
    world.clock.advance(A_DAY_S + 3_600)
    purge(world)
    [selection] = world.incident(heard).selections
    assert 2 == len(selection.asked)


def test_a_legal_hold_keeps_the_trail_and_what_was_selected_from(world: World, intruder: Intruder) -> None:
    heard = a_drive(world)
    world.dispatcher.holds(heard)
    world.clock.advance(A_DAY_S + 3_600)
    purge(world)
    assert 3 == len(trail_of(world, heard))
    assert [(1,)] == intruder.sees("select count(facts) from selections")
    world.dispatcher.lifts(heard)
    world.clock.advance(3600)
    purge(world)
    assert [] == trail_of(world, heard)


def test_a_hold_reaches_what_was_merged_into_the_incident(world: World) -> None:
    first = a_drive(world, "SST-1")
    second = world.hears("SST-2", place=a_point(away_m=2_000))
    world.dispatcher.merges(first, into=second)
    world.dispatcher.holds(second)
    world.clock.advance(A_DAY_S + 3_600)
    purge(world)
    assert 3 == len(trail_of(world, first))


# -- who purges ----------------------------------------------------------------------------------------------------


def test_each_agency_is_purged_once_an_hour(world: World) -> None:
    assert (1, 0) == (purge(world), purge(world))
    world.clock.advance(3600)
    assert 1 == purge(world)


def test_an_agency_is_claimed_by_one_clock(world: World) -> None:
    now = world.clock.now()
    claimed = []
    for _ in range(2):
        with world.database.transaction(world.agency_id) as tx:
            claimed.append(retention.claim(tx, now=now, next_at=now + timedelta(hours=1)))
    assert [Retention(), None] == claimed


def test_clocks_that_purge_at_the_same_moment_leave_one_receipt(world: World) -> None:
    a_drive(world)
    world.clock.advance(A_DAY_S + 3_600)
    with ThreadPoolExecutor(4) as threads:
        for purging in [threads.submit(purge, world) for _ in range(4)]:
            purging.result()
    assert 1 == len(receipts(world, "positions_purged"))


def test_more_than_one_turn_s_worth_is_gone_on_with_at_once(world: World, intruder: Intruder) -> None:
    heard = a_drive(world)
    intruder.does(
        """
        insert into trails (agency_id, unit_id, at, incident_id, lat, lon)
        select agency_id, unit_id, at - make_interval(secs => n), incident_id, lat, lon
        from (select * from trails limit 1) one, generate_series(1, %s) n
        """,
        PIECE * PIECES + 10,
    )
    world.clock.advance(A_DAY_S + 3_600)
    assert (1, 1, 0) == (purge(world), purge(world), purge(world))
    assert [] == trail_of(world, heard)


def test_an_agency_that_cannot_be_purged_does_not_stand_before_the_others(
    world: World, make_world: MakeWorld, intruder: Intruder
) -> None:
    other = make_world()
    a_drive(other)
    world.clock.advance(A_DAY_S + 3_600)
    broken = """update agencies set retention = '{"fixes_h": "a day"}' where agency_id = %s"""
    intruder.does(broken, world.agency_id)
    assert 2 == purge(world)
    assert 1 == len(receipts(other, "positions_purged"))


def test_sessions_and_codes_that_open_nothing_any_more_are_gone(world: World, intruder: Intruder) -> None:
    world.car()
    with world.database.transaction(world.agency_id) as tx:
        now = world.clock.now()
        sessions.add(tx, "hash", user_id=world.dispatcher.user.user_id, now=now, expires_at=now + timedelta(hours=12))
    world.clock.advance(13 * 3600)
    purge(world)
    assert [(0, 1)] == intruder.sees("select (select count(*) from sessions), (select count(*) from enrolment_codes)")
    world.clock.advance(12 * 3600)
    purge(world)
    [codes, ended] = receipts(world, "keys_purged")
    assert ({"sessions": 1, "enrolment_codes": 0}, {"sessions": 0, "enrolment_codes": 1}) == (
        ended.details["rows"],
        codes.details["rows"],
    )
    assert [(0,)] == intruder.sees("select count(*) from directory where kind in ('session_token', 'enrolment_code')")
