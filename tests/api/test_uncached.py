"""Nobody between us and whoever asked may keep a copy of what was answered."""

from outside import Agency, Backend, Caller, Phone, a_person, an_enrolment, seat

from service.operations import registry


def test_no_answer_about_people_may_be_kept(call: Caller, phone: Phone, backend: Backend, agency: Agency) -> None:
    seat(call, backend, agency)
    for answer in (phone("GET", "alerts"), call("GET", "/v1/incidents"), call("GET", "/v1/session")):
        assert (200, ["no-store"]) == (answer.status_code, answer.headers.get_list("cache-control"))


def test_no_answer_that_opens_a_door_may_be_kept(call: Caller, backend: Backend, agency: Agency) -> None:
    code, _ = registry.issue_enrolment_code(
        backend.database, backend.ports, agency_id=agency.agency_id, unit_id=agency.unit_id, actor="test"
    )
    assert "no-store" == call("POST", "/v1/enrolments", json=an_enrolment(code)).headers["cache-control"]
    person = {"email": a_person(backend, agency), "password": "wrong"}
    assert "no-store" == call("POST", "/v1/session", json=person).headers["cache-control"]


def test_a_refusal_may_not_be_kept_either(call: Caller) -> None:
    for path, status in (("/v1/incidents", 401), ("/v1/nothing-of-ours", 404)):
        answer = call("GET", path)
        assert (status, "no-store") == (answer.status_code, answer.headers["cache-control"])


def test_what_is_not_about_people_is_left_as_it_is(call: Caller) -> None:
    assert "cache-control" not in call("GET", "/livez").headers
