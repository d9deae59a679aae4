"""The clock gives each entry its place in the chain: once, in order, whoever does it and however much there is."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from builders import NOW, seconds
from intruder import Intruder
from psycopg.errors import CheckViolation
from sqlalchemy import text, update
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError
from world import MakeWorld, World

from service.domain.chain import Sealed, follows
from service.operations import sealing
from service.operations.escalations import run_clock
from service.operations.sealing import seal_due, seal_journal
from service.store import chain, journal
from service.store.journal import Entry
from service.store.tables import JOURNAL


@pytest.fixture
def intruder(admin_database_url: str) -> Intruder:
    return Intruder(admin_database_url)


def note(world: World, *texts: str, age_s: float = 0) -> None:
    """Each in a transaction of its own."""
    for said in texts:
        with world.database.transaction(world.agency_id, origin="192.0.2.7") as tx:
            at = world.clock.now() - seconds(age_s)
            journal.write(tx, [Entry(at=at, actor="user:x", action="note_added", details={"text": said})])


def entries(world: World) -> list[Sealed]:
    with world.database.transaction(world.agency_id) as tx:
        return chain.sealed_after(tx, 0, at_most=100_000)


def texts_of(world: World) -> list[str]:
    return [sealed.line.details for sealed in entries(world) if sealed.line.action == "note_added"]


def test_entries_are_numbered_from_one_in_the_order_in_which_they_were_written(world: World) -> None:
    note(world, "a", "b", "c")
    assert 5 == seal_due(world.database, world.ports)
    assert [1, 2, 3, 4, 5] == [sealed.number for sealed in entries(world)]
    assert ['{"text": "a"}', '{"text": "b"}', '{"text": "c"}'] == texts_of(world)


def test_what_is_written_later_goes_on_where_the_chain_ended(world: World) -> None:
    seal_due(world.database, world.ports)
    before = entries(world)
    world.clock.advance(1)
    note(world, "told late", age_s=30)
    note(world, "now")
    seal_due(world.database, world.ports)
    assert before == entries(world)[: len(before)]
    assert len(before) + 2 == entries(world)[-1].number


def test_sealing_twice_seals_nothing_more(world: World) -> None:
    seal_due(world.database, world.ports)
    before = entries(world)
    assert 0 == seal_due(world.database, world.ports)
    assert before == entries(world)


def test_each_agency_has_a_chain_of_its_own(world: World, make_world: MakeWorld) -> None:
    other = make_world()
    note(other, "a", "b")
    assert 2 + 4 == seal_due(world.database, world.ports)
    assert ([1, 2], [1, 2, 3, 4]) == (
        [sealed.number for sealed in entries(world)],
        [sealed.number for sealed in entries(other)],
    )


def test_clocks_that_seal_at_the_same_moment_give_no_number_twice(world: World) -> None:
    clocks, rounds = 4, 8
    start = Barrier(clocks)

    def tick() -> None:
        start.wait()
        for _ in range(rounds):
            note(world, "meanwhile")
            seal_due(world.database, world.ports)

    with ThreadPoolExecutor(clocks) as threads:
        for ticking in [threads.submit(tick) for _ in range(clocks)]:
            ticking.result()
    seal_due(world.database, world.ports)
    assert list(range(1, 2 + clocks * rounds + 1)) == [sealed.number for sealed in entries(world)]


def test_an_agency_that_another_clock_seals_right_now_is_passed_over(world: World) -> None:
    with world.database.transaction(world.agency_id) as tx:
        assert chain.try_lock(tx)
        assert 0 == seal_journal(world.database, world.ports, agency_id=world.agency_id)
    assert 2 == seal_journal(world.database, world.ports, agency_id=world.agency_id)


def test_a_shot_is_heard_while_its_agency_s_journal_is_sealed(world: World) -> None:
    with world.database.transaction(world.agency_id) as tx:
        assert chain.try_lock(tx)
        assert "opened" == world.hears().outcome


def test_a_backlog_is_sealed_in_pieces_and_in_order(world: World, intruder: Intruder) -> None:
    count = 2 * sealing.PIECE + 300
    intruder.does(
        """
        insert into journal (agency_id, entry_id, at, actor, action, details)
        select %s, gen_random_uuid(), %s::timestamptz - make_interval(secs => n), 'x', 'y', jsonb_build_object('n', n)
        from generate_series(1, %s) n
        """,
        world.agency_id,
        world.clock.now(),
        count,
    )
    assert count + 2 == seal_due(world.database, world.ports)
    sealed = entries(world)
    assert [f'{{"n": {n}}}' for n in range(count, 0, -1)] == [each.line.details for each in sealed[:-2]]
    assert list(range(1, count + 3)) == [each.number for each in sealed]


def test_a_turn_ends_though_there_is_more_so_that_other_agencies_get_theirs(world: World, intruder: Intruder) -> None:
    most = sealing.PIECE * sealing.PIECES
    intruder.does(
        """
        insert into journal (agency_id, entry_id, at, actor, action, details)
        select %s, gen_random_uuid(), now(), 'x', 'y', '{}' from generate_series(1, %s) n
        """,
        world.agency_id,
        most,
    )
    assert most == seal_due(world.database, world.ports)
    assert 2 == seal_due(world.database, world.ports)


def test_numbers_of_any_size_and_letters_of_any_script_are_sealed_as_they_are_read_back(world: World) -> None:
    details = {"b": 1.50, "a": 1e-7, "huge": 10**30, "text": 'ø "\\\n\t\u2028 🚓', "list": [None, True, {}]}
    with world.database.transaction(world.agency_id) as tx:
        journal.write(tx, [Entry(at=world.clock.now(), actor="ø", action="x", details=details)])
    seal_due(world.database, world.ports)
    _, before, last = entries(world)
    assert details == json.loads(last.line.details)
    assert follows(before.hash, last)


def test_the_clock_seals_by_itself_within_seconds(world: World) -> None:
    stop = Event()
    with ThreadPoolExecutor(2) as threads:
        clock = threads.submit(run_clock, world.database, world.ports, threads=threads, stop=stop)
        while not entries(world):
            assert clock.running()
            stop.wait(0.05)
        stop.set()
        clock.result()
    assert 2 == len(entries(world))


# -- what the database itself refuses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        "update journal set actor = 'user:nobody'",
        "delete from journal",
        "insert into journal (agency_id, entry_id, number) values (%s, %s, 7)",
    ],
    ids=lambda act: act.split()[0],
)
def test_the_service_s_own_role_may_add_and_seal_and_nothing_else(world: World, act: str) -> None:
    statement = text(act.replace("%s", f"'{world.agency_id}'"))
    with pytest.raises(ProgrammingError, match="permission denied"), world.database.transaction(world.agency_id) as tx:
        tx.session.execute(statement)


@pytest.mark.parametrize("seal", [{"number": 99}, {"hash": b""}, {"sealed_at": NOW}], ids=lambda seal: next(iter(seal)))
def test_a_sealed_entry_is_not_sealed_again_by_anybody(world: World, seal: dict[str, Any]) -> None:
    seal_due(world.database, world.ports)
    with pytest.raises(DatabaseError, match="append-only"), world.database.transaction(world.agency_id) as tx:
        tx.session.execute(update(JOURNAL).where(JOURNAL.c.number == 1).values(seal))


@pytest.mark.parametrize("at", ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC"])
def test_nobody_tells_of_a_time_that_cannot_be_read_back(world: World, at: str) -> None:
    told = text(
        "insert into journal (agency_id, entry_id, at, actor, action, details)"
        " values (:agency_id, gen_random_uuid(), cast(:at as timestamptz), 'x', 'y', '{}')"
    )
    with pytest.raises(IntegrityError, match="can_be_told"), world.database.transaction(world.agency_id) as tx:
        tx.session.execute(told, {"agency_id": world.agency_id, "at": at})


@pytest.mark.parametrize("number", [2**63 - 1, 2**53, sealing.PIECE + 1])
def test_nobody_seals_an_entry_so_far_ahead_that_the_numbers_run_out(world: World, number: int) -> None:
    sealed = update(JOURNAL).values(number=number, hash=b"", sealed_at=world.clock.now())
    with pytest.raises(DatabaseError, match="by number"), world.database.transaction(world.agency_id) as tx:
        tx.session.execute(sealed)
    assert 2 == seal_due(world.database, world.ports)


def test_no_number_is_beyond_what_json_carries(intruder: Intruder, world: World) -> None:
    seal_due(world.database, world.ports)
    with pytest.raises(CheckViolation):
        intruder.does("update journal set number = %s where number = 2", 2**53 + 1)


def test_there_is_no_half_a_seal(intruder: Intruder, world: World) -> None:
    assert world
    with pytest.raises(CheckViolation):
        intruder.tries("update journal set number = 1")
