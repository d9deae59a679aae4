"""Where units are: what becomes of a report while everything works, and while Redis or PostgreSQL does not."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import pytest
from builders import NOW, PLACE, a_fix, id_of, seconds
from fake_positions import FakePositions
from structlog.testing import capture_logs
from told import told
from world import MakeWorld, World

from service.domain.errors import Code, DomainError
from service.domain.unit import Rejection, Track
from service.operations import registry
from service.operations.position_copy import tracks_in_store
from service.operations.position_desk import WAITING_LIMIT, Judgement, PositionDesk, Report
from service.operations.position_feeds import Feeds
from service.operations.positions import FeedUnit, report_feed, report_positions, units_near
from service.ports import Ports, PositionsUnavailable, UnitKey
from service.store.database import Database

T = TypeVar("T")
BELIEVED = Judgement(accepted=1, rejected=[])


@pytest.fixture
def no_database() -> Iterator[Database]:
    """PostgreSQL is away."""
    database = Database("postgresql+psycopg://nobody@/nothing?host=/nowhere", pool_size=2)
    yield database
    database.close()


def at_a_desk(
    world: World,
    act: Callable[[PositionDesk], Awaitable[T]],
    *,
    database: Database | None = None,
    ports: Ports | None = None,
    save_every_s: float = 60,
) -> T:
    """What happens while a desk of this world is open, with ticks as fast as tests want them."""

    async def open_desk() -> T:
        desk = PositionDesk(database or world.database, ports or world.ports, save_every_s=save_every_s, tick_s=0.01)
        async with desk:
            return await act(desk)

    return asyncio.run(open_desk())


def a_unit(world: World, call_sign: str = "3A12") -> UnitKey:
    """One that has never reported."""
    unit_id = registry.create_unit(world.database, world.ports, agency_id=world.agency_id, call_sign=call_sign)
    return UnitKey(world.agency_id, unit_id)


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(500):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it has not come true in 5 s")


def found(world: World) -> list[UnitKey]:
    near = units_near(world.database, world.ports, agency_id=world.agency_id, place=PLACE, limit=100)
    return [UnitKey(world.agency_id, unit.unit_id) for unit in near]


def in_redis(world: World) -> set[UnitKey]:
    try:
        near = world.positions.near(world.agency_id, PLACE, limit=100)
    except PositionsUnavailable:
        return set()
    return {UnitKey(world.agency_id, unit.unit_id) for unit in near}


def stored(world: World) -> Mapping[UnitKey, Track]:
    tracks = tracks_in_store(world.database, world.agency_id)
    return {UnitKey(world.agency_id, unit_id): track for unit_id, track in tracks.items()}


def without_redis(world: World) -> None:
    world.positions.is_away = True


def test_a_unit_that_reported_is_found(world: World) -> None:
    unit = a_unit(world)
    assert BELIEVED == at_a_desk(world, lambda desk: report_positions(desk, Report(unit=unit, fixes=[told()])))
    assert [unit] == found(world)


def test_a_phone_whose_clock_is_an_hour_ahead_is_placed_in_time_by_our_clock(world: World) -> None:
    unit = a_unit(world)
    report = Report(unit=unit, fixes=[told(age_s=-3_597)], sent_at=NOW + seconds(3_600))
    at_a_desk(world, lambda desk: report_positions(desk, report))
    assert {unit: Track(last=a_fix(age_s=3, accuracy_m=None))} == stored(world)


def test_what_is_not_believed_is_named_with_its_reason(world: World) -> None:
    report = Report(unit=a_unit(world), fixes=[told(age_s=-3_600), told(), replace(told(), lat=91)])
    judged = at_a_desk(world, lambda desk: report_positions(desk, report))
    refused = [Rejection(0, "more than 30 s in the future"), Rejection(2, "outside the world")]
    assert Judgement(accepted=1, rejected=refused) == judged


def test_the_same_report_twice_is_believed_twice(world: World) -> None:
    report = Report(unit=a_unit(world), fixes=[told()])

    async def twice(desk: PositionDesk) -> list[Judgement]:
        return [await report_positions(desk, report), await report_positions(desk, report)]

    assert [BELIEVED, BELIEVED] == at_a_desk(world, twice)


def test_reports_of_many_units_at_once_are_kept_in_one_go(world: World) -> None:
    units = [a_unit(world, f"{number}") for number in range(20)]

    async def all_at_once(desk: PositionDesk) -> None:
        await asyncio.gather(*(report_positions(desk, Report(unit=unit, fixes=[told()])) for unit in units))

    at_a_desk(world, all_at_once)
    assert 1 == world.positions.keeps
    assert set(units) == set(found(world))


def test_reports_of_one_unit_at_once_are_judged_in_the_order_of_arrival(world: World) -> None:
    unit = a_unit(world)
    newer, older = Report(unit=unit, fixes=[told()]), Report(unit=unit, fixes=[told(age_s=9, away_m=50)])

    async def both_at_once(desk: PositionDesk) -> list[Judgement]:
        return list(await asyncio.gather(report_positions(desk, newer), report_positions(desk, older)))

    refused = Judgement(accepted=0, rejected=[Rejection(0, "older than the stored fix")])
    assert [BELIEVED, refused] == at_a_desk(world, both_at_once)


def test_a_jump_is_believed_when_the_next_report_agrees(world: World) -> None:
    unit = a_unit(world)

    async def jump(desk: PositionDesk) -> list[int]:
        told_of = [told(age_s=30), told(age_s=9, away_m=50_000), told(age_s=3, away_m=50_100)]
        return [(await report_positions(desk, Report(unit=unit, fixes=[one]))).accepted for one in told_of]

    assert [1, 0, 1] == at_a_desk(world, jump)


def test_a_feed_reports_by_call_sign_and_is_told_which_it_got_wrong(world: World) -> None:
    unit = a_unit(world, "3A12")
    told_of = [FeedUnit(call_sign="9X99", fixes=[told(), told()]), FeedUnit(call_sign="3A12", fixes=[told()])]
    feeds = Feeds(world.database, world.ports)
    judged = at_a_desk(world, lambda desk: report_feed(desk, feeds, agency_id=world.agency_id, told=told_of))
    unknown = [Rejection(index, "no unit has this call sign") for index in (0, 1)]
    assert [Judgement(accepted=0, rejected=unknown), BELIEVED] == judged
    assert [unit] == found(world)


def test_a_feed_cannot_move_the_units_of_another_agency(world: World, make_world: MakeWorld) -> None:
    other = make_world()
    a_unit(other, "3A12")
    told_of = [FeedUnit(call_sign="3A12", fixes=[told()])]
    feeds = Feeds(world.database, world.ports)
    judged = at_a_desk(world, lambda desk: report_feed(desk, feeds, agency_id=world.agency_id, told=told_of))
    assert 0 == judged[0].accepted


def test_too_many_reports_at_once_are_refused_and_may_come_again(world: World) -> None:
    report = Report(unit=a_unit(world), fixes=[told()])

    async def flood(desk: PositionDesk) -> list[object]:
        reports = (desk.report([report]) for _ in range(WAITING_LIMIT + 1))
        return list(await asyncio.gather(*reports, return_exceptions=True))

    *kept, last = at_a_desk(world, flood)
    assert all(answer == [BELIEVED] for answer in kept)
    assert isinstance(last, DomainError)
    assert (Code.OVERLOADED, 1) == (last.code, last.retry_after_s)


# -- PostgreSQL's copy ------------------------------------------------------------------------------------------


def test_a_fix_is_copied_to_the_store_at_most_once_in_five_seconds(world: World) -> None:
    unit = a_unit(world)

    async def drive(desk: PositionDesk) -> Mapping[UnitKey, Track]:
        await report_positions(desk, Report(unit=unit, fixes=[told(age_s=3)]))
        await until(lambda: unit in stored(world))
        await report_positions(desk, Report(unit=unit, fixes=[told()]))
        await asyncio.sleep(0.1)
        return stored(world)

    assert {unit: Track(last=a_fix(age_s=3, accuracy_m=None))} == at_a_desk(world, drive)


def test_a_later_fix_is_copied_once_its_turn_comes(world: World) -> None:
    unit = a_unit(world)

    async def drive(desk: PositionDesk) -> None:
        await report_positions(desk, Report(unit=unit, fixes=[told(age_s=3)]))
        await until(lambda: unit in stored(world))
        await report_positions(desk, Report(unit=unit, fixes=[told()]))
        await until(lambda: stored(world)[unit].last == a_fix(age_s=0, accuracy_m=None))

    at_a_desk(world, drive, save_every_s=0.2)


def test_a_server_that_stops_leaves_the_last_fix_in_the_store(world: World) -> None:
    unit = a_unit(world)

    async def drive_and_stop(desk: PositionDesk) -> None:
        await report_positions(desk, Report(unit=unit, fixes=[told(age_s=3)]))
        await until(lambda: unit in stored(world))
        await report_positions(desk, Report(unit=unit, fixes=[told()]))

    at_a_desk(world, drive_and_stop)
    assert {unit: Track(last=a_fix(age_s=0, accuracy_m=None))} == stored(world)


def test_a_phone_of_a_unit_that_is_gone_keeps_no_other_from_being_copied(world: World) -> None:
    unit, gone = a_unit(world), UnitKey(world.agency_id, id_of("gone"))
    at_a_desk(world, lambda desk: desk.report([Report(unit=each, fixes=[told()]) for each in (gone, unit)]))
    assert {unit} == set(stored(world))


def test_a_report_needs_no_postgresql_while_redis_is_up(world: World, no_database: Database) -> None:
    unit = a_unit(world)
    report = Report(unit=unit, fixes=[told()])
    assert BELIEVED == at_a_desk(world, lambda desk: report_positions(desk, report), database=no_database)
    assert [unit] == found(world)


# -- without Redis ----------------------------------------------------------------------------------------------


def test_without_redis_a_unit_that_reported_is_found_all_the_same(world: World) -> None:
    unit = a_unit(world)
    without_redis(world)

    async def report_and_look(desk: PositionDesk) -> list[UnitKey]:
        await report_positions(desk, Report(unit=unit, fixes=[told()]))
        return found(world)

    assert [unit] == at_a_desk(world, report_and_look)


def test_without_redis_a_report_is_judged_by_what_the_store_knows(world: World) -> None:
    unit = a_unit(world)
    at_a_desk(world, lambda desk: report_positions(desk, Report(unit=unit, fixes=[told()])))
    without_redis(world)
    older = Report(unit=unit, fixes=[told(age_s=9, away_m=50)])
    judged = at_a_desk(world, lambda desk: report_positions(desk, older))
    assert Judgement(accepted=0, rejected=[Rejection(0, "older than the stored fix")]) == judged


def test_when_redis_goes_a_report_is_judged_by_what_was_not_even_in_the_store_yet(world: World) -> None:
    unit = a_unit(world)

    async def lose_redis_between_reports(desk: PositionDesk) -> Judgement:
        await report_positions(desk, Report(unit=unit, fixes=[told(age_s=9)]))
        await until(lambda: unit in stored(world))
        await report_positions(desk, Report(unit=unit, fixes=[told()]))
        without_redis(world)
        return await report_positions(desk, Report(unit=unit, fixes=[told(age_s=5, away_m=50)]))

    assert 0 == at_a_desk(world, lose_redis_between_reports).accepted


def test_without_redis_the_store_is_written_at_most_every_five_seconds_too(world: World) -> None:
    unit = a_unit(world)
    without_redis(world)

    async def drive(desk: PositionDesk) -> Mapping[UnitKey, Track]:
        for age_s in (3, 2, 1):
            await report_positions(desk, Report(unit=unit, fixes=[told(age_s=age_s)]))
        return stored(world)

    assert {unit: Track(last=a_fix(age_s=3, accuracy_m=None))} == at_a_desk(world, drive)


def test_with_neither_redis_nor_postgresql_nothing_is_promised(world: World, no_database: Database) -> None:
    report = Report(unit=a_unit(world), fixes=[told()])
    without_redis(world)
    with pytest.raises(DomainError) as refused:
        at_a_desk(world, lambda desk: report_positions(desk, report), database=no_database)
    assert (Code.UNAVAILABLE, 1) == (refused.value.code, refused.value.retry_after_s)


def test_a_wiped_redis_is_rebuilt_by_the_next_report(world: World) -> None:
    parked, driving = a_unit(world, "parked"), a_unit(world, "driving")
    at_a_desk(world, lambda desk: report_positions(desk, Report(unit=parked, fixes=[told(away_m=90)])))
    world.positions.wipe()

    async def report_and_wait(desk: PositionDesk) -> None:
        await report_positions(desk, Report(unit=driving, fixes=[told()]))
        await until(lambda: {parked, driving} == in_redis(world))

    with capture_logs() as logs:
        at_a_desk(world, report_and_wait)
    assert ["positions_left", "positions_rebuilt", "positions_returned"] == [entry["event"] for entry in logs]


def test_a_redis_that_comes_back_learns_what_was_reported_meanwhile(world: World) -> None:
    unit = a_unit(world)
    last = a_fix(age_s=0, accuracy_m=None)

    async def lose_redis_and_get_it_back(desk: PositionDesk) -> None:
        await report_positions(desk, Report(unit=unit, fixes=[told(age_s=9)]))
        without_redis(world)
        await report_positions(desk, Report(unit=unit, fixes=[told(age_s=5)]))
        await report_positions(desk, Report(unit=unit, fixes=[told()]))  # not in the store: 5 s have not passed
        world.positions.is_away = False
        await until(lambda: world.positions.near(world.agency_id, PLACE, limit=1)[0].track.last == last)

    at_a_desk(world, lose_redis_and_get_it_back)


def test_a_redis_that_goes_between_reading_and_writing_learns_of_the_report_later(world: World) -> None:
    class GoingAway(FakePositions):
        stumbles = False

        async def keep(self, tracks: Mapping[UnitKey, Track]) -> None:
            if self.stumbles:
                self.stumbles = False
                raise PositionsUnavailable("the connection was cut")
            await super().keep(tracks)

    positions = GoingAway(clock=world.clock)
    positions.rebuild(world.agency_id, {})
    unit = a_unit(world)
    last = a_fix(age_s=0, accuracy_m=None)

    async def report_twice(desk: PositionDesk) -> None:
        await report_positions(desk, Report(unit=unit, fixes=[told(age_s=9)]))
        await until(lambda: unit in stored(world))
        positions.stumbles = True
        assert BELIEVED == await report_positions(desk, Report(unit=unit, fixes=[told()]))
        await until(lambda: positions.near(world.agency_id, PLACE, limit=1)[0].track.last == last)

    at_a_desk(world, report_twice, ports=replace(world.ports, positions=positions))


def test_units_near_a_place_are_found_in_the_store_when_redis_was_wiped_and_then_in_redis_again(world: World) -> None:
    unit = a_unit(world)
    at_a_desk(world, lambda desk: report_positions(desk, Report(unit=unit, fixes=[told()])))
    world.positions.wipe()
    assert [unit] == found(world)
    assert {unit} == in_redis(world)


def test_units_in_the_store_are_found_nearest_first_and_no_more_than_asked_for(world: World) -> None:
    units = [a_unit(world, f"{number}") for number in range(5)]
    reports = [
        Report(unit=unit, fixes=[told(away_m=away_m)]) for unit, away_m in zip(units, (9, 7, 1, 5, 3), strict=True)
    ]
    at_a_desk(world, lambda desk: desk.report(reports))
    without_redis(world)
    near = units_near(world.database, world.ports, agency_id=world.agency_id, place=PLACE, limit=3)
    assert [units[2].unit_id, units[4].unit_id, units[3].unit_id] == [unit.unit_id for unit in near]


def test_a_failure_that_nobody_foresaw_leaves_nobody_waiting_and_the_next_report_works(world: World) -> None:
    class Stumbling(FakePositions):
        has_stumbled = False

        async def tracks(self, units: Sequence[UnitKey]) -> dict[UnitKey, Track]:
            if not self.has_stumbled:
                self.has_stumbled = True
                raise ArithmeticError("a bug of ours")
            return await super().tracks(units)

    positions = Stumbling(clock=world.clock)
    positions.rebuild(world.agency_id, {})
    report = Report(unit=a_unit(world), fixes=[told()])

    async def report_twice(desk: PositionDesk) -> Judgement:
        with pytest.raises(DomainError) as refused:
            await report_positions(desk, report)
        assert Code.UNAVAILABLE == refused.value.code
        return await report_positions(desk, report)

    assert BELIEVED == at_a_desk(world, report_twice, ports=replace(world.ports, positions=positions))
