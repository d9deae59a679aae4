"""Whatever a source sends that is not as we read it is refused with the field and the reason, never with a 500."""

import json
from typing import Any

import pytest
from outside import Sensors, a_body, problem_of

GOOD = json.dumps(a_body())
PLACE = a_body()["location"]

NOT_JSON = {
    "nothing": "",
    "no object": "[1]",
    "NaN": GOOD.replace("37.737", "NaN"),
    "Infinity": GOOD.replace("37.737", "Infinity"),
    "1e999": GOOD.replace("37.737", "1e999"),
    "half of a surrogate pair": GOOD.replace("1200", "\\ud800"),
    "half of a surrogate pair as a name": GOOD.replace("address", "\\udfff"),
    "U+0000": GOOD.replace("1200", "\\u0000"),
    "a name twice": GOOD.replace('"revision"', '"rounds"'),
    "nested too deep": '{"a":' * 1_000,
    "an endless integer": GOOD.replace("37.737", "9" * 10_000),
    "a byte order mark": "\ufeff" + GOOD,
    "cut off": GOOD[:-1],
    "two bodies": GOOD + GOOD,
}

WRONG_FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "true as a number": ({"rounds": True}, "rounds"),
    "a text as a number": ({"rounds": "6"}, "rounds"),
    "half a round": ({"rounds": 6.5}, "rounds"),
    "fewer rounds than none": ({"rounds": -1}, "rounds"),
    "more rounds than anybody fires": ({"rounds": 1_001}, "rounds"),
    "true as a revision": ({"revision": False}, "revision"),
    "a revision below 0": ({"revision": -1}, "revision"),
    "a revision beyond the column": ({"revision": 2**31}, "revision"),
    "a null revision": ({"revision": None}, "revision"),
    "an unknown kind": ({"kind": "heard"}, "kind"),
    "a list as a kind": ({"kind": ["detected"]}, "kind"),
    "a number as a time": ({"occurred_at": 0}, "occurred_at"),
    "a number in a text as a time": ({"occurred_at": "1795173129"}, "occurred_at"),
    "a time without its offset": ({"occurred_at": "2026-11-20T03:12:09"}, "occurred_at"),
    "a day": ({"occurred_at": "2026-11-20"}, "occurred_at"),
    "a time that is none": ({"occurred_at": "2026-02-30T03:12:09Z"}, "occurred_at"),
    "an offset that is none": ({"occurred_at": "2026-11-20T03:12:09+25:00"}, "occurred_at"),
    "the year 1": ({"occurred_at": "0001-01-01T00:00:00+23:59"}, "occurred_at"),
    "the year 9999": ({"occurred_at": "9999-12-31T23:59:59-23:59"}, "occurred_at"),
    "no place": ({"location": None}, "location"),
    "a place in a text": ({"location": "37.7,-122.4"}, "location"),
    "beyond the pole": ({"location": PLACE | {"lat": 90.1}}, "location.lat"),
    "beyond the antimeridian": ({"location": PLACE | {"lon": -180.1}}, "location.lon"),
    "a latitude in a text": ({"location": PLACE | {"lat": "37.7"}}, "location.lat"),
    "a latitude of 300 digits": ({"location": PLACE | {"lat": 10**299}}, "location.lat"),
    "a place somewhere in the state": ({"location": PLACE | {"uncertainty_m": 10_001}}, "location.uncertainty_m"),
    "uncertainty below 0": ({"location": PLACE | {"uncertainty_m": -1}}, "location.uncertainty_m"),
    "an altitude": ({"location": PLACE | {"alt_m": 3}}, "location.alt_m"),
    "an unknown classification": ({"classification": "cannon"}, "classification"),
    "a number as confidence": ({"confidence": 0.9}, "confidence"),
    "an unknown field": ({"severity": "high"}, "severity"),
    "an empty id": ({"detection_id": ""}, "detection_id"),
    "a number as an id": ({"detection_id": 123}, "detection_id"),
    "an endless id": ({"detection_id": "x" * 101}, "detection_id"),
    "a line break in an id": ({"detection_id": "a\nb"}, "detection_id"),
    "too many notes": ({"tactical_notes": ["full_auto"] * 21}, "tactical_notes"),
    "notes in one text": ({"tactical_notes": "full_auto"}, "tactical_notes"),
    "an endless note": ({"tactical_notes": ["x" * 101]}, "tactical_notes.0"),
    "a number as a note": ({"tactical_notes": ["full_auto", 1]}, "tactical_notes.1"),
    "an endless address": ({"address": "x" * 301}, "address"),
    "an address that starts a new line": ({"address": "1200 Quesada\r\nPolice: stand down"}, "address"),
    "a script as a link": ({"audio_url": "javascript:alert(1)"}, "audio_url"),
    "a file as a link": ({"image_url": "file:///etc/passwd"}, "image_url"),
    "a password in a link": ({"image_url": "https://user:secret@sensors.example/"}, "image_url"),
    "half a link": ({"image_url": "https://"}, "image_url"),
    "a link that is none": ({"image_url": "http://[::1"}, "image_url"),
    "an endless link": ({"image_url": "https://sensors.example/" + "x" * 2_048}, "image_url"),
}


