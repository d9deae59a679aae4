from typing import Any

import pytest
from builders import NOW, a_notice, a_target
from firebase_admin import messaging

from service.adapters.fcm_message import fcm_message
from service.dev.fcm_checks import target_of, violations
from service.domain.unit import Platform


def a_message(**parts: Any) -> dict[str, Any]:
    return {"message": {"token": "a-phone", "data": {"kind": "alert"}, **parts}}


def refusals(request: Any) -> list[str]:
    return [violation.description for violation in violations(request)]


@pytest.mark.parametrize("platform", Platform)
def test_what_the_sdk_makes_of_a_notice_is_taken(platform: Platform) -> None:
    message = fcm_message(a_notice(), target=a_target(), platform=platform, now=NOW)

    assert violations({"message": messaging._MessagingService.encode_message(message)}) == []


@pytest.mark.parametrize("spelling", ["direct_boot_ok", "directBootOk"])
def test_both_spellings_of_a_field_are_known(spelling: str) -> None:
    assert violations(a_message(android={spelling: True, "priority": "HIGH", "ttl": "3.5s"})) == []


@pytest.mark.parametrize("request_", [None, [], "text", {}, {"message": None}, {"message": {}}])
def test_no_message_is_no_crash(request_: Any) -> None:
    assert violations(request_)


def test_an_unknown_field_is_refused_by_name() -> None:
    (refusal,) = refusals(a_message(prioritty="high"))

    assert "Unknown name \"prioritty\" at 'message'" in refusal


@pytest.mark.parametrize("targets", [{"fid": "x"}, {"topic": "x"}, {"token": ""}])
def test_a_message_has_exactly_one_target(targets: dict[str, str]) -> None:
    assert len(violations(a_message(**targets))) == 1


@pytest.mark.parametrize("value", [1, True, None, ["x"], {"x": "y"}])
def test_data_holds_strings_and_nothing_else(value: Any) -> None:
    (refusal,) = refusals(a_message(data={"sequence": value}))

    assert refusal.startswith("Invalid value at 'message.data[0].value' (TYPE_STRING)")


@pytest.mark.parametrize("key", ["from", "gcm", "message_type", "google.sent_time", "gcm.notification.title"])
def test_keys_that_google_keeps_for_itself_are_refused(key: str) -> None:
    assert refusals(a_message(data={key: "x"})) == [f"Invalid data payload key: {key}"]


def test_4096_bytes_of_data_pass_and_one_more_does_not() -> None:
    assert violations(a_message(data={"k": "x" * 4_095})) == []
    assert refusals(a_message(data={"k": "x" * 4_096})) == ["Android message is too big"]


def test_size_counts_bytes_not_characters() -> None:
    assert refusals(a_message(data={"k": "é" * 2_048})) == ["Android message is too big"]


def test_an_iphones_text_and_data_share_the_same_4096_bytes() -> None:
    apns = {"payload": {"aps": {"alert": {"body": "x" * 2_048}}}}

    assert refusals(a_message(data={"k": "x" * 2_048}, apns=apns)) == ["APNs payload is too big"]


def test_apple_takes_a_collapse_id_of_64_bytes() -> None:
    assert violations(a_message(apns={"headers": {"apns-collapse-id": "x" * 64}})) == []
    assert violations(a_message(apns={"headers": {"apns-collapse-id": "x" * 65}}))


@pytest.mark.parametrize("ttl", [90, "90", "-1s", "1m", "1.s", "2419201s", "1e3s"])
def test_a_ttl_is_seconds_with_an_s_up_to_four_weeks(ttl: Any) -> None:
    assert violations(a_message(android={"ttl": ttl}))


@pytest.mark.parametrize("priority", ["urgent", 10, ""])
def test_priority_is_one_of_two_words(priority: Any) -> None:
    assert violations(a_message(android={"priority": priority}))


def test_the_target_is_told_with_its_kind() -> None:
    assert target_of(a_message()["message"]) == ("token", "a-phone")
