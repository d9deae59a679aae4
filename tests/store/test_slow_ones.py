"""One of many is slow, and PostgreSQL is not away: nobody else is refused, and no other connection is given up."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from asked import AGENCY, SOON, Answer, Asking, ask_one, asked, say
from clusters import Cluster

from service.dev.installation import free_port
from service.domain.errors import Code
from service.store.database import Database
from service.store.impatient import Limits
from service.store.outage import Outage
from service.store.patience import answering


@contextmanager
def _stuck_in(database: Database, answers: list[Answer]) -> Iterator[None]:
    """Whoever asks the server process of this connection of the pool waits in vain, while the block runs."""
    asks = threading.Event()

    def ask() -> None:
        with database.transaction(AGENCY) as tx:
            pids.append(int(str(say(tx, "select pg_backend_pid()"))))
            asks.wait()
            say(tx, "select 1")

    pids: list[int] = []
    asking = threading.Thread(target=lambda: answers.append(asked(ask)))
    asking.start()
    while not pids:
        time.sleep(0.01)
    os.kill(pids[0], signal.SIGSTOP)
    asks.set()
    try:
        yield
    finally:
        asking.join()
        os.kill(pids[0], signal.SIGCONT)


def test_one_server_process_that_is_stuck_is_no_outage_and_costs_no_other_connection(asking: Asking) -> None:
    database = asking()
    answers: list[Answer] = []
    used: list[object] = []
    with _stuck_in(database, answers):
        served = []
        while not answers:
            served.append(asked(lambda: used.append(_pid(database))))
            time.sleep(0.01)
        afterwards = [_pid(database) for _ in range(4)]
    assert Code.UNAVAILABLE is answers[0].code
    assert {None} == {each.code for each in served}
    assert used[0] in afterwards


def _pid(database: Database) -> object:
    with database.transaction(AGENCY) as tx:
        return say(tx, "select pg_backend_pid()")


def test_a_connect_that_is_refused_slowly_is_no_outage() -> None:
    with _turning_away(after_s=0.4) as port:
        url = f"postgresql+psycopg://nobody@127.0.0.1:{port}/nothing"
        database = Database(url, pool_size=2, limits=Limits(answer_s=2.0, connect_s=1.0))
        first, second = ask_one(database), ask_one(database)
        database.close()
    assert (Code.UNAVAILABLE, Code.UNAVAILABLE) == (first.code, second.code)
    assert "somebody else" not in second.why


@contextmanager
def _turning_away(*, after_s: float) -> Iterator[int]:
    """A server that lets nobody in."""
    with socket.create_server(("127.0.0.1", free_port())) as door:
        door.settimeout(1.0)

        def turn_away() -> None:
            with suppress(TimeoutError):
                while True:
                    caller, _address = door.accept()
                    time.sleep(after_s)
                    caller.close()

        turning = threading.Thread(target=turn_away)
        turning.start()
        yield door.getsockname()[1]
        turning.join()


def test_a_caller_without_the_time_for_a_connect_says_nothing_of_the_server(cluster: Cluster, asking: Asking) -> None:
    database = asking(limits=Limits(answer_s=2.0, connect_s=1.5))
    cluster.hang("first")
    with answering(0.4):
        hurried = ask_one(database)
    cluster.go_on("first")
    assert (Code.UNAVAILABLE, None) == (hurried.code, ask_one(database).code)


def test_a_server_that_lets_nobody_in_any_more_is_away(cluster: Cluster, asking: Asking) -> None:
    database = asking(limits=SOON)
    cluster.hang("first")
    first, second = ask_one(database), ask_one(database)
    cluster.go_on("first")
    assert Code.UNAVAILABLE is first.code
    assert "somebody else" in second.why


def test_who_waited_in_vain_while_others_were_answered_has_met_no_outage() -> None:
    outage = Outage()
    before_s = time.monotonic()
    outage.answered()
    assert (False, True) == (outage.failed(begun_s=before_s), outage.failed(begun_s=time.monotonic()))
