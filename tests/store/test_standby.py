"""With a synchronous standby, whatever was acknowledged is on two machines, or it was not acknowledged."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from asked import AGENCY, SOON, Answer, ask_one, asked, say
from clusters import Cluster, a_cluster

from service.domain.errors import Code
from service.store.database import Database

INSERT = "insert into kept values (default)"
WAITING = "select pid from pg_stat_activity where wait_event = 'SyncRep'"


@pytest.fixture(scope="module")
def pair() -> Iterator[Cluster]:
    """`first`, and `second`, which is its synchronous standby."""
    with a_cluster() as servers:
        servers.create("first")
        servers.create_database("first")
        with servers.admin("first") as connection:
            connection.execute("create table kept (number serial)")
            connection.execute("grant all on kept, kept_number_seq to beatline_app")
        servers.add_standby("second", of="first")
        yield servers


@pytest.fixture
def database(pair: Cluster) -> Iterator[Database]:
    database = Database(pair.url("first", "second"), pool_size=4, limits=SOON)
    yield database
    database.close()


def _cancelled(pair: Cluster, answers: list[Answer]) -> Answer:
    """What was told to whom an administrator took the wait for the standby away."""
    pair.until(lambda: pair.ask("first", WAITING) is not None, what="a commit that waits")
    pair.ask("first", f"select pg_cancel_backend(({WAITING}))")
    pair.until(lambda: bool(answers), what="an answer")
    return answers[0]


def test_a_commit_that_the_standby_does_not_confirm_is_not_acknowledged(pair: Cluster, database: Database) -> None:
    ask_one(database)
    pair.hang("second")
    before = pair.ask("first", "select count(*) from kept")
    answer = ask_one(database, INSERT)
    seen_meanwhile = pair.ask("first", "select count(*) from kept")
    pair.go_on("second")
    assert Code.UNAVAILABLE is answer.code
    assert answer.came_within(0.5)
    # Nor can anybody read it, who would then say that it is there.
    assert before == seen_meanwhile


def test_a_commit_whose_wait_for_the_standby_was_cancelled_is_not_acknowledged(
    pair: Cluster, database: Database
) -> None:
    ask_one(database)
    pair.hang("second")
    answers: list[Answer] = []
    asking = Thread(target=lambda: answers.append(ask_one(database, INSERT)))
    asking.start()
    answer = _cancelled(pair, answers)
    pair.go_on("second")
    asking.join()
    assert Code.UNAVAILABLE is answer.code
    assert "canceling wait for synchronous replication" in answer.why


def test_a_single_question_whose_wait_was_cancelled_is_not_acknowledged(pair: Cluster, database: Database) -> None:
    def ask() -> None:
        with database.outside() as connection:
            connection.exec_driver_sql(INSERT)

    ask_one(database)
    pair.hang("second")
    answers: list[Answer] = []
    asking = Thread(target=lambda: answers.append(asked(ask)))
    asking.start()
    answer = _cancelled(pair, answers)
    pair.go_on("second")
    asking.join()
    assert Code.UNAVAILABLE is answer.code


@pytest.mark.parametrize("acting", [{"origin": "192.0.2.1"}, {"exclusive": True}, {"acts": True}])
def test_who_acts_and_finds_it_done_already_is_answered_once_the_standby_knows_that(
    pair: Cluster, database: Database, acting: dict[str, Any]
) -> None:
    def repeat() -> None:
        with database.transaction(AGENCY, **acting) as tx:
            say(tx, "select count(*) from kept")

    assert None is asked(repeat).code
    pair.hang("second")
    answer = asked(repeat)
    pair.go_on("second")
    assert Code.UNAVAILABLE is answer.code


def test_a_row_that_was_locked_and_found_as_it_should_be_is_as_safe(pair: Cluster, database: Database) -> None:
    """Which is how the clock finds it done already."""
    pair.ask("first", f"{INSERT} returning number")
    pair.hang("second")
    answer = ask_one(database, "select number from kept for update")
    pair.go_on("second")
    assert Code.UNAVAILABLE is answer.code


def test_who_only_looks_waits_for_no_standby(pair: Cluster, database: Database) -> None:
    ask_one(database)
    pair.hang("second")
    answer = ask_one(database, "select count(*) from kept")
    pair.go_on("second")
    assert None is answer.code


def test_nobody_is_promoted_while_the_old_primary_may_still_serve(pair: Cluster) -> None:
    unsaid = pair.script("failover/promote.sh", at="second")
    unfenced = pair.script("failover/promote.sh", "--fence", "exit 1", at="second")
    assert (2, 1) == (unsaid.returncode, unfenced.returncode)
    assert pair.ask("second", "select pg_is_in_recovery()")


def test_a_promoted_standby_has_everything_that_was_acknowledged_and_is_found(
    pair: Cluster, database: Database
) -> None:
    acknowledged = []
    for _ in range(20):
        with database.transaction(AGENCY) as tx:
            number = say(tx, f"{INSERT} returning number")
        acknowledged.append(number)
    pair.kill("first")
    away = ask_one(database)
    pair.promote("second")
    with database.transaction(AGENCY) as tx:
        kept = say(tx, "select array_agg(number) from kept")
    assert Code.UNAVAILABLE is away.code
    assert isinstance(kept, list)
    assert set() == set(acknowledged) - set(kept)


def test_an_old_primary_that_comes_back_acknowledges_nothing_and_is_not_returned_to(
    pair: Cluster, database: Database
) -> None:
    """After the story above: its standby leads a life of its own."""
    assert None is ask_one(database, INSERT).code
    pair.start("first")
    newcomer = Database(pair.url("first"), pool_size=1, limits=SOON)
    refused = ask_one(newcomer, INSERT)
    newcomer.close()
    pair.kill("second")
    pair.start("second")
    answer = ask_one(database, INSERT)
    pair.kill("first")
    assert (Code.UNAVAILABLE, None) == (refused.code, answer.code)
