import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import orjson
import pytest
from builders import INCIDENT_ID, NOW, a_notice, a_sound, seconds
from firebase_admin import messaging
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from service.adapters.fcm_message import fcm_message
from service.domain.alert import PageKind
from service.domain.notice import Notice, data
from service.domain.unit import Platform, PushKind, PushTarget

PHONE = PushTarget(kind=PushKind.FCM_FID, value="cFid-0123456789abcdef")
PICTURE = "https://beatline.example/s/1?signature=abc"
RING_ONCE = {PageKind.ALERT, PageKind.WARNING, PageKind.DIGEST, PageKind.DRILL}


def camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda letter: letter[1].upper(), name)


def as_google_names_it(value: Any, *, keep_names: bool = False) -> Any:
    """The SDK's spelling in the schema's: camelCase, and enums in capitals. Free maps keep their own keys."""
    if not isinstance(value, dict):
        return value
    free = {"data", "headers", "payload", "notification"}
    named = {
        name if keep_names else camel(name): as_google_names_it(part, keep_names=keep_names or name in free)
        for name, part in value.items()
    }
    if not keep_names and isinstance(named.get("priority"), str):
        named["priority"] = named["priority"].upper()
    return named


def json_schema(part: Any) -> Any:
    """Google's discovery dialect in standard JSON Schema, where what is not listed is refused."""
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return {"$ref": f"#/$defs/{part['$ref']}"}
    if part.get("type") == "any":
        return {}
    known = {"type", "enum", "items", "additionalProperties"}
    schema = {name: json_schema(value) for name, value in part.items() if name in known}
    if "properties" in part:
        schema["properties"] = {name: json_schema(value) for name, value in part["properties"].items()}
        schema["additionalProperties"] = False
    return schema


@pytest.fixture(scope="module")
def google() -> Draft202012Validator:
    """Google's own schema of a request, from its API client."""
    document = files("googleapiclient") / "discovery_cache" / "documents" / "fcm.v1.json"
    schemas = orjson.loads(document.read_bytes())["schemas"]
    definitions = {name: json_schema(schema) for name, schema in schemas.items()}
    return Draft202012Validator({"$ref": "#/$defs/SendMessageRequest", "$defs": definitions})


@pytest.fixture
def wire(google: Draft202012Validator) -> Iterator[Any]:
    """Writes a notice as the SDK puts it on the wire; every message written in a test is checked when it ends."""
    written: list[dict[str, Any]] = []

    def write(notice: Notice | None = None, platform: Platform = Platform.ANDROID, **how: Any) -> dict[str, Any]:
        target = how.pop("target", PHONE)
        message = fcm_message(notice or a_notice(), target=target, platform=platform, now=NOW, **how)
        written.append(messaging._MessagingService.encode_message(message))
        return written[-1]

    yield write
    assert written, "this test wrote no message"
    for message in written:
        google.validate(as_google_names_it({"message": message}))


def test_the_check_refuses_what_google_would(google: Draft202012Validator) -> None:
    assert not google.is_valid({"message": {"fid": "x", "prioritty": "HIGH"}})
    assert not google.is_valid({"message": {"fid": "x", "data": {"sequence": 1}}})


def test_android_gets_data_alone_because_notifications_are_throttled_and_collapsed(wire: Any) -> None:
    message = wire()

    assert {"fid", "data", "android"} == set(message)
    assert data(a_notice()) == message["data"]


def test_android_is_woken_at_high_priority_even_before_its_first_unlock(wire: Any) -> None:
    android = wire()["android"]

    assert android["priority"] == "high"
    assert android["direct_boot_ok"] is True


def test_an_alert_still_on_its_way_is_never_replaced_by_a_silent_update(wire: Any) -> None:
    assert "collapse_key" not in wire(a_notice(kind=PageKind.UPDATE, silent=True))["android"]


