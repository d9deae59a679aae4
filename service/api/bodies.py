"""How does a raw body become text, an object, a model? Each step refuses with an answer that names what is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from service.api.strict_json import NotStrictJson, decode, parse_object
from service.domain.errors import Code, DomainError


def text_of(raw: bytes) -> str:
    with _invalid_unless_strict():
        return decode(raw)


def object_of(text: str) -> dict[str, Any]:
    with _invalid_unless_strict():
        return parse_object(text)


@contextmanager
def naming_fields() -> Iterator[None]:
    """Around the validation of a body that FastAPI does not read itself: the answer names every field all the same."""
    try:
        yield
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([one | {"loc": ("body", *one["loc"])} for one in found]) from error


@contextmanager
def _invalid_unless_strict() -> Iterator[None]:
    try:
        yield
    except NotStrictJson as error:
        raise DomainError(Code.INVALID, f"The body is not JSON as we read it: {error}.") from error
