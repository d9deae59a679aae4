"""What every push port promises: kept here once, run on the fake and on the real SDK against a stand-in for Google."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from builders import NOW, a_notice, a_sound
from fake_clock import FrozenClock, HostClock
from fake_push import FakePush

from service.adapters.fcm import Fcm
from service.dev.fcm_standin import FcmStandin, write_credentials
from service.domain.notice import Notice, data
from service.domain.unit import Platform, PushKind, PushTarget
from service.ports import NotSent, Push, PushCondition, Sent

TROUBLES = {
    "unregistered": NotSent(reason="gone", target_is_dead=True),
    "quota": NotSent(reason="busy", can_retry=True, retry_after_s=7.0),
    "invalid_argument": NotSent(reason="a bad message", our_fault=True),
    "cut": NotSent(reason="the answer was lost", can_retry=True, ambiguous=True),
}


@dataclass(frozen=True)
class Service:
    """A port, and what stands behind it: `fail` makes the next send to a target go wrong, `arrived` what it got."""

    port: Push
    fail: Callable[[str, str], None]
    arrived: Callable[[str], list[dict[str, str]]]

    def send(self, phone: str, notice: Notice | None = None) -> Sent | NotSent:
        target = PushTarget(kind=PushKind.FCM_FID, value=phone)
        return self.port.send(notice or a_notice(), target=target, platform=Platform.ANDROID)


@pytest.fixture(scope="module")
def google() -> Iterator[FcmStandin]:
    with FcmStandin() as standin:
        yield standin


@pytest.fixture(scope="module")
def credentials_file(google: FcmStandin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fcm") / "credentials.json"
    write_credentials(path, google.url)
    return path


def a_fake_service() -> Service:
    fake = FakePush()
    return Service(
        port=fake,
        fail=lambda phone, trouble: fake.fail(phone, TROUBLES[trouble]),
        arrived=lambda phone: [data(notice) for notice in fake.notices_for(phone)],
    )


def a_real_service(google: FcmStandin, credentials_file: Path) -> Service:
    return Service(
        port=Fcm(credentials_file, clock=FrozenClock(NOW), world_clock=HostClock(), endpoint=google.url, threads=4),
        fail=lambda phone, trouble: google.fail(phone, answer=trouble, retry_after_s=7),
        arrived=lambda phone: [message["data"] for message in google.messages_for(phone)],
    )


@pytest.fixture(params=["fake", "real"])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    if request.param == "fake":
        made = a_fake_service()
    else:
        made = a_real_service(request.getfixturevalue("google"), request.getfixturevalue("credentials_file"))
    yield made
    made.port.close()


@pytest.fixture
def phone(request: pytest.FixtureRequest) -> str:
    """A phone that no other test knows."""
    return f"phone-of-{request.node.name}"


def test_a_notice_arrives_with_all_that_it_says(service: Service, phone: str) -> None:
    notice = a_notice(sound=a_sound(address="Ēriķa iela 3"))

    assert isinstance(service.send(phone, notice), Sent)
    assert service.arrived(phone) == [data(notice)]


def test_each_message_has_a_name_of_its_own(service: Service, phone: str) -> None:
    first, second = service.send(phone), service.send(phone)

    assert isinstance(first, Sent)
    assert isinstance(second, Sent)
    assert first.message_id != second.message_id


def test_a_phone_that_is_gone_is_said_to_be_gone(service: Service, phone: str) -> None:
    service.fail(phone, "unregistered")
    answer = service.send(phone)

    assert isinstance(answer, NotSent)
    assert answer.target_is_dead
    assert not answer.can_retry
    assert service.arrived(phone) == []


def test_a_busy_service_says_when_to_come_back_and_then_takes_it(service: Service, phone: str) -> None:
    service.fail(phone, "quota")
    answer = service.send(phone)

    assert isinstance(answer, NotSent)
    assert answer.can_retry
    assert answer.retry_after_s == 7.0
    assert isinstance(service.send(phone), Sent)


def test_a_bad_message_is_our_fault_and_costs_no_phone_its_target(service: Service, phone: str) -> None:
    service.fail(phone, "invalid_argument")
    answer = service.send(phone)

    assert isinstance(answer, NotSent)
    assert answer.our_fault
    assert not answer.target_is_dead
    assert not answer.can_retry


def test_a_lost_answer_is_ambiguous_and_the_same_sequence_may_arrive_twice(service: Service, phone: str) -> None:
    service.fail(phone, "cut")
    answer = service.send(phone)
    service.send(phone)

    assert isinstance(answer, NotSent)
    assert answer.ambiguous
    assert answer.can_retry
    assert [fields["sequence"] for fields in service.arrived(phone)] == ["1", "1"]


@pytest.mark.parametrize("kind", [PushKind.NONE, PushKind.WEB_PUSH])
def test_a_device_without_a_target_here_is_nobodys_fault(service: Service, kind: PushKind) -> None:
    target = PushTarget(kind=kind)
    answer = service.port.send(a_notice(), target=target, platform=Platform.WEB)

    assert answer == NotSent(reason="this device has no FCM target")


def test_many_phones_ring_at_once_and_each_once(service: Service, phone: str) -> None:
    phones = [f"{phone}-{number}" for number in range(40)]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(service.send, phones))

    assert all(isinstance(answer, Sent) for answer in answers)
    assert [len(service.arrived(phone)) for phone in phones] == [1] * 40


def test_warming_up_twice_does_no_harm_and_reaches_no_phone(service: Service, phone: str) -> None:
    service.port.warm()
    service.port.warm()

    assert isinstance(service.send(phone), Sent)
    assert len(service.arrived(phone)) == 1


def test_closing_twice_does_nothing_more(service: Service) -> None:
    service.port.close()
    service.port.close()


def test_a_page_that_comes_after_closing_is_left_for_another_process(service: Service, phone: str) -> None:
    service.port.close()
    answer = service.send(phone)

    assert isinstance(answer, NotSent)
    assert answer.can_retry
    assert not answer.ambiguous


@pytest.mark.parametrize("platform", Platform)
def test_a_canary_is_taken_and_reaches_nobody(service: Service, phone: str, platform: Platform) -> None:
    target = PushTarget(kind=PushKind.CANARY, value=phone)

    assert isinstance(service.port.send(a_notice(), target=target, platform=platform), Sent)
    assert service.arrived(phone) == []


def test_a_push_service_that_takes_pages_is_well(service: Service, phone: str) -> None:
    service.send(phone)

    assert PushCondition() == service.port.condition()