def test_google_keeps_a_message_as_long_as_somebody_needs_it(wire: Any) -> None:
    assert wire(a_notice(expires_at=NOW + seconds(90.9)))["android"]["ttl"] == "90s"


def test_a_message_nobody_needs_any_more_is_now_or_never(wire: Any) -> None:
    late = a_notice(expires_at=NOW - seconds(5))

    assert wire(late)["android"]["ttl"] == "0s"
    assert wire(late, Platform.IOS)["apns"]["headers"]["apns-expiration"] == "0"
    assert wire(late, Platform.WEB)["webpush"]["headers"]["TTL"] == "0"


def test_no_message_asks_for_more_than_the_four_weeks_google_keeps(wire: Any) -> None:
    assert wire(a_notice(expires_at=NOW + seconds(10**8)))["android"]["ttl"] == "2419200s"


def test_an_installation_id_is_sent_as_one(wire: Any) -> None:
    assert wire()["fid"] == PHONE.value


def test_an_old_registration_token_still_works_without_a_deprecation_warning(wire: Any) -> None:
    message = wire(target=PushTarget(kind=PushKind.FCM_TOKEN, value="old-token"))

    assert message["token"] == "old-token"
    assert "fid" not in message


@pytest.mark.parametrize("kind", [PushKind.WEB_PUSH, PushKind.NONE])
def test_targets_of_other_services_are_refused(kind: PushKind) -> None:
    with pytest.raises(ValueError, match="does not serve"):
        fcm_message(a_notice(), target=PushTarget(kind=kind, value="x"), platform=Platform.WEB, now=NOW)


def test_an_empty_target_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        fcm_message(a_notice(), target=PushTarget(kind=PushKind.FCM_FID), platform=Platform.ANDROID, now=NOW)


def test_an_iphone_shows_the_text_at_once(wire: Any) -> None:
    apns = wire(platform=Platform.IOS)["apns"]

    assert apns["headers"]["apns-push-type"] == "alert"
    assert apns["headers"]["apns-priority"] == "10"
    assert apns["payload"]["aps"]["alert"]["title"] == "Multiple gunshots, 6 rounds"
    assert "answer by 03:12:39" in apns["payload"]["aps"]["alert"]["body"]


def test_apple_keeps_a_message_until_the_alert_expires(wire: Any) -> None:
    expires_at = NOW + seconds(120)

    assert wire(platform=Platform.IOS)["apns"]["headers"]["apns-expiration"] == str(int(expires_at.timestamp()))


def test_one_incident_is_one_notification_on_an_iphone(wire: Any) -> None:
    first = wire(platform=Platform.IOS)["apns"]["headers"]["apns-collapse-id"]
    recall = wire(a_notice(kind=PageKind.RECALL, sequence=4), Platform.IOS)["apns"]["headers"]["apns-collapse-id"]

    assert first == recall == str(INCIDENT_ID)
    assert len(first.encode()) <= 64


def test_an_iphone_app_may_fetch_the_picture_before_the_notification_shows(wire: Any) -> None:
    apns = wire(a_notice(sound=a_sound(image_url=PICTURE)), Platform.IOS)["apns"]

    assert apns["payload"]["aps"]["mutable-content"] == 1
    assert apns["fcm_options"]["image"] == PICTURE


def test_without_a_picture_there_is_no_empty_one(wire: Any) -> None:
    assert "fcm_options" not in wire(platform=Platform.IOS)["apns"]


def test_where_apple_granted_it_an_alert_breaks_through_silence(wire: Any) -> None:
    aps = wire(platform=Platform.IOS, critical_sound=True)["apns"]["payload"]["aps"]

    assert aps["sound"] == {"name": "siren.caf", "critical": 1, "volume": 1.0}
    assert aps["interruption-level"] == "critical"


def test_where_apple_did_not_an_alert_is_time_sensitive(wire: Any) -> None:
    aps = wire(platform=Platform.IOS)["apns"]["payload"]["aps"]

    assert aps["sound"] == "siren.caf"
    assert aps["interruption-level"] == "time-sensitive"


