"""A canary goes the whole way and rings nobody: token, connection, message and answer are real, the phone is not."""

from collections.abc import Iterator

import pytest
from builders import NOW, a_notice
from hypothesis import given
from hypothesis import strategies as st
from ringing import a_pair, failure

from service.adapters.fcm import Fcm
from service.adapters.fcm_message import CANARY_TOPIC, fcm_message, is_for_nobody, probe
from service.dev.fcm_answers import Answer
from service.dev.fcm_standin import FcmStandin
from service.domain.alert import PageKind
from service.domain.notice import data
from service.domain.unit import Platform, PushKind, PushTarget
from service.ports import NotSent, Sent


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Fcm, FcmStandin]]:
    with a_pair(tmp_path_factory.mktemp("fcm")) as made:
        yield made


def sing(fcm: Fcm, *, value: str = "", platform: Platform = Platform.ANDROID) -> Sent | NotSent:
    return fcm.send(a_notice(), target=PushTarget(kind=PushKind.CANARY, value=value), platform=platform)


@pytest.mark.parametrize("platform", Platform)
def test_google_checks_a_canary_and_delivers_it_to_nobody(pair: tuple[Fcm, FcmStandin], platform: Platform) -> None:
    fcm, google = pair
    before = len(google.checks)

    assert isinstance(sing(fcm, platform=platform), Sent)
    (check,) = google.checks[before:]
    assert CANARY_TOPIC == check.target
    assert data(a_notice()) == check.message["data"]
    assert [] == google.deliveries


def test_not_even_a_canary_that_names_a_phone_rings_it(pair: tuple[Fcm, FcmStandin]) -> None:
    fcm, google = pair
    sing(fcm, value="the phone of 3A12")

    assert [] == google.deliveries
    assert "the phone of 3A12" not in str(google.checks)


def test_what_goes_wrong_for_a_canary_is_told_as_for_any_page(pair: tuple[Fcm, FcmStandin]) -> None:
    fcm, google = pair
    google.fail(CANARY_TOPIC, answer=Answer.UNAVAILABLE, retry_after_s=5)

    assert 5.0 == failure(sing(fcm)).retry_after_s


@given(
    target=st.builds(PushTarget, kind=st.sampled_from(PushKind), value=st.text(max_size=50)),
    platform=st.sampled_from(Platform),
    kind=st.sampled_from(PageKind),
)
def test_a_message_is_only_checked_when_and_only_when_its_target_is_a_canary(
    target: PushTarget, platform: Platform, kind: PageKind
) -> None:
    try:
        message = fcm_message(a_notice(kind=kind), target=target, platform=platform, now=NOW)
    except ValueError:
        assert target.kind is not PushKind.CANARY
    else:
        assert is_for_nobody(message) == (target.kind is PushKind.CANARY)
        assert is_for_nobody(message) == (message.topic == CANARY_TOPIC and not message.fid and not message.token)


def test_whoever_asks_whether_the_service_is_back_rings_nobody_either() -> None:
    assert is_for_nobody(probe())
