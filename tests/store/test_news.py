"""What is new in the journal: everything that was committed since, in whatever order, and by whatever clock."""

from datetime import timedelta
from uuid import UUID

import pytest
from builders import NOW, seconds
from world import MakeWorld, World

from service.operations.sealing import seal_journal
from service.store import journal, news
from service.store.database import Transaction
from service.store.ids import first_id_of, made_at, new_id
from service.store.journal import Entry
from service.store.news import Place


@pytest.fixture
def place(world: World) -> Place:
    """Where somebody begins to read."""
    return end(world)


def write(world: World, *actions: str) -> None:
    with world.database.transaction(world.agency_id) as tx:
        add(tx, *actions)


def add(tx: Transaction, *actions: str) -> None:
    journal.write(tx, [Entry(at=NOW, actor="test", action=action) for action in actions])


def write_by_a_clock(world: World, action: str, *, ahead_s: float) -> UUID:
    """On a host whose clock is ahead, or behind."""
    with world.database.transaction(world.agency_id) as tx:
        add(tx, action)
        entry_id = first_id_of(made_at(new_id()) + seconds(ahead_s))
        tx.entries[-1]["entry_id"] = UUID(int=entry_id.int | 7 << 76 | 2 << 62 | len(action))
    return UUID(str(tx.entries[-1]["entry_id"]))


def seal(world: World) -> None:
    assert seal_journal(world.database, world.ports, agency_id=world.agency_id)


def end(world: World) -> Place:
    with world.database.transaction(world.agency_id) as tx:
        return news.end(tx)


def read(world: World, place: Place) -> tuple[list[str], Place]:
    with world.database.transaction(world.agency_id) as tx:
        fresh = news.since(tx, place)
    return [entry.action for entry in fresh.entries], fresh.place


def read_since(world: World, entry_id: UUID) -> list[str]:
    with world.database.transaction(world.agency_id) as tx:
        entries = news.since_id(tx, entry_id)
    return ["too much"] if entries is None else [entry.action for entry in entries]


def test_what_was_written_is_new_once(world: World, place: Place) -> None:
    write(world, "a", "b")
    first, place = read(world, place)
    write(world, "c")
    second, place = read(world, place)
    assert (["a", "b"], ["c"], []) == (first, second, read(world, place)[0])


def test_being_sealed_is_no_news(world: World, place: Place) -> None:
    write(world, "a")
    _, place = read(world, place)
    seal(world)
    write(world, "b")
    assert ["b"] == read(world, place)[0]


def test_what_is_sealed_before_anybody_looked_is_found(world: World, place: Place) -> None:
    write(world, "a")
    seal(world)
    write(world, "b")
    seal(world)
    assert ["a", "b"] == read(world, place)[0]


def test_what_is_committed_late_is_found_though_its_id_is_older(world: World, place: Place) -> None:
    with world.database.transaction(world.agency_id) as late:
        add(late, "late")
        write(world, "early")
        first, place = read(world, place)
        seal(world)
    assert (["early"], ["late"]) == (first, read(world, place)[0])


@pytest.mark.parametrize("ahead_s", [-3_600.0, 3_600.0])
def test_a_host_with_a_wrong_clock_is_heard_like_any_other(world: World, ahead_s: float) -> None:
    write(world, "before")
    seal(world)
    place = end(world)
    write_by_a_clock(world, "elsewhere", ahead_s=ahead_s)
    assert ["elsewhere"] == read(world, place)[0]


def test_who_only_looked_makes_no_news_and_is_passed_over(world: World, place: Place) -> None:
    write(world, "incident_read", "incidents_listed")
    seal(world)
    actions, after = read(world, place)
    assert [] == actions
    assert place.number + 2 <= after.number


def test_too_much_at_once_is_said_and_what_follows_is_told_again(world: World, place: Place) -> None:
    write(world, *(["flood"] * (news.AT_MOST + 1)))
    with world.database.transaction(world.agency_id) as tx:
        fresh = news.since(tx, place)
    assert not fresh.is_all
    seal(world)
    place = end(world)
    write(world, "after")
    assert ["after"] == read(world, place)[0]


def test_another_agencys_journal_is_not_read(make_world: MakeWorld) -> None:
    ours, theirs = make_world(), make_world()
    place = end(ours)
    write(theirs, "theirs")
    assert [] == read(ours, place)[0]
    assert [] == read_since(ours, first_id_of(made_at(new_id()) + seconds(1)))


def test_since_an_id_is_everything_from_its_time_on(world: World) -> None:
    write(world, "before")
    seal(world)
    entry_id = write_by_a_clock(world, "seen", ahead_s=30)
    write_by_a_clock(world, "missed", ahead_s=31)
    seal(world)
    write_by_a_clock(world, "incident_read", ahead_s=32)
    write_by_a_clock(world, "missed too", ahead_s=33)
    assert ["seen", "missed", "missed too"] == read_since(world, entry_id)


def test_since_an_id_is_also_what_a_slow_clock_wrote_meanwhile(world: World) -> None:
    entry_id = write_by_a_clock(world, "seen", ahead_s=3_600)
    seal(world)
    write_by_a_clock(world, "by a slow clock", ahead_s=-3_600)
    seal(world)
    assert ["by a slow clock", "seen"] == read_since(world, entry_id)


def test_an_absence_of_which_too_much_would_have_to_be_told_is_too_much(world: World, place: Place) -> None:
    assert place.newest is not None
    for _ in range(5):
        write(world, *(["flood"] * (news.MISSED_AT_MOST // 5)))
    assert ["too much"] == read_since(world, place.newest)


def test_an_id_tells_when_it_was_made_and_sorts_by_it() -> None:
    at = made_at(new_id())
    assert first_id_of(at) <= new_id() < first_id_of(at + timedelta(seconds=5))
    assert at == made_at(first_id_of(at))