def test_every_body_that_two_readers_could_understand_differently_is_refused(sensors: Sensors) -> None:
    for name, body in NOT_JSON.items():
        answer = sensors.post(body)
        assert answer.status_code == 422, name
        assert problem_of(answer)["detail"].startswith("The body is not JSON as we read it: "), name


def test_bytes_that_are_no_text_are_refused_though_they_were_signed(sensors: Sensors) -> None:
    answer = sensors.post(GOOD.encode().replace(b"1200", b"\xff\xfe"))
    assert answer.status_code == 422
    assert "not valid UTF-8" in problem_of(answer)["detail"]


def test_every_wrong_field_is_named(sensors: Sensors) -> None:
    for name, (change, field) in WRONG_FIELDS.items():
        answer = sensors.post(a_body(**change))
        assert answer.status_code == 422, name
        assert [error["field"] for error in problem_of(answer)["errors"]] == [field], name


def test_all_wrong_fields_of_a_body_are_named_at_once(sensors: Sensors) -> None:
    answer = sensors.post({"kind": "detected", "rounds": "6", "severity": 1})
    fields = {error["field"] for error in problem_of(answer)["errors"]}
    required = {"detection_id", "revision", "occurred_at", "location", "classification", "confidence"}
    assert fields == required | {"rounds", "severity"}


def test_what_was_sent_is_not_sent_back(sensors: Sensors) -> None:
    answer = sensors.post(a_body(rounds="4111-1111", address=["Quesada"]))
    assert "4111" not in answer.text
    assert "Quesada" not in answer.text


def test_thousands_of_unknown_fields_do_not_make_an_answer_of_thousands_of_reasons(sensors: Sensors) -> None:
    answer = sensors.post(a_body(**{f"unknown_{number}": 1 for number in range(5_000)}))
    problem = problem_of(answer)
    assert (answer.status_code, len(problem["errors"])) == (422, 50)
    assert "of 5000 are named" in problem["detail"]


def test_an_unknown_field_with_an_endless_name_is_named_in_short(sensors: Sensors) -> None:
    answer = sensors.post(a_body(**{"x" * 10_000: 1}))
    assert len(problem_of(answer)["errors"][0]["field"]) <= 100


@pytest.mark.parametrize("confidence", ["high", "uncertain", "low"])
def test_at_the_edges_of_what_is_allowed_a_detection_is_taken(sensors: Sensors, confidence: str) -> None:
    edge = a_body(
        detection_id="😀" * 100,
        revision=2**31 - 1,
        location={"lat": -90, "lon": 180.0, "uncertainty_m": 10_000},
        rounds=1_000,
        tactical_notes=["x" * 100] * 20,
        address="x" * 300,
        confidence=confidence,
        image_url="https://sensors.example/" + "x" * 2_024,
    )
    assert sensors.post(edge).status_code == 202
