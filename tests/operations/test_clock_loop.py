"""The loop that makes it sure: it goes on whatever happens, and one incident never stands before another."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Thread
from uuid import UUID

from builders import a_point
from world import World

from service.domain.alert import PageKind
from service.domain.geo import Point
from service.operations.escalations import escalate_due, run_clock
from service.ports import UnitTrack


def test_it_sends_what_no_worker_heard_of_and_stops_when_told(world: World) -> None:
    (car,) = world.cars(400)
    world.jobs.is_away = True
    world.hears()
    world.clock.advance(1)
    stop = Event()
    with ThreadPoolExecutor(4) as threads:
        clock = Thread(target=run_clock, args=(world.database, world.ports), kwargs={"threads": threads, "stop": stop})
        clock.start()
        while not car.phone.rings:
            assert clock.is_alive()
            stop.wait(0.02)
        stop.set()
        clock.join()
    assert [PageKind.ALERT] == car.phone.kinds


def test_an_incident_that_breaks_the_escalation_does_not_hold_up_the_others(world: World) -> None:
    world.cars(400, 900, 1_500, 2_000)
    broken = a_point(away_m=5_000)
    before = world.hears("SST-1")
    world.hears("SST-2", place=broken)
    after = world.hears("SST-3", place=a_point(away_m=1_000))
    world.clock.advance(30)
    ports = replace(world.ports, positions=BrokenSomewhere(world, broken))
    with world.working() as (database, _):
        assert 3 == escalate_due(database, ports)
    assert {"expired"} == {alert.alert.state for alert in world.incident(before).alerts if alert.alert.level == 1}
    assert {"expired"} == {alert.alert.state for alert in world.incident(after).alerts if alert.alert.level == 1}


class BrokenSomewhere:
    """Positions with a bug that one place on the map brings out; the rest is the world's own."""

    def __init__(self, world: World, place: Point) -> None:
        self._positions = world.positions
        self._place = place
        self.tracks = world.positions.tracks
        self.keep = world.positions.keep
        self.may_rebuild = world.positions.may_rebuild
        self.rebuild = world.positions.rebuild
        self.aclose = world.positions.aclose
        self.forget = world.positions.forget

    def near(self, agency_id: UUID, point: Point, *, limit: int) -> list[UnitTrack]:
        if point == self._place:
            raise ZeroDivisionError("a bug")
        return self._positions.near(agency_id, point, limit=limit)
