"""What is JSON that everybody reads alike?"""

import pytest

from service.api.strict_json import DEPTH_LIMIT, NotStrictJson, decode, parse_object


def refusal_of(raw: bytes) -> str:
    with pytest.raises(NotStrictJson) as refused:
        parse_object(decode(raw))
    return str(refused.value)


def test_an_ordinary_object_is_read() -> None:
    assert parse_object(decode(b'{"lat": 37.7, "notes": ["\\u00e9", "\\ud83d\\ude00"], "rounds": null}')) == {
        "lat": 37.7,
        "notes": ["é", "😀"],
        "rounds": None,
    }


@pytest.mark.parametrize("constant", [b"NaN", b"Infinity", b"-Infinity"])
def test_a_number_that_json_does_not_have_is_refused(constant: bytes) -> None:
    assert f"{constant.decode()} is not a JSON number" == refusal_of(b'{"lat": ' + constant + b"}")


@pytest.mark.parametrize("number", [b"1e999", b"-1e999"])
def test_a_number_beyond_every_double_is_refused(number: bytes) -> None:
    assert f"the number {number.decode()} is too large" == refusal_of(b'{"lat": ' + number + b"}")


def test_a_name_that_stands_twice_is_refused_because_readers_differ_about_which_counts() -> None:
    assert refusal_of(b'{"at": {"lat": 1, "lon": 2, "lat": 3}}') == "the name 'lat' stands twice in one object"


@pytest.mark.parametrize("raw", [b'{"note": "\\ud800"}', b'{"\\udc00": 1}', b'{"a": [["\\ude00\\ud83d"]]}'])
def test_half_of_a_surrogate_pair_is_refused_in_values_and_in_names(raw: bytes) -> None:
    assert refusal_of(raw) == "a text holds half of a surrogate pair"


def test_the_character_that_no_database_keeps_is_refused() -> None:
    assert refusal_of(b'{"note": "a\\u0000b"}') == "a text holds the character U+0000"


def test_a_text_that_merely_spells_out_an_escape_is_read() -> None:
    assert parse_object(decode(b'{"note": "\\\\u0000"}')) == {"note": "\\u0000"}


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    assert refusal_of(b'{"note": "\xff"}') == "byte 10 is not valid UTF-8"


def test_a_surrogate_written_as_bytes_is_refused() -> None:
    assert refusal_of(b'{"note": "\xed\xa0\x80"}') == "byte 10 is not valid UTF-8"


def test_a_byte_order_mark_is_refused() -> None:
    assert refusal_of(b'\xef\xbb\xbf{"a": 1}') == "it starts with a byte order mark"


@pytest.mark.parametrize("raw", [b"[1]", b'"text"', b"7", b"null", b"true"])
def test_what_is_not_an_object_is_refused(raw: bytes) -> None:
    assert refusal_of(raw) == "it must be an object"


def test_an_empty_body_is_refused() -> None:
    assert refusal_of(b"") == "it is empty"


@pytest.mark.parametrize("raw", [b"{", b'{"a": 1} x', b"{'a': 1}", b'{"a": 01}', b'{"a": "\t"}', b'{"a" 1}', b'{"a'])
def test_broken_json_is_refused_with_the_place(raw: bytes) -> None:
    assert "at line 1, column" in refusal_of(raw)


def test_nesting_is_read_down_to_the_limit() -> None:
    inner = DEPTH_LIMIT - 1
    assert parse_object(decode(b'{"a":' + b"[" * inner + b"]" * inner + b"}"))


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_deeper_nesting_is_refused_long_before_the_stack_ends(opening: bytes) -> None:
    assert f"it is nested more than {DEPTH_LIMIT} levels deep" == refusal_of(opening * 100_000)


def test_brackets_inside_a_text_are_no_nesting() -> None:
    assert parse_object(decode(b'{"a": "' + b'[\\\\\\"[' * 50 + b'"}')) == {"a": '[\\"[' * 50}


def test_an_integer_of_thousands_of_digits_is_refused_before_it_costs_anything() -> None:
    assert refusal_of(b'{"a": ' + b"9" * 200_000 + b"}") == "a number has more than 300 digits"


@pytest.mark.timeout(5)
@pytest.mark.parametrize("filler", [b'"', b'\\"', b"\\", b"{", b"0,", b"\\u0000"])
def test_a_hostile_body_of_full_size_is_judged_in_time(filler: bytes) -> None:
    with pytest.raises(NotStrictJson):
        parse_object(decode(b'{"a": "' + filler * (262_144 // len(filler))))