@pytest.mark.parametrize("kind", sorted(set(PageKind) - RING_ONCE - {PageKind.RECALL, PageKind.WELFARE}))
def test_what_must_be_replaceable_is_never_critical(wire: Any, kind: PageKind) -> None:
    aps = wire(a_notice(kind=kind), Platform.IOS, critical_sound=True)["apns"]["payload"]["aps"]

    assert aps["interruption-level"] == "time-sensitive"
    assert aps["sound"] == "siren.caf"


def test_the_question_how_an_officer_is_comes_without_a_siren(wire: Any) -> None:
    aps = wire(a_notice(kind=PageKind.WELFARE), Platform.IOS, critical_sound=True)["apns"]["payload"]["aps"]

    assert aps["sound"] == "default"
    assert aps["interruption-level"] == "time-sensitive"


def test_a_silent_update_replaces_the_text_without_a_sound(wire: Any) -> None:
    update = a_notice(kind=PageKind.UPDATE, silent=True)
    aps = wire(update, Platform.IOS, critical_sound=True)["apns"]["payload"]["aps"]

    assert "sound" not in aps
    assert aps["interruption-level"] == "passive"
    assert aps["alert"]["title"].startswith("Update: ")


def test_a_recall_is_seen_but_not_heard(wire: Any) -> None:
    recall = a_notice(kind=PageKind.RECALL, reason="Covered by 3A12")
    aps = wire(recall, Platform.IOS, critical_sound=True)["apns"]["payload"]["aps"]

    assert aps["alert"]["title"] == "Covered by 3A12"
    assert "sound" not in aps
    assert aps["interruption-level"] == "active"


def test_a_recall_tells_an_android_app_what_to_show(wire: Any) -> None:
    message = wire(a_notice(kind=PageKind.RECALL, reason="Covered by 3A12"))

    assert message["data"]["kind"] == "recall"
    assert message["data"]["reason"] == "Covered by 3A12"


def test_the_web_gets_data_through_its_service_worker_and_is_woken_for_it(wire: Any) -> None:
    message = wire(platform=Platform.WEB)

    assert message["webpush"] == {"headers": {"TTL": "120", "Urgency": "high"}}
    assert message["data"]["kind"] == "alert"


@pytest.mark.parametrize("platform", Platform)
def test_a_minimal_notice_shows_no_place_on_any_lock_screen(wire: Any, platform: Platform) -> None:
    minimal = a_notice(minimal=True, sound=a_sound(image_url=PICTURE))
    text = str(wire(minimal, platform))

    assert "Quesada" not in text
    assert "37.7" not in text
    assert PICTURE not in text


@pytest.mark.parametrize("platform", Platform)
@pytest.mark.parametrize("kind", PageKind)
def test_every_kind_is_a_message_that_google_takes_on_every_platform(
    wire: Any, kind: PageKind, platform: Platform
) -> None:
    notice = a_notice(kind=kind, reason="Covered by 3A12", sound=a_sound(image_url=PICTURE))

    assert wire(notice, platform, critical_sound=True)["data"]["sequence"] == "1"


@given(text=st.text(max_size=300), platform=st.sampled_from(Platform), kind=st.sampled_from(PageKind))
def test_all_that_reaches_a_phone_fits_into_4096_bytes(text: str, platform: Platform, kind: PageKind) -> None:
    url = "https://x.example/" + "a" * 982
    sound = a_sound(address=text + "\\" * 300, image_url=url, tactical_notes=(text, '"' * 300))
    notice = a_notice(kind=kind, reason='"' * 300, sound=sound)
    message = messaging._MessagingService.encode_message(
        fcm_message(notice, target=PHONE, platform=platform, now=NOW, critical_sound=True)
    )

    apns = message.get("apns", {})
    assert len(orjson.dumps([message["data"], apns.get("payload"), apns.get("fcm_options")])) <= 4_096
