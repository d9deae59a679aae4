"""PostgreSQL is away in one of its ways: everybody is told in time, and it serves again as soon as it is back."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from asked import AGENCY, SOON, Asking, ask_one, asked, say
from clusters import APP_ROLE, DATABASE, Cluster
from relay import Relay

from service.dev.installation import free_port
from service.domain.errors import Code
from service.store.database import Database
from service.store.impatient import Limits
from service.store.outage import AGAIN_S


def test_a_server_that_freezes_in_the_middle_of_a_transaction_is_waited_for_once(
    cluster: Cluster, asking: Asking
) -> None:
    database = asking()

    def freeze_in_the_middle() -> None:
        with database.transaction(AGENCY) as tx:
            say(tx, "select 1")
            cluster.hang("first")
            say(tx, "select 2")

    answer = asked(freeze_in_the_middle)
    cluster.go_on("first")
    assert Code.UNAVAILABLE is answer.code
    assert answer.came_within(0.5)


def test_giving_up_a_transaction_takes_no_longer_when_the_server_has_frozen(cluster: Cluster, asking: Asking) -> None:
    database = asking()

    def look_and_leave() -> None:
        with database.transaction(AGENCY) as tx:
            say(tx, "select 1")
            cluster.hang("first")
            raise ZeroDivisionError

    def leave() -> None:
        try:
            look_and_leave()
        except ZeroDivisionError:
            return

    answer = asked(leave)
    cluster.go_on("first")
    assert answer.came_within(0.5)


def test_who_comes_while_others_wait_for_a_frozen_server_is_refused_with_them(cluster: Cluster, asking: Asking) -> None:
    database = asking(pool_size=6)
    cluster.hang("first")
    with ThreadPoolExecutor(2) as threads:
        waited = [threads.submit(ask_one, database) for _ in range(20)]
        began_s = time.monotonic()
        codes = {each.result().code for each in waited}
    took_s = time.monotonic() - began_s
    cluster.go_on("first")
    assert {Code.UNAVAILABLE} == codes
    # Twenty, two at once, 0.3 s each, would be three seconds.
    assert took_s < 2.0


def test_a_frozen_server_that_goes_on_serves_at_once(cluster: Cluster, asking: Asking) -> None:
    database = asking()
    ask_one(database)
    cluster.hang("first")
    refused = ask_one(database)
    cluster.go_on("first")
    time.sleep(AGAIN_S)
    served = [ask_one(database) for _ in range(8)]
    assert Code.UNAVAILABLE is refused.code
    assert [None] * 8 == [each.code for each in served]
    assert max(served, key=lambda each: each.took_s).came_within(0.2)


def test_a_connection_that_was_given_up_is_used_by_nobody_again(cluster: Cluster, asking: Asking) -> None:
    database = asking(pool_size=1)
    with database.transaction(AGENCY) as tx:
        before = say(tx, "select pg_backend_pid()")
    cluster.hang("first")
    ask_one(database)
    cluster.go_on("first")
    time.sleep(AGAIN_S)
    with database.transaction(AGENCY) as tx:
        assert before != say(tx, "select pg_backend_pid()")


def test_a_killed_server_refuses_at_once_and_is_used_as_soon_as_it_is_back(cluster: Cluster, asking: Asking) -> None:
    database = asking()
    ask_one(database)
    cluster.kill("first")
    refused = ask_one(database)
    cluster.start("first", max_connections="12")
    assert (Code.UNAVAILABLE, None) == (refused.code, ask_one(database).code)
    assert refused.came_within(0.2)


def test_connections_that_died_while_nobody_used_them_cost_nobody_an_answer(cluster: Cluster, asking: Asking) -> None:
    database = asking(pool_size=4)
    with ExitStack() as at_once:
        for _ in range(4):
            at_once.enter_context(database.transaction(AGENCY))
    cluster.kill("first")
    cluster.start("first", max_connections="12")
    assert [None] * 4 == [asked(database.now).code for _ in range(4)]


def test_a_server_that_was_made_read_only_is_refused_and_used_again_when_it_is_not(
    cluster: Cluster, asking: Asking
) -> None:
    database = asking()
    ask_one(database)
    cluster.set("first", default_transaction_read_only="on")
    cluster.until(lambda: ask_one(database).code is Code.UNAVAILABLE, what="the server to be read-only")
    not_ready = asked(database.refuse_read_only)
    cluster.set("first", default_transaction_read_only="off")
    cluster.until(lambda: ask_one(database).code is None, what="the server to be written to again")
    assert Code.UNAVAILABLE is not_ready.code


def test_whoever_takes_any_server_is_refused_what_it_cannot_do(cluster: Cluster) -> None:
    database = Database(f"{cluster.url('first')}&target_session_attrs=any", pool_size=1, limits=SOON)
    cluster.set("first", default_transaction_read_only="on")
    cluster.until(lambda: asked(database.refuse_read_only).code is not None, what="the server to be read-only")
    read, written = ask_one(database), ask_one(database, "update fixes set agency_id = agency_id")
    not_ready = asked(database.refuse_read_only)
    cluster.set("first", default_transaction_read_only="off")
    database.close()
    assert (None, Code.UNAVAILABLE) == (read.code, written.code)
    assert "PostgreSQL is read-only" == not_ready.why


def test_a_server_that_is_full_refuses_at_once_and_serves_when_somebody_leaves(
    cluster: Cluster, asking: Asking
) -> None:
    database, crowd = asking(), asking(pool_size=12)
    with ExitStack() as everybody:
        refused = None
        while refused is None or refused.code is None:
            refused = asked(lambda: everybody.enter_context(crowd.transaction(AGENCY)))
        turned_away = ask_one(database)
    crowd.close()
    cluster.until(lambda: ask_one(database).code is None, what="a free place")
    assert Code.UNAVAILABLE is turned_away.code
    assert turned_away.came_within(0.2)


def test_a_statement_that_takes_too_long_is_ended_by_the_server_and_disturbs_nobody(asking: Asking) -> None:
    database = asking(pool_size=1)
    with database.transaction(AGENCY) as tx:
        before = say(tx, "select pg_backend_pid()")
    refused = ask_one(database, "select pg_sleep(30)")
    with database.transaction(AGENCY) as tx:
        after = say(tx, "select pg_backend_pid()")
    assert Code.UNAVAILABLE is refused.code
    assert "statement timeout" in refused.why
    assert before == after


def test_an_outage_that_is_over_is_known_to_be_over_by_the_next_who_asks(cluster: Cluster, asking: Asking) -> None:
    database = asking(limits=Limits(answer_s=0.5, connect_s=0.5))
    cluster.hang("first")
    first, second = ask_one(database), ask_one(database)
    cluster.go_on("first")
    time.sleep(AGAIN_S)
    third, fourth = ask_one(database), ask_one(database)
    assert "somebody else" in second.why
    assert [Code.UNAVAILABLE, None, None] == [first.code, third.code, fourth.code]


def test_a_network_that_has_gone_silent_is_not_waited_for_and_used_again_when_it_speaks(cluster: Cluster) -> None:
    port = free_port()
    with Relay(port, cluster.socket_dir("first") / ".s.PGSQL.5432") as network:
        database = Database(f"postgresql+psycopg://{APP_ROLE}@127.0.0.1:{port}/{DATABASE}", pool_size=2, limits=SOON)
        before = ask_one(database)
        network.silence()
        refused = ask_one(database)
        network.speak()
        time.sleep(AGAIN_S)
        after = ask_one(database)
        database.close()
    assert (None, Code.UNAVAILABLE, None) == (before.code, refused.code, after.code)
    assert refused.came_within(0.5)
