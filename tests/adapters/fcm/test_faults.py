"""Everything that a push service and the network before it can do to one message, over real sockets."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from builders import NOW
from ringing import AT_ONCE_S, LEASE_S, a_pair, a_sender, failure, ring, ring_all

from service.adapters.fcm import Fcm
from service.dev.fcm_answers import Answer
from service.dev.fcm_app import NEW_CONNECTIONS
from service.dev.fcm_standin import FcmStandin
from service.ports import NotSent, Sent

HANGING = (Answer.HANG, Answer.VANISH, Answer.TRICKLE, Answer.DRIP)
IN_AN_HOUR = format_datetime(NOW + timedelta(hours=1), usegmt=True)
IN_21_S = format_datetime(NOW.replace(microsecond=0) + timedelta(seconds=21), usegmt=True)


@pytest.fixture(scope="module")
def google() -> Iterator[FcmStandin]:
    with FcmStandin() as standin:
        yield standin


@pytest.fixture
def fcm(google: FcmStandin, tmp_path: Path) -> Iterator[Fcm]:
    google.behave()
    with a_sender(tmp_path, google.url, threads=8) as sender:
        yield sender


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (Answer.QUOTA, {"can_retry": True}),
        (Answer.UNAVAILABLE, {"can_retry": True}),
        (Answer.INTERNAL, {"can_retry": True}),
        (Answer.BAD_GATEWAY, {"can_retry": True}),
        (Answer.GATEWAY_TIMEOUT, {"can_retry": True, "ambiguous": True}),
        (Answer.HTML, {"can_retry": True, "ambiguous": True}),
        (Answer.EMPTY, {"can_retry": True, "ambiguous": True}),
        (Answer.TRUNCATED, {"can_retry": True, "ambiguous": True}),
        (Answer.TORN, {"can_retry": True, "ambiguous": True}),
        (Answer.CUT, {"can_retry": True, "ambiguous": True}),
        (Answer.RESET, {"can_retry": True, "ambiguous": True}),
        (Answer.ENDLESS, {"can_retry": True, "ambiguous": True}),
        (Answer.UNREGISTERED, {"target_is_dead": True}),
        (Answer.SENDER_MISMATCH, {"target_is_dead": True}),
        (Answer.INVALID_TOKEN, {"target_is_dead": True}),
        (Answer.INVALID_TOKEN_IN_WORDS, {"target_is_dead": True}),
        (Answer.INVALID_ARGUMENT, {"our_fault": True}),
        (Answer.UNAUTHORIZED, {"can_retry": True, "our_fault": True}),
        (Answer.THIRD_PARTY_AUTH, {"can_retry": True, "our_fault": True}),
        (Answer.PERMISSION, {"can_retry": True, "our_fault": True}),
        (Answer.NOT_FOUND, {"can_retry": True, "our_fault": True}),
        (Answer.ODD, {"can_retry": True, "our_fault": True}),
    ],
)
def test_each_answer_means_one_thing_for_its_page(
    fcm: Fcm, google: FcmStandin, answer: Answer, meaning: dict[str, bool]
) -> None:
    google.fail("phone", answer=answer, times=None)
    started_s = time.monotonic()
    told = failure(ring(fcm))

    assert NotSent(reason=told.reason, **meaning) == told
    assert time.monotonic() - started_s < AT_ONCE_S


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [(None, None), (7, 7.0), (IN_21_S, 20.69), (-5, None), ("soon", None), (10**12, 60.0), (IN_AN_HOUR, 60.0)],
)
@pytest.mark.parametrize("answer", [Answer.QUOTA, Answer.UNAVAILABLE])
def test_the_wait_that_google_asks_for_is_handed_on_if_a_page_can_live_with_it(
    fcm: Fcm, google: FcmStandin, answer: Answer, header: float | str | None, wait_s: float | None
) -> None:
    google.fail("phone", answer=answer, retry_after_s=header)

    assert (None if wait_s is None else pytest.approx(wait_s)) == failure(ring(fcm)).retry_after_s


@pytest.mark.parametrize("answer", [Answer.CUT, Answer.TRUNCATED, Answer.TORN, Answer.ENDLESS, Answer.INTERNAL])
def test_nothing_makes_the_adapter_send_a_second_message_by_itself(tmp_path: Path, answer: Answer) -> None:
    with a_pair(tmp_path) as (fcm, google):
        google.fail("phone", answer=answer)
        failure(ring(fcm))

        assert len(google.deliveries) <= 1


@pytest.mark.parametrize("answer", HANGING)
def test_whoever_hangs_is_given_up_after_three_seconds_and_may_have_rung(
    fcm: Fcm, google: FcmStandin, answer: Answer
) -> None:
    google.fail("phone", answer=answer)
    started_s = time.monotonic()
    told = failure(ring(fcm))

    assert told.ambiguous
    assert told.can_retry
    assert time.monotonic() - started_s < LEASE_S


@pytest.mark.parametrize("answer", HANGING)
def test_a_thread_that_was_held_up_is_free_again_when_its_page_is_given_up(tmp_path: Path, answer: Answer) -> None:
    with a_pair(tmp_path, threads=2) as (fcm, google):
        google.fail("bad", answer=answer, times=2)
        ring_all(fcm, ["bad", "bad"])
        started_s = time.monotonic()

        assert isinstance(ring(fcm, "good"), Sent)
        assert time.monotonic() - started_s < AT_ONCE_S


def test_sixteen_phones_that_hang_delay_no_seventeenth(tmp_path: Path) -> None:
    with a_pair(tmp_path, threads=32) as (fcm, google), ThreadPoolExecutor(16) as pool:
        bad = [f"bad {number}" for number in range(16)]
        for phone in bad:
            google.fail(phone, answer=Answer.HANG)
        hanging = [pool.submit(ring, fcm, phone) for phone in bad]
        time.sleep(0.3)
        started_s = time.monotonic()

        assert isinstance(ring(fcm, "good"), Sent)
        assert time.monotonic() - started_s < AT_ONCE_S
        assert all(failure(each.result()).ambiguous for each in hanging)
        assert fcm.condition().down_since is None


def test_an_expired_token_is_renewed_and_the_page_goes_out_once(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (fcm, google):
        ring(fcm, "before")
        google.revoke_tokens()

        assert isinstance(ring(fcm, "after"), Sent)
        assert len(google.messages_for("after")) == 1


def test_a_connection_reset_while_it_is_made_leaves_the_page_unsent(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (fcm, google):
        ring(fcm, "for the token")
        fcm._lane.start_afresh()
        google.fail(NEW_CONNECTIONS, answer=Answer.RESET, times=None)
        told = [failure(answer) for answer in ring_all(fcm, ["one", "two", "three"])]

        assert all(answer.can_retry for answer in told)
        assert ["for the token"] == [delivery.target for delivery in google.deliveries]


def test_a_name_that_cannot_be_resolved_is_not_ambiguous(tmp_path: Path) -> None:
    with FcmStandin() as google, a_sender(tmp_path, google.url) as fcm:
        ring(fcm, "for the token")
        fcm._service._fcm_url = fcm._service._fcm_url.replace("127.0.0.1", "push.invalid")

        assert NotSent(reason="FCM could not be reached", can_retry=True) == ring(fcm)
