import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import firebase_admin
import pytest
from builders import NOW, a_notice
from fake_clock import FrozenClock, HostClock
from firebase_admin import messaging

from service.adapters.fcm import SEND_TIMEOUT_S, Fcm
from service.dev.fcm_answers import Answer
from service.dev.fcm_standin import PROJECT_ID, FcmStandin, write_credentials
from service.domain.unit import Platform, PushKind, PushTarget
from service.ports import NotSent, Sent

GOOGLES_URL = "https://fcm.googleapis.com/v1/projects/{0}/messages:send"
HOLDS_A_SEND_UP = (Answer.HANG, Answer.TRICKLE)
TAKEN_IN_THE_END = {Answer.SLOW}
LEASE_S = 4.0
"""When another worker takes a page over; a send promises three, and these two cores are shared."""


def ring(
    fcm: Fcm, phone: str, *, kind: PushKind = PushKind.FCM_FID, platform: Platform = Platform.ANDROID
) -> Sent | NotSent:
    return fcm.send(a_notice(), target=PushTarget(kind=kind, value=phone), platform=platform)


def ring_all(fcm: Fcm, phones: list[str]) -> list[Sent | NotSent]:
    with ThreadPoolExecutor(len(phones)) as pool:
        return list(pool.map(lambda phone: ring(fcm, phone), phones))


def failure(answer: Sent | NotSent) -> NotSent:
    assert isinstance(answer, NotSent)
    return answer


@pytest.fixture(scope="module")
def google() -> Iterator[FcmStandin]:
    with FcmStandin() as standin:
        yield standin


