"""Beatline was away for minutes (no worker, no clock, no database) and comes back to what had waited."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from builders import a_point
from world import Car, MakeWorld, World

from service.domain.alert import PageKind, PageState
from service.domain.detection import Classification
from service.domain.errors import Code, DomainError
from service.domain.notice import body, data
from service.operations.claiming import LEASE_S
from service.operations.paging import send_due_pages
from service.ports import NotSent
from service.store.database import Database, Transaction


class Faltering(Database):
    """The world's database, which cannot be used once after `falter`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._falters = False

    def falter(self) -> None:
        self._falters = True

    @contextmanager
    def transaction(
        self, agency_id: UUID, *, origin: str | None = None, exclusive: bool = False, acts: bool = False
    ) -> Iterator[Transaction]:
        if self._falters:
            self._falters = False
            raise DomainError(Code.UNAVAILABLE, "away for a moment")
        with self._database.transaction(agency_id, origin=origin, exclusive=exclusive, acts=acts) as tx:
            yield tx


def away(world: World, seconds: float) -> None:
    """Nobody works, and the world goes on."""
    world.clock.advance(seconds)


def back(world: World) -> None:
    """Once the clock's head start for workers is over."""
    world.clock.advance(1)
    world.tick()


def a_silent_world(world: World) -> Car:
    """Nudges are lost from now on."""
    car = world.car("3A12", away_m=300)
    world.jobs.is_away = True
    return car


def test_an_alert_that_comes_two_minutes_late_is_shown_as_late_and_does_not_ring(world: World) -> None:
    car = a_silent_world(world)
    heard = world.hears()
    away(world, 200)
    back(world)
    late = next(ring.notice for ring in car.phone.rings if ring.notice.incident_id == heard.incident_id)
    assert PageKind.DIGEST is late.kind
    assert late.quiet
    assert "true" == data(late)["silent"]
    assert "Late by 3 minutes" in body(late)
    assert late.deadline_at is None


def test_an_alert_that_comes_within_two_minutes_rings(make_world: MakeWorld) -> None:
    world = make_world(acknowledgment_deadline_s=115)
    car = a_silent_world(world)
    world.hears()
    away(world, 110)
    back(world)
    assert [PageKind.ALERT] == car.phone.kinds


def test_an_alert_that_expired_before_anybody_could_send_it_still_rings(world: World) -> None:
    cars = [world.car("3A12", away_m=300), world.car("3A13", away_m=400)]
    world.jobs.is_away = True
    world.hears()
    away(world, 40)
    back(world)
    world.tick()
    assert PageKind.ALERT in cars[0].phone.kinds
    assert cars[0].phone.rings[0].notice.deadline_at is None


def test_the_newest_of_a_backlog_is_sent_first(make_world: MakeWorld) -> None:
    world = make_world(acknowledgment_deadline_s=115, units_per_level=1, acknowledgments_needed=1)
    cars = [world.car(f"3A{number}", away_m=3_000 * number, bearing_deg=0) for number in (1, 2, 3)]
    world.jobs.is_away = True
    for number in (1, 2, 3):
        world.hears(f"SST-{number}", place=a_point(away_m=3_000 * number, bearing_deg=0))
        away(world, 5)
    world.push.rings.clear()
    back(world)
    assert {PageKind.ALERT} == {ring.notice.kind for ring in world.push.rings}
    with world.database.transaction(world.agency_id):
        asked = [car.phone.rings[0].notice.incident_id for car in cars]
    assert 3 == len(set(asked))


def test_what_the_push_service_refused_for_two_minutes_is_dead_and_not_late(world: World) -> None:
    car = world.car("3A12", away_m=300)
    world.push.fail(car.phone.target.value, NotSent(reason="FCM answered 503", can_retry=True), times=None)
    heard = world.hears()
    for _ in range(130):
        world.clock.advance(1)
        world.tick()
    states = {page.state for page in world.incident(heard).pages if page.kind is PageKind.ALERT}
    assert states <= {PageState.DEAD, PageState.SUPERSEDED}
    assert [] == car.phone.rings


def test_what_is_too_old_to_ring_is_too_old_to_come_late(world: World) -> None:
    car = a_silent_world(world)
    world.hears()
    away(world, 901)
    back(world)
    assert [] == [ring for ring in car.phone.rings if ring.notice.kind is PageKind.DIGEST]


def test_a_loud_page_that_fails_in_a_workers_hand_rings_with_what_followed_it(world: World) -> None:
    car = world.car("3A12", away_m=300)
    world.hears(classification=Classification.SINGLE_GUNSHOT)
    car.phone.receives()
    world.advance(11)
    again = NotSent(reason="FCM answered 500", can_retry=True)
    world.push.fail(car.phone.target.value, again)

    def small_news() -> None:
        world.updates(revision=2, classification=Classification.MULTIPLE_GUNSHOTS, rounds=9)

    world.push.meanwhile(car.phone.target.value, small_news)
    world.updates(revision=1, classification=Classification.MULTIPLE_GUNSHOTS)
    world.advance(3)
    last = car.phone.rings[-1].notice
    assert 9 == last.sound.rounds
    assert not last.quiet


def test_a_page_that_cannot_be_settled_for_a_moment_is_not_sent_twice(world: World) -> None:
    car = world.car("3A12", away_m=300)
    world.jobs.is_away = True
    heard = world.hears()
    assert heard.incident_id is not None
    away_for_a_moment = Faltering(world.database)
    world.push.meanwhile(car.phone.target.value, away_for_a_moment.falter)
    send_due_pages(
        away_for_a_moment,
        world.ports,
        agency_id=world.agency_id,
        incident_id=heard.incident_id,
        threads=world.threads,
    )
    world.advance(LEASE_S + 2)
    assert [PageKind.ALERT] == car.phone.kinds
    assert [PageState.SENT] == [page.state for page in world.incident(heard).pages]


def test_nothing_newer_is_sent_to_a_phone_while_something_is_on_its_way_there(world: World) -> None:
    car = world.car("3A12", away_m=300)
    world.hears(classification=Classification.SINGLE_GUNSHOT)
    sent_meanwhile: list[int] = []

    def look() -> None:
        world.updates(revision=1, rounds=9)
        sent_meanwhile.append(len(car.phone.rings))

    world.advance(11)
    world.push.meanwhile(car.phone.target.value, look)
    world.updates(revision=2, classification=Classification.MULTIPLE_GUNSHOTS)
    assert [1] == sent_meanwhile
    world.clock.advance(timedelta(seconds=1).total_seconds())
    world.tick()
    sequences = [ring.notice.sequence for ring in car.phone.rings]
    assert sorted(sequences) == sequences
