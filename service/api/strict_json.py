"""Is this JSON that everybody reads alike? Bytes to text to an object; what its fields may hold is for `schemas`.

Python's parser takes NaN, 1e999, a second "lat" that silently wins, and half of a surrogate pair that no database and
no answer can hold. Whatever two readers could understand differently is refused here, with a reason.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

DEPTH_LIMIT = 16
"""Our deepest body nests four levels; the parser itself would recurse until the stack ends."""
NUMBER_DIGITS_LIMIT = 300
"""Python spends quadratic time on long integers; with as many as this, each still fits a double."""
NAME_SHOWN_LENGTH = 40

# The closing quote is optional and the loop possessive, so that an endless string costs one pass, not one per quote.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class NotStrictJson(ValueError):
    """`str(error)` is the reason; it is safe to send back."""


def decode(raw: bytes) -> str:
    """UTF-8 text without a byte order mark. Raises NotStrictJson."""
    if raw.startswith(b"\xef\xbb\xbf"):
        raise NotStrictJson("it starts with a byte order mark")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotStrictJson(f"byte {error.start} is not valid UTF-8") from error


def parse_object(text: str) -> dict[str, Any]:
    """The object of a whole body: finite numbers, no name twice, only text that a database can keep.

    Raises NotStrictJson with the first thing that is wrong.
    """
    if not text:
        raise NotStrictJson("it is empty")
    _refuse_deep_nesting(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object_of_distinct_names,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
            parse_int=_short_int,
        )
    except json.JSONDecodeError as error:
        raise NotStrictJson(f"{error.msg.removesuffix(' at')} at line {error.lineno}, column {error.colno}") from error
    if not isinstance(value, dict):
        raise NotStrictJson("it must be an object")
    _refuse_unstorable_text(value)
    return value


def _refuse_deep_nesting(text: str) -> None:
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        mark = found.group()
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        if depth > DEPTH_LIMIT:
            raise NotStrictJson(f"it is nested more than {DEPTH_LIMIT} levels deep")


def _object_of_distinct_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for name, value in pairs:
        if name in seen:
            raise NotStrictJson(f"the name {name[:NAME_SHOWN_LENGTH]!a} stands twice in one object")
        seen[name] = value
    return seen


def _refuse_constant(constant: str) -> NoReturn:
    raise NotStrictJson(f"{constant} is not a JSON number")


def _finite_float(digits: str) -> float:
    _refuse_long_number(digits)
    number = float(digits)
    if not math.isfinite(number):
        raise NotStrictJson(f"the number {digits} is too large")
    return number


def _short_int(digits: str) -> int:
    _refuse_long_number(digits)
    return int(digits)


def _refuse_long_number(digits: str) -> None:
    if len(digits) > NUMBER_DIGITS_LIMIT:
        raise NotStrictJson(f"a number has more than {NUMBER_DIGITS_LIMIT} digits")


def _refuse_unstorable_text(value: dict[str, Any]) -> None:
    """Escapes can spell what UTF-8 cannot (half of a surrogate pair) and what PostgreSQL cannot keep (U+0000)."""
    for text in _texts(value):
        if "\0" in text:
            raise NotStrictJson("a text holds the character U+0000")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise NotStrictJson("a text holds half of a surrogate pair") from error


def _texts(value: Any) -> Iterator[str]:
    """Every string in it, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
