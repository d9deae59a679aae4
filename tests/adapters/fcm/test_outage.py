"""The push service away as a whole, and back: how soon that is known, what it costs, and how soon it is over."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from builders import NOW
from ringing import AT_ONCE_S, LEASE_S, a_pair, a_sender, failure, ring, ring_all

from service.adapters.fcm import ASK_AGAIN_S, Fcm
from service.adapters.fcm.breaker import FAILURES
from service.adapters.fcm_message import CANARY_TOPIC
from service.dev.fcm_answers import Answer
from service.dev.fcm_app import EVERYBODY, TOKEN_ENDPOINT
from service.dev.fcm_standin import FcmStandin
from service.dev.installation import free_port
from service.ports import PushCondition, Sent

BACK_S = 2.0
SLACK = 3
"""As in every test that may time something: these two cores are shared."""
MANY = [f"phone {number}" for number in range(FAILURES)]


def away(fcm: Fcm) -> bool:
    return fcm.condition().down_since is not None


def until(condition: Callable[[], bool], *, within_s: float) -> None:
    started_s = time.monotonic()
    while not condition():
        assert time.monotonic() - started_s < within_s
        time.sleep(0.02)


def test_a_push_service_that_is_not_there_is_said_to_be_away(tmp_path: Path) -> None:
    with a_sender(tmp_path, f"http://127.0.0.1:{free_port()}") as fcm:
        assert PushCondition() == fcm.condition()
        ring_all(fcm, MANY)

        assert PushCondition(down_since=NOW, reason="Google's token service is not available") == fcm.condition()


def test_while_it_hangs_one_page_a_second_finds_that_out_and_no_other_waits(tmp_path: Path) -> None:
    with a_pair(tmp_path, threads=FAILURES) as (fcm, google):
        google.fail(EVERYBODY, answer=Answer.HANG, times=None)
        ring_all(fcm, MANY)
        answers = [failure(answer) for answer in ring_all(fcm, MANY * 4)]
        not_tried = [told for told in answers if told.retry_after_s == ASK_AGAIN_S]

        assert FAILURES * 4 - 1 == len(not_tried)
        assert {"not tried, the push service is away: FCM did not answer in time"} == {
            each.reason for each in not_tried
        }
        assert all(told.can_retry and not told.ambiguous for told in not_tried)


def test_a_page_that_is_not_tried_comes_back_at_once(tmp_path: Path) -> None:
    with a_pair(tmp_path, threads=FAILURES + 1) as (fcm, google), ThreadPoolExecutor(1) as pool:
        google.fail(EVERYBODY, answer=Answer.HANG, times=None)
        ring_all(fcm, MANY)
        probe = pool.submit(ring, fcm)
        time.sleep(0.1)
        started_s = time.monotonic()

        assert ASK_AGAIN_S == failure(ring(fcm)).retry_after_s
        assert time.monotonic() - started_s < AT_ONCE_S
        assert failure(probe.result()).ambiguous


@pytest.mark.parametrize("answer", [Answer.HANG, Answer.UNAVAILABLE, Answer.HTML, Answer.RESET, Answer.UNAUTHORIZED])
def test_once_it_is_back_pages_go_out_within_two_seconds(tmp_path: Path, answer: Answer) -> None:
    with a_pair(tmp_path, threads=FAILURES) as (fcm, google):
        fcm.warm()
        google.fail(EVERYBODY, answer=answer, times=None)
        ring_all(fcm, MANY)
        until(lambda: away(fcm), within_s=BACK_S * SLACK)
        google.behave()

        until(lambda: not away(fcm), within_s=BACK_S * SLACK)
        assert isinstance(ring(fcm, "after"), Sent)
        assert 1 == len(google.messages_for("after"))


def test_a_service_that_was_restarted_gets_pages_within_two_seconds(tmp_path: Path) -> None:
    port = free_port()
    with FcmStandin(port=port) as before, a_sender(tmp_path, before.url) as fcm:
        fcm.warm()
        ring(fcm, "before")
        before.__exit__(None, None, None)
        ring_all(fcm, MANY)
        assert away(fcm)
        with FcmStandin(port=port) as google:
            until(lambda: isinstance(ring(fcm, "after"), Sent), within_s=BACK_S * SLACK)

            assert 1 == len(google.messages_for("after"))


def test_nobody_but_pages_is_needed_to_find_out_that_it_is_back(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (fcm, google):
        google.fail(EVERYBODY, answer=Answer.UNAVAILABLE, times=None)
        ring_all(fcm, MANY)
        assert away(fcm)
        google.behave()

        until(lambda: isinstance(ring(fcm, "after"), Sent), within_s=BACK_S * SLACK)
        assert [] == google.checks


def test_nobody_but_the_keeper_is_needed_to_find_out_that_it_is_back(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (fcm, google):
        fcm.warm()
        google.fail(TOKEN_ENDPOINT, answer=Answer.UNAVAILABLE, times=None)
        google.fail(EVERYBODY, answer=Answer.INTERNAL, times=None)
        ring_all(fcm, MANY)
        assert away(fcm)
        google.behave()

        until(lambda: not away(fcm), within_s=BACK_S * SLACK)
        assert {CANARY_TOPIC} == {check.target for check in google.checks}
        assert [] == google.deliveries


def test_many_phones_that_hang_again_and_again_do_not_make_the_service_look_away(tmp_path: Path) -> None:
    bad = [f"bad {number}" for number in range(16)]
    with a_pair(tmp_path, threads=32) as (fcm, google):
        fcm.warm()
        for phone in bad:
            google.fail(phone, answer=Answer.HANG, times=None)
        for _ in range(2):
            ring_all(fcm, bad)
            until(lambda: not away(fcm), within_s=BACK_S * SLACK)
            started_s = time.monotonic()
            assert isinstance(ring(fcm, "good"), Sent)
            assert time.monotonic() - started_s < AT_ONCE_S


@pytest.mark.parametrize(
    "answer",
    [
        Answer.UNREGISTERED,
        Answer.SENDER_MISMATCH,
        Answer.INVALID_TOKEN,
        Answer.INVALID_ARGUMENT,
        Answer.QUOTA,
        Answer.THIRD_PARTY_AUTH,
    ],
)
def test_no_number_of_refused_phones_makes_the_service_look_away(tmp_path: Path, answer: Answer) -> None:
    with a_pair(tmp_path) as (fcm, google):
        google.fail(EVERYBODY, answer=answer, times=None)
        for _ in range(3):
            ring_all(fcm, MANY)

        assert not away(fcm)


@pytest.mark.parametrize("answer", [Answer.UNAUTHORIZED, Answer.PERMISSION, Answer.NOT_FOUND])
def test_a_service_that_does_not_let_us_in_is_away_to_us_and_the_reason_says_so(tmp_path: Path, answer: Answer) -> None:
    with a_pair(tmp_path) as (fcm, google):
        google.fail(EVERYBODY, answer=answer, times=None)
        ring_all(fcm, MANY)

        assert fcm.condition().reason.startswith("FCM answered 4")


def test_a_process_that_starts_while_it_hangs_starts_all_the_same(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (fcm, google):
        google.fail(TOKEN_ENDPOINT, answer=Answer.DRIP)
        started_s = time.monotonic()
        fcm.warm()

        assert time.monotonic() - started_s < LEASE_S
        until(lambda: isinstance(ring(fcm), Sent), within_s=BACK_S * SLACK)
