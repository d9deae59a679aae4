import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from builders import NOW, a_notice
from fake_clock import FrozenClock, HostClock

from service.adapters.fcm import Fcm
from service.dev.fcm_answers import Answer
from service.dev.fcm_app import TOKEN_ENDPOINT
from service.dev.fcm_standin import FcmStandin, write_credentials
from service.domain.unit import Platform, PushKind, PushTarget
from service.ports import NotSent, Sent

THREADS = 20
LEASE_S = 4.0
"""When another worker takes a page over; a send promises three, and these two cores are shared."""


@contextmanager
def a_sender(tmp_path: Path, *, token_life_s: int = 3_600) -> Iterator[tuple[Fcm, FcmStandin]]:
    with FcmStandin(token_life_s=token_life_s) as google:
        file = tmp_path / "credentials.json"
        write_credentials(file, google.url)
        with closing(
            Fcm(file, clock=FrozenClock(NOW), world_clock=HostClock(), endpoint=google.url, threads=THREADS)
        ) as fcm:
            yield fcm, google


def ring(fcm: Fcm, phone: str = "phone") -> Sent | NotSent:
    return fcm.send(a_notice(), target=PushTarget(kind=PushKind.FCM_FID, value=phone), platform=Platform.ANDROID)


def ring_many(fcm: Fcm, count: int) -> list[Sent | NotSent]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda number: ring(fcm, f"phone {number}"), range(count)))


def failure(answer: Sent | NotSent) -> NotSent:
    assert isinstance(answer, NotSent)
    return answer


def were_sent(answers: list[Sent | NotSent]) -> bool:
    return all(isinstance(answer, Sent) for answer in answers)


def test_a_cold_start_under_load_asks_for_one_token(tmp_path: Path) -> None:
    with a_sender(tmp_path) as (fcm, google):
        google.fail(TOKEN_ENDPOINT, answer=Answer.SLOW)

        assert were_sent(ring_many(fcm, 100))
        assert google.token_requests == 1


def test_a_token_that_google_withdraws_is_replaced_once_and_no_page_is_lost(tmp_path: Path) -> None:
    with a_sender(tmp_path) as (fcm, google):
        fcm.warm()
        google.revoke_tokens()
        google.fail(TOKEN_ENDPOINT, answer=Answer.SLOW)

        assert were_sent(ring_many(fcm, 100))
        assert google.token_requests == 2
        assert len(google.deliveries) == 100


def test_when_even_a_fresh_token_is_refused_nobody_asks_again_and_again(tmp_path: Path) -> None:
    with a_sender(tmp_path) as (fcm, google):
        google.fail("phone", answer=Answer.UNAUTHORIZED, times=None)
        answers = [ring(fcm) for _ in range(10)]

        assert all(isinstance(answer, NotSent) and answer.can_retry for answer in answers)
        assert google.token_requests == 2


def test_a_token_near_its_end_is_used_on_and_replaced_off_the_path(tmp_path: Path) -> None:
    with a_sender(tmp_path, token_life_s=100) as (fcm, google):
        assert were_sent(ring_many(fcm, 20))
        assert google.token_requests == 1

        fcm.warm()
        assert google.token_requests == 2


def test_a_token_that_has_ended_is_replaced_before_sending(tmp_path: Path) -> None:
    with a_sender(tmp_path, token_life_s=1) as (fcm, google):
        ring(fcm)
        time.sleep(1.1)

        assert isinstance(ring(fcm), Sent)
        assert google.token_requests == 2


def test_while_the_token_service_is_away_pages_stay_due_and_it_is_not_flooded(tmp_path: Path) -> None:
    with a_sender(tmp_path) as (fcm, google):
        google.fail(TOKEN_ENDPOINT, answer=Answer.UNAVAILABLE)
        answers = ring_many(fcm, THREADS)

        assert {"Google's token service is not available"} == {failure(answer).reason[-39:] for answer in answers}
        assert all(failure(answer).can_retry and not failure(answer).ambiguous for answer in answers)
        assert google.token_requests == 1
        assert google.deliveries == []


def test_when_our_credentials_are_refused_somebody_is_told(tmp_path: Path) -> None:
    with a_sender(tmp_path) as (fcm, google):
        google.fail(TOKEN_ENDPOINT, answer=Answer.INVALID_ARGUMENT)
        answer = ring(fcm)

        assert isinstance(answer, NotSent)
        assert answer.our_fault
        assert not answer.ambiguous


@pytest.mark.parametrize("answer", [Answer.TRICKLE, Answer.RESET, Answer.HTML])
def test_whatever_the_token_service_does_the_page_is_back_in_three_seconds(tmp_path: Path, answer: Answer) -> None:
    with a_sender(tmp_path) as (fcm, google):
        google.fail(TOKEN_ENDPOINT, answer=answer)
        started = time.monotonic()
        meaning = ring(fcm)

        assert isinstance(meaning, NotSent)
        assert meaning.can_retry
        assert not meaning.ambiguous
        assert time.monotonic() - started < LEASE_S
