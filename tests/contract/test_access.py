"""Who may call what is one table: complete, on paper, and what the document promises of each call."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter

from service.api.access import ACCESS, AUDITOR, Caller, Desks, refuse_unlisted
from service.api.app import openapi_document
from service.cli.papers import access_table

PAPER = Path(__file__).parents[2] / "docs" / "ACCESS.md"
UPDATE = "beatline access > docs/ACCESS.md"
SHOWN: dict[Caller, list[dict[str, Any]]] = {
    Caller.ANYBODY: [],
    Caller.DEVICES: [{"deviceToken": []}],
    Caller.SOURCES: [{"standardWebhooks": []}],
}
AT_A_DESK: list[dict[str, Any]] = [{"apiToken": []}, {"sessionCookie": []}]


@pytest.fixture(scope="module")
def operations() -> dict[str, dict[str, Any]]:
    """Every call of the document by its operation, with its method in it."""
    return {
        operation["operationId"]: operation | {"method": method}
        for methods in openapi_document()["paths"].values()
        for method, operation in methods.items()
    }


def test_every_call_has_a_row_and_every_row_a_call(operations: dict[str, dict[str, Any]]) -> None:
    assert sorted(operations) == sorted(ACCESS), "Say in service/api/access.py who may call it."


def test_a_route_without_a_row_keeps_the_app_from_starting() -> None:
    router = APIRouter()
    router.get("/v1/secrets", name="show_secrets")(lambda: None)
    with pytest.raises(LookupError, match="who may call show_secrets"):
        refuse_unlisted(router)


def test_who_may_call_what_is_what_is_committed() -> None:
    assert access_table() == PAPER.read_text(), f"Somebody may do more or less than before. If that is meant: {UPDATE}"


def test_the_document_says_by_what_a_caller_is_known(operations: dict[str, dict[str, Any]]) -> None:
    for name, row in ACCESS.items():
        if name != "sign_out":  # shows its session, and is answered without one too
            expected = AT_A_DESK if isinstance(row, Desks) else SHOWN[row]
            assert expected == operations[name].get("security", []), name


def test_an_auditor_only_looks(operations: dict[str, dict[str, Any]]) -> None:
    for name, row in ACCESS.items():
        if isinstance(row, Desks) and AUDITOR in row.roles:
            assert ("read", "get") == (row.scope, operations[name]["method"]) or name == "preview_policy", name
