"""What consoles and phones see the moment it happens, and what they see when something on the way to them breaks."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from uuid import UUID

import pytest
from fake_clock import FrozenClock
from outside import Backend
from streaming import Serving, Stream, serving, wait
from watching import Announcing, sign_in, sign_out
from world import Car, MakeWorld, World

from service.operations import registry
from service.operations.detections import Answer
from service.operations.sealing import seal_journal
from service.store import journal
from service.store.database import Database
from service.store.journal import Entry
from service.store.users import UserRole

Serve = Callable[[World], Serving]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """One more API process of a world."""
    with ExitStack() as stack:
        yield lambda world: stack.enter_context(serving(Backend(world.database, world.ports)))


@pytest.fixture
def announcing_world(database_url: str, clock: FrozenClock) -> Iterator[World]:
    """A world whose every commit is announced, as in production."""
    announcing = Announcing()
    database = Database(database_url, pool_size=12, committed=announcing)
    world = announcing.world = World(database, clock)
    yield world
    world.close()
    database.close()


def states(console: Stream) -> list[str]:
    """Of the incident, each once, in the order in which the console saw them."""
    return list(dict.fromkeys(told["incident"]["state"] for told in console.named("incident")))


def actions(console: Stream) -> set[str]:
    return {change["action"] for told in console.named("incident") for change in told["changes"]}


def is_covered(told: dict[str, dict[str, str]]) -> bool:
    return told["incident"]["state"] == "covered"


def en_route(car: Car) -> Callable[[dict[str, str]], bool]:
    return lambda unit: (unit["call_sign"], unit["status"]) == (car.call_sign, "en_route")


def revoke(world: World, device_id: UUID) -> None:
    """An administrator takes a lost phone out of service."""
    user = world.person(UserRole.ADMINISTRATOR).user
    registry.revoke_device(world.database, world.ports, user=user, device_id=device_id)


def test_a_dispatcher_watches_an_incident_from_the_shot_until_it_is_covered(
    announcing_world: World, serve: Serve
) -> None:
    world = announcing_world
    cars = world.cars(300, 500)
    with serve(world).watch(sign_in(world).token) as console:
        console.wait_for("hello")
        world.hears()
        console.wait_for("incident", lambda told: told["incident"]["state"] == "open")
        for car in cars:
            car.phone.accepts()
        told = console.wait_for("incident", is_covered)
        console.wait_for("unit", en_route(cars[0]))
    assert ["open", "covered"] == states(console)
    assert [(car.call_sign, "acknowledged") for car in cars] == [
        (alert["call_sign"], alert["state"]) for alert in told["alerts"]
    ]


def test_a_console_that_lost_its_stream_for_a_minute_misses_nothing(world: World, serve: Serve) -> None:
    cars = world.cars(300, 500)
    token = sign_in(world).token
    with serve(world).watch(token) as console:
        heard = world.hears()
        console.wait_for("incident")
    for car in cars:
        car.phone.accepts()
    world.advance(60)
    seal_journal(world.database, world.ports, agency_id=world.agency_id)
    with serve(world).watch(token, after=console.last_id) as again:  # another process, and Redis knew nothing of it
        again.wait_for("incident", is_covered)
        timeline = {entry.action for entry in world.incident(heard).timeline}
        again.wait_until(lambda: timeline <= actions(console) | actions(again), what="the whole timeline")


def test_a_console_that_was_away_for_a_wild_night_reads_its_lists_again(world: World, serve: Serve) -> None:
    token = sign_in(world).token
    here = serve(world)
    with here.watch(token) as console:
        console.wait_for("hello")
    heard = world.hears()
    for _ in range(3):
        write_notes(world, heard, 2_000)
    with here.watch(token, after=console.last_id) as again:
        again.wait_for("reset")
        assert [] == again.named("incident")
    with here.watch(token, after=again.last_id) as once_more:
        once_more.wait_for("hello")


def test_a_phone_revoked_in_the_middle_of_a_stream_hears_nothing_more_within_a_second(
    world: World, serve: Serve
) -> None:
    car = world.cars(300, 500)[0]
    with serve(world).watch_phone(car.phone.token) as lost:
        world.hears("SST-1")
        lost.wait_for("alert")
        heard_before = len(lost.events)
        started_s = time.monotonic()
        revoke(world, car.phone.device.device_id)
        lost.wait_until_over()
        assert time.monotonic() - started_s < 1
        world.updates("SST-1", rounds=20)
    assert heard_before == len(lost.events)


def test_a_dispatcher_who_signs_out_sees_nothing_more_and_the_colleague_does(
    announcing_world: World, serve: Serve
) -> None:
    world = announcing_world
    here, leaves, stays = serve(world), sign_in(world), sign_in(world)
    with here.watch(leaves.token) as first, here.watch(stays.token) as second:
        sign_out(world, leaves)
        first.wait_until_over()
        world.hears()
        second.wait_for("incident")
    assert ["hello"] == [event.name for event in first.events]


def test_a_console_that_stops_reading_is_dropped_and_nobody_waits_for_it(world: World, serve: Serve) -> None:
    here, token = serve(world), sign_in(world).token
    heard = world.hears()
    with here.watch(token) as reads, here.connect() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        stuck.sendall(f"GET /v1/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n".encode())
        wait(lambda: len(here.hub.watchers) == 2)
        while len(here.hub.watchers) == 2:
            before = noted(reads)
            write_notes(world, heard, 200, text="x" * 5_000)
            reads.wait_until(partial(has_read, reads, before + 200), what="the notes")
        wait(lambda: len(here.server.server_state.connections) == 1)
        assert noted(reads) < 2_000


def test_without_redis_the_console_still_sees_each_change(announcing_world: World, serve: Serve) -> None:
    world = announcing_world
    cars = world.cars(300, 500)
    world.feed.is_away = True
    with serve(world).watch(sign_in(world).token) as console:
        console.wait_for("hello")
        heard = world.hears()
        for car in cars:
            started_s = time.monotonic()
            car.phone.accepts()
            console.wait_for("unit", en_route(car))
            assert time.monotonic() - started_s < 1.5
        console.wait_for("incident", is_covered)
    assert {entry.action for entry in world.incident(heard).timeline} <= actions(console)


def test_another_agencys_console_and_another_units_phone_see_nothing(make_world: MakeWorld, serve: Serve) -> None:
    ours, theirs = make_world(), make_world()
    here = serve(ours)
    asked = ours.cars(300, 500)[0]
    not_asked = ours.car(away_m=3_000)
    with (
        here.watch(sign_in(ours).token) as our_console,
        here.watch(sign_in(theirs).token) as their_console,
        here.watch_phone(theirs.car().phone.token) as their_phone,
        here.watch_phone(not_asked.phone.token) as our_other_phone,
    ):
        ours.hears()
        asked.phone.accepts()
        our_console.wait_for("incident", lambda told: told["alerts"][0]["state"] == "acknowledged")
        time.sleep(0.6)  # a look later than that
    for stream in (their_console, their_phone, our_other_phone):
        assert {"hello"} == {event.name for event in stream.events} - {"unit"}
    assert {"car"} == {unit["call_sign"].partition("-")[0] for unit in our_console.named("unit")}
    assert [] == their_phone.named("unit") == our_other_phone.named("unit")


def write_notes(world: World, heard: Answer, count: int, text: str = "") -> None:
    """As many as dispatchers write in a night, at once."""
    entry = Entry(
        at=world.clock.now(), actor="test", action="note_added", incident_id=heard.incident_id, details={"text": text}
    )
    with world.database.transaction(world.agency_id) as tx:
        journal.write(tx, [entry] * count)


def has_read(console: Stream, notes: int) -> bool:
    return noted(console) >= notes


def noted(console: Stream) -> int:
    return sum(len(told["changes"]) for told in console.named("incident"))
