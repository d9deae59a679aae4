"""A process says that it is alive, and how it finds push and Redis; when it says nothing more, others know."""

from threading import Event

from builders import seconds
from world import World

from service.domain.vigilance import Condition, Process, ProcessKind, living
from service.operations.heartbeats import Heart, beating
from service.ports import PushCondition
from service.store import heartbeats
from service.store.ids import new_id

AN_HOUR_S = 3_600


def of(world: World) -> list[Process]:
    return heartbeats.all_processes(world.database)


def test_a_process_is_alive_as_soon_as_it_has_started(world: World) -> None:
    with beating(world.database, world.ports, kind=ProcessKind.CLOCK):
        while not of(world):
            Event().wait(0.01)
    [process] = of(world)
    assert (ProcessKind.CLOCK, Condition()) == (process.kind, process.condition)
    assert world.clock.now() == process.started_at == process.seen_at


def test_who_beats_again_is_the_same_process(world: World) -> None:
    heart = Heart(world.database, world.ports, kind=ProcessKind.WORKER)
    heart.beat()
    started_at = world.clock.now()
    world.clock.advance(5)
    heart.beat()
    [process] = of(world)
    assert (started_at, started_at + seconds(5)) == (process.started_at, process.seen_at)


def test_two_on_one_host_are_two(world: World) -> None:
    for _ in range(2):
        Heart(world.database, world.ports, kind=ProcessKind.WORKER).beat()
    assert 2 == len(of(world))


def test_it_tells_since_when_push_is_down_and_why(world: World) -> None:
    went_at = world.clock.now() - seconds(30)
    world.push.is_found = PushCondition(down_since=went_at, reason="FCM answered 503")
    Heart(world.database, world.ports, kind=ProcessKind.WORKER).beat()
    [process] = of(world)
    assert Condition(push_down_since=went_at, push_reason="FCM answered 503") == process.condition


def test_redis_is_away_since_it_was_missed_first_and_then_it_is_back(world: World) -> None:
    heart = Heart(world.database, world.ports, kind=ProcessKind.API)
    world.positions.is_away = True
    went_at = world.clock.now()
    for _ in range(3):
        heart.beat()
        world.clock.advance(5)
    assert [Condition(redis_away_since=went_at)] == [process.condition for process in of(world)]
    world.positions.is_away = False
    heart.beat()
    assert [Condition()] == [process.condition for process in of(world)]


def test_who_says_nothing_more_is_dead_and_after_an_hour_forgotten(world: World) -> None:
    Heart(world.database, world.ports, kind=ProcessKind.WORKER).beat()
    world.clock.advance(16)
    assert [] == living(of(world), now=world.clock.now(), second=seconds(1))
    world.clock.advance(AN_HOUR_S)
    Heart(world.database, world.ports, kind=ProcessKind.CLOCK).beat()
    assert [ProcessKind.CLOCK] == [process.kind for process in of(world)]


def test_a_kind_that_a_later_release_brings_disturbs_nobody(world: World) -> None:
    with world.database.outside() as connection:
        connection.exec_driver_sql(
            "select beat(%s, 'herald', 'one', now(), now(), '{}')",
            (new_id(),),
        )
    assert [] == of(world)
