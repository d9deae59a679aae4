from dataclasses import replace
from typing import Any

import pytest
from builders import INCIDENT_ID, NOW, a_notice, a_sound, id_of, seconds
from hypothesis import given
from hypothesis import strategies as st

from service.domain.alert import PageKind
from service.domain.detection import Classification, Confidence
from service.domain.geo import Point
from service.domain.notice import Notice, body, data, image_url, title

DESIGN_FIELDS = {
    "kind",
    "incident_id",
    "alert_id",
    "sequence",
    "classification",
    "confidence",
    "rounds",
    "lat",
    "lon",
    "uncertainty_m",
    "distance_m",
    "address",
    "occurred_at",
    "deadline_at",
    "image_url",
}
PICTURE = "https://beatline.example/s/1?signature=abc"


def size_bytes(fields: dict[str, str]) -> int:
    return sum(len(name.encode()) + len(value.encode()) for name, value in fields.items())


def test_an_alert_carries_exactly_the_fields_that_phones_were_promised() -> None:
    assert set(data(a_notice(sound=a_sound(image_url=PICTURE)))) == DESIGN_FIELDS


def test_every_value_is_a_string_that_the_phone_can_read_back() -> None:
    fields = data(a_notice())

    assert fields == {
        "kind": "alert",
        "incident_id": str(INCIDENT_ID),
        "alert_id": str(id_of("alert 3A12")),
        "sequence": "1",
        "classification": "multiple_gunshots",
        "confidence": "high",
        "rounds": "6",
        "lat": "37.737000",
        "lon": "-122.391000",
        "uncertainty_m": "25",
        "distance_m": "1240",
        "address": "1200 block of Quesada Ave",
        "occurred_at": "2026-11-20T11:12:09.310Z",
        "deadline_at": "2026-11-20T11:12:39.310Z",
    }


def test_what_is_not_known_is_left_out_rather_than_empty() -> None:
    fields = data(a_notice(alert_id=None, distance_m=None, deadline_at=None, sound=a_sound(rounds=None, address=None)))

    assert {"alert_id", "distance_m", "deadline_at", "rounds", "address", "image_url"}.isdisjoint(fields)


def test_a_minimal_notice_says_nothing_but_which_alert_to_fetch() -> None:
    minimal = a_notice(minimal=True, sound=a_sound(image_url=PICTURE))

    assert set(data(minimal)) == {"kind", "incident_id", "alert_id", "sequence"}
    assert "Quesada" not in title(minimal) + body(minimal)
    assert image_url(minimal) is None


@pytest.mark.parametrize("kind", PageKind)
def test_a_minimal_recall_names_nobody(kind: PageKind) -> None:
    assert "3A12" not in title(a_notice(kind=kind, minimal=True, reason="Covered by 3A12"))


def test_a_recall_says_who_covers_and_what_it_was_about() -> None:
    recall = a_notice(kind=PageKind.RECALL, reason="Covered by 3A12")

    assert title(recall) == "Covered by 3A12"
    assert body(recall) == "Multiple gunshots, 6 rounds · 1200 block of Quesada Ave · heard 03:12:09"
    assert data(recall)["reason"] == "Covered by 3A12"


def test_a_recall_without_a_reason_still_says_something() -> None:
    assert title(a_notice(kind=PageKind.RECALL)) == "No longer needed"


def test_an_officer_reads_what_how_far_where_and_until_when() -> None:
    assert title(a_notice()) == "Multiple gunshots, 6 rounds"
    assert body(a_notice()) == "1.2 km away · 1200 block of Quesada Ave · heard 03:12:09 · answer by 03:12:39"


def test_full_auto_is_in_the_text_because_it_decides_how_to_approach() -> None:
    assert "full auto" in body(a_notice(sound=a_sound(tactical_notes=("full_auto",))))


def test_a_place_without_an_address_is_shown_by_its_coordinates() -> None:
    assert "37.73700, -122.39100" in body(a_notice(sound=a_sound(address=None)))


@pytest.mark.parametrize(
    ("distance_m", "words"), [(4.0, "10 m away"), (418.0, "420 m away"), (994.9, "990 m away"), (995.0, "1.0 km away")]
)
def test_distances_are_rounded_to_what_a_driver_can_use(distance_m: float, words: str) -> None:
    assert words in body(a_notice(distance_m=distance_m))


@pytest.mark.parametrize(
    ("kind", "opening"),
    [
        (PageKind.UPDATE, "Update: multiple gunshots"),
        (PageKind.WARNING, "Close to you: multiple gunshots"),
        (PageKind.DIGEST, "Also heard: multiple gunshots"),
        (PageKind.DRILL, "DRILL: a test of this phone"),
    ],
)
def test_the_first_words_tell_an_alert_from_everything_else(kind: PageKind, opening: str) -> None:
    assert title(a_notice(kind=kind)).startswith(opening)


def test_a_warning_asks_for_no_answer() -> None:
    warning = body(a_notice(kind=PageKind.WARNING, alert_id=None, deadline_at=None))

    assert warning.endswith("no answer needed")


def test_an_uncertain_detection_is_marked() -> None:
    assert title(a_notice(sound=a_sound(confidence=Confidence.UNCERTAIN))).endswith(", uncertain")


@pytest.mark.parametrize("classification", Classification)
def test_every_classification_has_words(classification: Classification) -> None:
    assert "_" not in title(a_notice(sound=a_sound(classification=classification)))


