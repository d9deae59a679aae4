"""Once a minute a test alert of nobody's goes the whole way. It is seen by nobody, and rings nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from builders import seconds
from fake_clock import FrozenClock
from keeping import A_DAY_S, purge
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError
from world import World

from service.domain.alert import PageState
from service.domain.incident import IncidentState
from service.domain.vigilance import Canary
from service.operations import agencies
from service.operations.canary import canary_of, look_after_canary
from service.operations.sealing import seal_due
from service.ports import NotSent
from service.store import canary, pages
from service.store.database import Database
from service.store.incidents import page_of_newest
from service.store.tables import AGENCIES, INCIDENTS, JOURNAL

EVERY_S = 60.0
AWAY = NotSent(reason="FCM answered 503", can_retry=True)


def look_after(world: World) -> None:
    with world.working() as (database, ports):
        look_after_canary(database, ports, every_s=EVERY_S)


def its_agency(world: World) -> UUID:
    agency_id = canary.agency_id(world.database)
    assert agency_id is not None
    return agency_id


def flights(world: World) -> list[IncidentState]:
    """What became of each, newest first."""
    with world.database.transaction(its_agency(world)) as tx:
        return [incident.state for incident in page_of_newest(tx, states=(), before=None, limit=100)]


def now(world: World) -> Canary:
    found = canary_of(world.database)
    assert found is not None
    return found


def test_before_it_has_hatched_there_is_none(world: World) -> None:
    assert canary_of(world.database) is None


def test_it_is_released_and_arrives(world: World) -> None:
    look_after(world)
    assert [IncidentState.OPEN] == flights(world)
    world.clock.advance(1)
    look_after(world)
    assert [IncidentState.CANCELLED] == flights(world)
    assert (world.clock.now() - seconds(1), 0.0) == (now(world).arrived_at, now(world).took_s)


def test_it_is_handed_to_the_push_service_and_to_no_phone(world: World) -> None:
    near = world.car(away_m=400)
    look_after(world)
    world.clock.advance(1)
    look_after(world)
    assert world.push.attempts > 0
    assert [] == world.push.rings == near.phone.rings


def test_one_flies_each_minute(world: World) -> None:
    for _ in range(18):
        look_after(world)
        world.clock.advance(10)
    assert 3 == len(flights(world))


def test_of_many_that_look_after_it_one_releases_it(world: World) -> None:
    look_after(world)
    world.clock.advance(EVERY_S)
    at_once = Barrier(6)

    def one(_: int) -> None:
        at_once.wait()
        look_after_canary(world.database, world.ports, every_s=EVERY_S)

    with ThreadPoolExecutor(6) as many:
        list(many.map(one, range(6)))
    assert 2 == len(flights(world))


def test_of_many_that_hatch_it_one_stays(world: World) -> None:
    at_once = Barrier(6)

    def one(_: int) -> None:
        at_once.wait()
        look_after_canary(world.database, world.ports, every_s=EVERY_S)

    with ThreadPoolExecutor(6) as many:
        list(many.map(one, range(6)))
    assert 1 == len(flights(world))


def test_while_push_is_away_it_does_not_arrive(world: World) -> None:
    look_after(world)
    world.clock.advance(1)
    look_after(world)
    arrived_at = now(world).arrived_at
    world.push.fail("canary", AWAY, times=None)
    for _ in range(30):
        world.clock.advance(10)
        world.tick()
        look_after(world)
    assert arrived_at == now(world).arrived_at
    assert flights(world).count(IncidentState.OPEN) <= 1


def test_what_the_push_service_will_not_take_has_not_arrived(world: World) -> None:
    world.push.fail("canary", NotSent(reason="FCM answered 400", our_fault=True), times=None)
    for _ in range(3):
        look_after(world)
        world.clock.advance(1)
    assert now(world).arrived_at is None


def test_when_push_is_back_it_arrives_again(world: World) -> None:
    world.push.fail("canary", AWAY, times=3)
    for _ in range(12):
        look_after(world)
        world.clock.advance(5)
        world.tick()
    assert now(world).arrived_at is not None


def test_it_flies_without_redis(world: World) -> None:
    world.positions.is_away = True
    look_after(world)
    world.clock.advance(1)
    look_after(world)
    assert [IncidentState.CANCELLED] == flights(world)


def test_no_list_of_agencies_has_it(world: World) -> None:
    look_after(world)
    assert [world.agency_id] == [agency.agency_id for agency in agencies.all_agencies(world.database)]


def test_nobody_passes_an_agency_off_as_the_canary_to_have_its_journal_purged_sooner(world: World) -> None:
    with (
        pytest.raises(DBAPIError, match="does not change"),
        world.database.transaction(world.agency_id) as tx,
    ):
        tx.session.execute(update(AGENCIES).values(canary=True))


def test_what_it_leaves_behind_is_purged_after_a_day(database_url: str) -> None:
    database = Database(database_url, pool_size=12)
    # Three days ago by the database's own time, which has the last word on what may be purged.
    world = World(database, FrozenClock(database.now() - timedelta(days=3)))
    look_after(world)
    world.clock.advance(1)
    look_after(world)
    seal_due(world.database, world.ports)
    world.clock.advance(3 * A_DAY_S)
    purge(world)
    with database.transaction(its_agency(world)) as tx:
        left = tx.session.execute(select(func.count()).select_from(INCIDENTS)).scalar_one()
        said = set(tx.session.execute(select(JOURNAL.c.action)).scalars())
    world.close()
    database.close()
    assert 0 == left
    assert {"incident_purged", "journal_purged"} <= said
    assert "detection_received" not in said


def test_its_page_is_one_like_any_other(world: World) -> None:
    look_after(world)
    with world.database.transaction(its_agency(world)) as tx:
        [incident] = page_of_newest(tx, states=(), before=None, limit=2)
        [page] = pages.of_incident(tx, incident.incident_id)
    assert PageState.SENT is page.state
