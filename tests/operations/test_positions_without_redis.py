"""What an absence of Redis costs: nothing that grows with it, and nothing that is kept after it."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from builders import PLACE, a_fix, a_point
from told import told
from world import MakeWorld, World

from service.domain.geo import Point, rough_distance_m
from service.domain.unit import Track
from service.operations import registry
from service.operations.position_copy import StoreCopy
from service.operations.position_desk import PositionDesk, Report
from service.operations.position_tracks import Tracks
from service.operations.positions import report_positions, units_near
from service.ports import UnitKey
from service.store import fixes
from service.store.database import Database, Transaction


class Counted:
    """A database that counts its transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.transactions = 0

    @contextmanager
    def transaction(self, agency_id: UUID, **how: Any) -> Iterator[Transaction]:
        self.transactions += 1
        with self._database.transaction(agency_id, **how) as tx:
            yield tx


def a_unit(world: World, call_sign: str) -> UnitKey:
    unit_id = registry.create_unit(world.database, world.ports, agency_id=world.agency_id, call_sign=call_sign)
    return UnitKey(world.agency_id, unit_id)


def stored(world: World, tracks: Mapping[UnitKey, Track]) -> None:
    with world.database.transaction(world.agency_id) as tx:
        fixes.keep(tx, {key.unit_id: track for key, track in tracks.items()}, now=world.clock.now())


def test_while_redis_is_away_postgresql_is_not_read_again_and_again(world: World) -> None:
    unit, counted = a_unit(world, "3A12"), Counted(world.database)
    world.positions.is_away = True

    async def a_long_night() -> int:
        async with PositionDesk(counted, world.ports, tick_s=0.01) as desk:  # type: ignore[arg-type]  # it counts
            await report_positions(desk, Report(unit=unit, fixes=[told()]))
            before = counted.transactions
            await asyncio.sleep(0.5)
            return counted.transactions - before

    assert 0 == asyncio.run(a_long_night())


def test_what_was_remembered_while_redis_was_away_is_let_go_of_when_it_is_back(world: World) -> None:
    unit, track = a_unit(world, "3A12"), Track(last=a_fix())
    world.positions.is_away = True
    tracks = Tracks(world.database, world.ports, StoreCopy(world.database, world.clock), redis_left=lambda: None)

    async def lose_redis_and_get_it_back() -> None:
        await tracks.of([unit])
        await tracks.keep({unit: track})
        world.positions.is_away = False
        await tracks.come_back()
        await tracks.keep({})

    asyncio.run(lose_redis_and_get_it_back())
    assert {} == tracks._memory
    assert [(unit.unit_id, track)] == world.positions.near(world.agency_id, PLACE, limit=1)


def test_of_many_shots_at_once_in_a_wiped_redis_one_rebuilds_it(world: World) -> None:
    units = {a_unit(world, f"{n}"): Track(last=a_fix(away_m=n)) for n in range(5)}
    stored(world, units)
    world.positions.wipe()
    before, found, start = world.positions.rebuilds, [], Barrier(8)

    def shot() -> None:
        start.wait()
        found.append(units_near(world.database, world.ports, agency_id=world.agency_id, place=PLACE, limit=100))

    shots = [Thread(target=shot) for _ in range(8)]
    for each in shots:
        each.start()
    for each in shots:
        each.join()
    assert 1 == world.positions.rebuilds - before
    assert [5] * 8 == [len(near) for near in found]


@pytest.mark.parametrize("place", [PLACE, Point(lat=89.9, lon=0), Point(lat=-16.8, lon=179.99), Point(lat=0, lon=-180)])
def test_the_store_finds_the_nearest_anywhere_on_earth(world: World, place: Point) -> None:
    away_and_bearing = product((90, 900, 9_000, 900_000), (10, 130, 250))
    points = [a_point(away_m=away_m, bearing_deg=bearing, start=place) for away_m, bearing in away_and_bearing]
    tracks = {a_unit(world, f"{n}"): Track(last=a_fix(point=point)) for n, point in enumerate(reversed(points))}
    stored(world, tracks)
    with world.database.transaction(world.agency_id) as tx:
        found = list(fixes.nearest(tx, place, limit=6).values())
    nearest = sorted(rough_distance_m(place, point) for point in points)[:6]
    assert pytest.approx(nearest, rel=1e-9) == [rough_distance_m(place, each.last.point) for each in found if each.last]


def test_the_store_finds_nobody_of_another_agency(world: World, make_world: MakeWorld) -> None:
    stored(world, {a_unit(world, "3A12"): Track(last=a_fix())})
    other = make_world()
    with other.database.transaction(other.agency_id) as tx:
        assert {} == fixes.nearest(tx, PLACE, limit=10)
