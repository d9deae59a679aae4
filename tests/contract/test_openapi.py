"""The OpenAPI document is a promise: it changes on purpose, and stays one that tools understand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV32SpecValidator

from service.api.app import openapi_document

OPENAPI = Path(__file__).parents[2] / "openapi"
UPDATE = "beatline openapi > openapi/openapi.json"
METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield f"{method.upper()} {path}", operation


def test_what_we_promise_is_what_is_committed(document: dict[str, Any]) -> None:
    committed = json.loads((OPENAPI / "openapi.json").read_text())
    assert committed == document, f"The API changed. If that is meant: {UPDATE}"


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    OpenAPIV32SpecValidator(document).validate()


def test_each_operation_is_called_like_its_function_and_no_two_alike(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert sorted(set(names)) == sorted(names)
    assert all(name.isidentifier() for name in names)


def test_each_operation_says_what_it_is_for_and_that_refusals_are_problems(document: dict[str, Any]) -> None:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for name, operation in operations(document):
        assert operation["description"], name
        refusals = {status: each for status, each in operation["responses"].items() if not status.startswith("2")}
        assert "default" in refusals, name
        assert all(each["content"] == problem for each in refusals.values()), name


def test_each_operation_but_these_wants_to_know_who_is_asking(document: dict[str, Any]) -> None:
    open_to_all = {"POST /v1/enrolments", "POST /v1/session", "GET /livez", "GET /readyz", "GET /metrics"}
    assert {name for name, operation in operations(document) if not operation.get("security")} == open_to_all


@pytest.mark.parametrize("example", sorted(path.name for path in (OPENAPI / "examples").glob("*.json")))
def test_each_example_of_a_detection_fits_the_document(document: dict[str, Any], example: str) -> None:
    operation = document["paths"]["/v1/sources/{source_id}/detections"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    body = json.loads((OPENAPI / "examples" / example).read_text())
    validator = Draft202012Validator({**schema, "components": document["components"]}, format_checker=FormatChecker())
    validator.validate(body)