def test_one_round_is_not_counted_out_loud() -> None:
    single = a_sound(classification=Classification.SINGLE_GUNSHOT, rounds=1)

    assert title(a_notice(sound=single)) == "Single gunshot"


def test_times_follow_the_agency_through_daylight_saving() -> None:
    summer = a_sound(occurred_at=NOW.replace(month=7))

    assert "heard 04:12:09" in body(a_notice(sound=summer))


@pytest.mark.parametrize("timezone", ["Mars/Olympus", "", "../etc/passwd", "America"])
def test_a_time_zone_nobody_knows_delays_no_page_and_is_not_mistaken_for_local(timezone: str) -> None:
    assert "heard 11:12:09 UTC" in body(a_notice(timezone=timezone))


def test_a_silent_update_tells_the_phone_not_to_ring() -> None:
    assert data(a_notice(kind=PageKind.UPDATE, silent=True))["silent"] == "true"
    assert "silent" not in data(a_notice(kind=PageKind.UPDATE))


def test_recalls_are_quiet_even_when_nobody_said_so() -> None:
    assert a_notice(kind=PageKind.RECALL).quiet
    assert not a_notice().quiet


def test_a_long_address_is_cut_between_characters_and_says_so() -> None:
    address = data(a_notice(sound=a_sound(address="東京都" * 60)))["address"]

    assert len(address.encode()) <= 160
    assert address.endswith("…")
    assert "\ufffd" not in address


def test_a_line_break_or_a_lone_surrogate_cannot_get_into_a_notification() -> None:
    assert data(a_notice(sound=a_sound(address="12 Main\nSt\ud800")))["address"] == "12 Main St"


@pytest.mark.parametrize("url", ["https://x.example/" + "a" * 1_000, 'https://x.example/"', "https://x.example/é"])
def test_half_a_picture_address_is_none_at_all(url: str) -> None:
    assert "image_url" not in data(a_notice(sound=a_sound(image_url=url)))


def an_emergency(**changes: Any) -> Notice:
    where = "Officer emergency: 3A12 · 1200 block of Quesada Ave"
    sound = a_sound(classification=Classification.UNKNOWN, rounds=None, address=where)
    return a_notice(**{"emergency": "3A12", "sound": sound} | changes)


def test_an_emergency_names_the_unit_in_title_and_text() -> None:
    assert title(an_emergency()) == "Officer emergency: 3A12"
    assert body(an_emergency()) == (
        "1.2 km away · Officer emergency: 3A12 · 1200 block of Quesada Ave · called 03:12:09 · answer by 03:12:39"
    )


@pytest.mark.parametrize(
    ("kind", "words"),
    [(PageKind.UPDATE, "Update: Officer emergency: 3A12"), (PageKind.WARNING, "Close to you: Officer emergency: 3A12")],
)
def test_a_call_sign_is_never_put_into_small_letters(kind: PageKind, words: str) -> None:
    assert title(an_emergency(kind=kind)) == words
    assert "3A12" in body(an_emergency(kind=kind))


def test_a_recalled_emergency_says_once_what_it_was() -> None:
    recall = an_emergency(kind=PageKind.RECALL, reason="Covered by 3A14")

    assert title(recall) == "Covered by 3A14"
    assert body(recall) == "Officer emergency: 3A12 · 1200 block of Quesada Ave · called 03:12:09"


def test_an_app_that_knows_emergencies_is_told_whose_it_is() -> None:
    assert data(an_emergency())["emergency"] == "3A12"
    assert "emergency" not in data(a_notice())


@pytest.mark.parametrize("kind", PageKind)
def test_a_minimal_emergency_names_nobody(kind: PageKind) -> None:
    minimal = an_emergency(kind=kind, minimal=True, reason="Covered by 3A12")

    assert "3A12" not in title(minimal) + body(minimal) + str(data(minimal))


def test_a_minimal_emergency_is_no_mere_shot() -> None:
    assert title(an_emergency(minimal=True)) == "Officer emergency"


def test_an_officer_on_scene_is_asked_how_it_goes() -> None:
    question = a_notice(kind=PageKind.WELFARE)

    assert title(question) == "Are you all right?"
    assert body(question) == "On scene: 1200 block of Quesada Ave · answer by 03:12:39"
    assert not question.quiet


texts = st.text(max_size=500)


@given(
    kind=st.sampled_from(PageKind),
    address=texts,
    reason=texts,
    notes=st.lists(texts, max_size=5),
    image=st.text(alphabet='abc/"\\é%', max_size=1_200),
    rounds=st.none() | st.integers(0, 1_000),
)
def test_nothing_a_source_writes_makes_a_notice_too_large_for_a_push(
    kind: PageKind, address: str, reason: str, notes: list[str], image: str, rounds: int | None
) -> None:
    sound = a_sound(
        address=address,
        tactical_notes=tuple(notes),
        image_url="https://x.example/" + image,
        rounds=rounds,
        place=Point(lat=-89.123456789, lon=-179.123456789),
    )
    notice: Notice = replace(
        a_notice(), kind=kind, sound=sound, reason=reason, expires_at=NOW + seconds(60), emergency=reason
    )

    assert size_bytes(data(notice)) < 2_048
    assert len(title(notice).encode()) < 256
    assert len(body(notice).encode()) < 512
