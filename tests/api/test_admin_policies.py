"""An administrator sees, tries and sets the agency's rules; whatever cannot be is named, all at once."""

from typing import Any

import pytest
from outside import Agency, Backend, Caller, Sensors, a_body, an_agency, on_record, problem_of

from service.domain.policy import Policy
from service.domain.retention import Retention
from service.operations.sources import NewSource

POLICIES = "/v1/admin/policies"
DEFAULTS = {"policy": Policy().as_dict(), "retention": Retention().as_dict()}


def a_policy(**changes: Any) -> dict[str, Any]:
    return Policy().as_dict() | changes


def blamed(desk: Caller, body: dict[str, Any], *, path: str = "", method: str = "PUT") -> dict[str, str]:
    answer = desk(method, POLICIES + path, json=body)
    assert (422, "invalid") == (answer.status_code, problem_of(answer)["code"])
    return {error["field"]: error["reason"] for error in problem_of(answer)["errors"]}


def test_a_new_agency_lives_by_the_defaults(desk: Caller) -> None:
    assert DEFAULTS == desk("GET", POLICIES).json()


def test_rules_that_were_set_are_the_rules(desk: Caller, backend: Backend, agency: Agency) -> None:
    wanted = {
        "policy": a_policy(units_per_level=3, push_content="minimal"),
        "retention": Retention(journal_days=400, incidents_days=730).as_dict(),
    }
    assert wanted == desk("PUT", POLICIES, json=wanted).json()
    assert wanted == desk("GET", POLICIES).json()
    [entry] = on_record(backend, agency, "policy_changed")
    assert {
        "units_per_level": {"before": 2, "after": 3},
        "push_content": {"before": "full", "after": "minimal"},
    } == entry["changed"]
    [entry] = on_record(backend, agency, "retention_changed")
    assert {"before": None, "after": 730} == entry["changed"]["incidents_days"]


def test_the_same_rules_again_are_no_change(desk: Caller, backend: Backend, agency: Agency) -> None:
    for _ in range(2):
        desk("PUT", POLICIES, json={"policy": a_policy(levels=4)})
    assert 1 == len(on_record(backend, agency, "policy_changed"))


def test_a_policy_without_retention_leaves_that_as_it_is(desk: Caller) -> None:
    kept = Retention(incidents_days=90).as_dict()
    desk("PUT", POLICIES, json=DEFAULTS | {"retention": kept})
    answer = desk("PUT", POLICIES, json={"policy": a_policy(levels=4)})
    assert kept == answer.json()["retention"] == desk("GET", POLICIES).json()["retention"]


def test_every_number_out_of_its_range_and_every_contradiction_is_named_at_once(desk: Caller) -> None:
    body = {
        "policy": a_policy(levels=0, max_distance_m=200_001, good_fix_age_s=400),
        "retention": Retention().as_dict() | {"journal_days": 29},
    }
    found = blamed(desk, body)
    assert "must be between 1 and 10" == found["policy.levels"]
    assert "must be between 100 and 200,000" == found["policy.max_distance_m"]
    assert "must be at most usable_fix_age_s" == found["policy.good_fix_age_s"]
    assert "must be between 30 and 36,500" == found["retention.journal_days"]
    assert DEFAULTS == desk("GET", POLICIES).json()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"levels": True}, "levels"),
        ({"levels": "3"}, "levels"),
        ({"levels": 2.5}, "levels"),
        ({"levels": 1e300}, "levels"),
        ({"levels": 10**30}, "levels"),
        ({"levels": None}, "levels"),
        ({"push_content": "none"}, "push_content"),
        ({"sirens": 3}, "sirens"),
    ],
    ids=str,
)
def test_what_is_no_rule_or_no_number_is_named(desk: Caller, changes: dict[str, Any], field: str) -> None:
    assert [f"policy.{field}"] == list(blamed(desk, {"policy": a_policy(**changes)}))


def test_a_policy_is_set_as_a_whole(desk: Caller) -> None:
    policy = a_policy()
    del policy["levels"]
    assert {"policy.levels": "Field required"} == blamed(desk, {"policy": policy})


def test_the_document_tells_the_ranges(desk: Caller) -> None:
    schema = desk("GET", "/openapi.json").json()["components"]["schemas"]["PolicyFields"]
    assert (1, 10) == (schema["properties"]["levels"]["minimum"], schema["properties"]["levels"]["maximum"])
    assert sorted(Policy().as_dict()) == sorted(schema["required"])


@pytest.mark.usefixtures("alert_id")
def test_a_preview_tells_whom_that_incident_would_have_asked(desk: Caller) -> None:
    incident_id = the_incident(desk)
    answer = desk("POST", f"{POLICIES}/preview", json={"policy": a_policy(levels=1), "incident_id": incident_id})
    assert 200 == answer.status_code
    said = answer.json()
    assert (False, None, False) == (said["held"], said["why_silent"], said["cut_short"])
    [level] = said["levels"]
    assert (1, 0.0, ["3A12"]) == (level["level"], level["after_s"], [unit["call_sign"] for unit in level["asked"]])
    assert (1, 0.0) == (level["asked"][0]["rank"], level["asked"][0]["fix_age_s"])
    assert 30.0 == said["unanswered"]["after_s"]


@pytest.mark.usefixtures("alert_id")
def test_a_preview_of_a_policy_that_cannot_be_names_its_fields(desk: Caller) -> None:
    body = {"policy": a_policy(levels=99), "incident_id": the_incident(desk)}
    assert ["policy.levels"] == list(blamed(desk, body, path="/preview", method="POST"))


def test_another_agency_s_incident_is_not_there(desk: Caller, call: Caller, backend: Backend, sensors: Sensors) -> None:
    theirs = an_agency(backend, name="Mission").source
    heard = Sensors(call, sensors.clock, NewSource(source_id=theirs.source_id, secret=theirs.secret)).post(a_body())
    body = {"policy": a_policy(), "incident_id": heard.json()["incident_id"]}
    answer = desk("POST", f"{POLICIES}/preview", json=body)
    assert (404, "not_found") == (answer.status_code, problem_of(answer)["code"])


def test_nothing_is_foretold_of_an_incident_that_looked_for_nobody(desk: Caller, sensors: Sensors) -> None:
    heard = sensors.post(a_body(classification="fireworks")).json()["incident_id"]
    answer = desk("POST", f"{POLICIES}/preview", json={"policy": a_policy(), "incident_id": heard})
    assert (409, "illegal_move") == (answer.status_code, problem_of(answer)["code"])


def the_incident(desk: Caller) -> str:
    [incident] = desk("GET", "/v1/incidents").json()["items"]
    found: str = incident["incident_id"]
    return found