@pytest.fixture(scope="module")
def credentials_file(google: FcmStandin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fcm") / "credentials.json"
    write_credentials(path, google.url)
    return path


@pytest.fixture
def fcm(google: FcmStandin, credentials_file: Path) -> Iterator[Fcm]:
    google.behave()
    with closing(
        Fcm(credentials_file, clock=FrozenClock(NOW), world_clock=HostClock(), endpoint=google.url, threads=8)
    ) as sender:
        yield sender


def a_sender(credentials_file: Path, *, endpoint: str | None, threads: int = 2) -> Fcm:
    return Fcm(credentials_file, clock=FrozenClock(NOW), world_clock=HostClock(), endpoint=endpoint, threads=threads)


def test_the_private_attributes_that_we_lean_on_are_still_there(credentials_file: Path) -> None:
    """When this fails after an update of firebase-admin, read `messaging.py` again before touching the pin."""
    assert firebase_admin.__version__ == "7.7.0"
    assert messaging._MessagingService.FCM_URL == GOOGLES_URL
    with closing(a_sender(credentials_file, endpoint=None)) as sender:
        service = messaging._get_messaging_service(sender._app)
        assert service._fcm_url == GOOGLES_URL.format(PROJECT_ID)
        assert service._client.session.get_adapter(service._fcm_url).max_retries.total == 0
        assert service._client.timeout < SEND_TIMEOUT_S


@pytest.mark.parametrize("platform", Platform)
@pytest.mark.parametrize("kind", [PushKind.FCM_FID, PushKind.FCM_TOKEN])
def test_google_takes_our_messages_for_every_platform(fcm: Fcm, kind: PushKind, platform: Platform) -> None:
    assert isinstance(ring(fcm, "any phone", kind=kind, platform=platform), Sent)


def test_the_message_is_named_as_google_names_it(fcm: Fcm) -> None:
    answer = ring(fcm, "any phone")

    assert isinstance(answer, Sent)
    assert answer.message_id.startswith(f"projects/{PROJECT_ID}/messages/")


def test_two_senders_in_one_process_keep_their_own_endpoints(google: FcmStandin, credentials_file: Path) -> None:
    with (
        FcmStandin() as other,
        closing(a_sender(credentials_file, endpoint=google.url)) as ours,
        closing(a_sender(credentials_file, endpoint=other.url)) as theirs,
    ):
        ring(ours, "a phone of ours")
        # The other stand-in has never given out the token that ours holds, but the message did go there.
        failure(ring(theirs, "a phone of theirs"))

    assert len(google.messages_for("a phone of ours")) == 1
    assert messaging._MessagingService.FCM_URL == GOOGLES_URL


@pytest.mark.parametrize("answer", sorted(set(Answer) - set(HOLDS_A_SEND_UP) - TAKEN_IN_THE_END))
def test_no_answer_of_google_or_a_proxy_makes_sending_raise(fcm: Fcm, google: FcmStandin, answer: Answer) -> None:
    google.fail("phone", answer=answer, times=None)

    assert failure(ring(fcm, "phone")).reason


@pytest.mark.parametrize("answer", [Answer.CUT, Answer.TRUNCATED])
def test_a_lost_answer_is_not_followed_by_a_silent_second_send(fcm: Fcm, google: FcmStandin, answer: Answer) -> None:
    phone = f"phone {answer}"
    google.fail(phone, answer=answer)

    assert failure(ring(fcm, phone)).ambiguous
    assert len(google.messages_for(phone)) == 1


@pytest.mark.parametrize("answer", [Answer.QUOTA, Answer.UNAVAILABLE])
def test_a_wait_that_google_asks_for_is_handed_on_and_not_slept(fcm: Fcm, google: FcmStandin, answer: Answer) -> None:
    google.fail("phone", answer=answer, retry_after_s=2)
    started = time.monotonic()

    assert failure(ring(fcm, "phone")).retry_after_s == 2.0
    assert time.monotonic() - started < 1.0


def test_nothing_holds_a_page_longer_than_three_seconds(fcm: Fcm, google: FcmStandin) -> None:
    for answer in HOLDS_A_SEND_UP:
        google.fail(answer, answer=answer)
    started = time.monotonic()
    answers = ring_all(fcm, list(HOLDS_A_SEND_UP))

    assert time.monotonic() - started < LEASE_S
    assert all(failure(answer).ambiguous for answer in answers)


def test_a_page_behind_a_hanging_one_is_known_not_to_have_left(google: FcmStandin, credentials_file: Path) -> None:
    google.fail("hanging", answer=Answer.TRICKLE, times=2)
    with closing(a_sender(credentials_file, endpoint=google.url, threads=1)) as sender:
        answers = [failure(answer) for answer in ring_all(sender, ["hanging", "hanging"])]

    assert sorted(answer.ambiguous for answer in answers) == [False, True]
    assert all(answer.can_retry for answer in answers)
    google.behave()


def test_a_service_that_is_not_there_is_not_ambiguous(credentials_file: Path) -> None:
    with closing(a_sender(credentials_file, endpoint="http://127.0.0.1:1")) as sender:
        assert ring(sender, "phone") == NotSent(reason="FCM could not be reached", can_retry=True)


def test_warming_up_opens_a_connection_for_each_thread_before_the_first_alert(fcm: Fcm, google: FcmStandin) -> None:
    fcm.warm()
    warmed = google.connections
    ring_all(fcm, [f"phone {number}" for number in range(8)])

    assert google.connections == warmed
    assert warmed >= 8


def test_warming_up_against_nothing_raises_nothing(credentials_file: Path) -> None:
    with closing(a_sender(credentials_file, endpoint="http://127.0.0.1:1")) as sender:
        sender.warm()


def test_credentials_that_are_none_are_told_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    file.write_text("{}", encoding="utf-8")

    with pytest.raises(ValueError, match="missing fields"):
        a_sender(file, endpoint=None)


def test_a_sender_can_be_closed_from_within_an_event_loop(google: FcmStandin, credentials_file: Path) -> None:
    sender = a_sender(credentials_file, endpoint=google.url)
    sender.warm()

    async def shut_down() -> None:
        sender.close()

    asyncio.run(shut_down())
    assert failure(ring(sender, "phone")).can_retry
