"""However many questions an answer takes, it is given in time; and what nobody waits for may take its time."""

import time

import pytest
from asked import AGENCY, Asking, asked, say

from service.domain.errors import Code, DomainError
from service.store.database import Database
from service.store.patience import answering


def _ask_ten_times(database: Database) -> None:
    with database.transaction(AGENCY) as tx:
        for _ in range(10):
            say(tx, "select pg_sleep(0.2)")


def test_many_questions_share_the_time_that_one_answer_has(asking: Asking) -> None:
    database = asking()
    with answering(0.5):
        answer = asked(lambda: _ask_ten_times(database))
    assert Code.UNAVAILABLE is answer.code
    assert answer.took_s < 1.0


def test_what_nobody_waits_for_takes_as_long_as_it_takes(asking: Asking) -> None:
    assert None is asked(lambda: _ask_ten_times(asking())).code


def test_once_the_answer_has_begun_nobody_is_hurried(asking: Asking) -> None:
    database = asking()
    with answering(0.3) as patience:
        patience.end()
        answer = asked(lambda: _ask_ten_times(database))
    assert None is answer.code


def test_who_is_too_late_for_an_answer_does_not_ask(asking: Asking) -> None:
    database = asking()
    with answering(0.0):
        answer = asked(database.now)
    assert "what one answer may wait for PostgreSQL was spent before this was asked" == answer.why


def test_what_is_done_between_two_questions_costs_nothing_of_their_time(asking: Asking) -> None:
    """A password is hashed, a line is stood in, somebody else has the processor."""
    database = asking()
    with answering(0.4):
        assert None is asked(database.now).code
        time.sleep(0.5)
        assert None is asked(database.now).code


def test_one_caller_without_time_left_is_no_outage_for_the_others(asking: Asking) -> None:
    database = asking()
    with answering(0.1), pytest.raises(DomainError), database.transaction(AGENCY) as tx:
        say(tx, "select pg_sleep(0.3)")
    assert None is asked(database.now).code
