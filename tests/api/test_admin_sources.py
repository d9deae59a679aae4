"""An administrator makes and disables sources, and replaces a secret without a single shot being refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fake_clock import FrozenClock
from outside import Agency, Backend, Caller, Sensors, a_body, an_agency, on_record, problem_of

from service.operations.sources import NewSource

SOURCES = "/v1/admin/sources"


@pytest.fixture
def path(agency: Agency) -> str:
    return f"{SOURCES}/{agency.source.source_id}"


def listed(desk: Caller, name: str = "Microphones") -> dict[str, Any]:
    [source] = [source for source in desk("GET", SOURCES).json()["items"] if source["name"] == name]
    found: dict[str, Any] = source
    return found


def with_secret(sensors: Sensors, secret: str) -> Sensors:
    return replace(sensors, source=NewSource(source_id=sensors.source.source_id, secret=secret))


@pytest.fixture
def is_believed(clock: FrozenClock) -> Callable[[Sensors], bool]:
    """Does the webhook take a message that is signed like this? Each time it is another detection."""

    def ask(sensors: Sensors) -> bool:
        clock.advance(1)
        answer = sensors.post(a_body(detection_id=f"SST-{clock.now().timestamp():.0f}"))
        assert answer.status_code in {202, 401}
        return answer.status_code == 202

    return ask


def test_a_new_source_posts_with_the_secret_that_was_shown_once(desk: Caller, call: Caller, clock: FrozenClock) -> None:
    made = desk("POST", SOURCES, json={"name": "AVL feed"})
    assert 201 == made.status_code
    source = NewSource(**made.json())
    assert 202 == Sensors(call, clock, source).post(a_body()).status_code
    assert source.secret not in desk("GET", SOURCES).text


def test_a_name_that_is_taken_is_refused(desk: Caller) -> None:
    answer = desk("POST", SOURCES, json={"name": "Microphones"})
    assert (409, "already_exists") == (answer.status_code, problem_of(answer)["code"])


def test_both_secrets_work_while_one_is_replaced_and_then_the_new_one_alone(
    desk: Caller, path: str, sensors: Sensors, is_believed: Callable[[Sensors], bool]
) -> None:
    rotated = desk("POST", f"{path}/secrets")
    assert 201 == rotated.status_code
    renewed = with_secret(sensors, rotated.json()["secret"])
    assert [True, True] == [is_believed(sensors), is_believed(renewed)]
    assert 2 == listed(desk)["live_secrets"]
    assert 204 == desk("DELETE", f"{path}/secrets/older").status_code
    assert [False, True] == [is_believed(sensors), is_believed(renewed)]


def test_a_third_secret_is_refused_while_two_are_live(desk: Caller, path: str) -> None:
    desk("POST", f"{path}/secrets")
    answer = desk("POST", f"{path}/secrets")
    assert (409, "illegal_move") == (answer.status_code, problem_of(answer)["code"])
    assert "Retire the older one" in problem_of(answer)["detail"]
    desk("DELETE", f"{path}/secrets/older")
    assert 201 == desk("POST", f"{path}/secrets").status_code


def test_retiring_twice_leaves_the_newest_alone(
    desk: Caller, path: str, sensors: Sensors, is_believed: Callable[[Sensors], bool], backend: Backend, agency: Agency
) -> None:
    assert 204 == desk("DELETE", f"{path}/secrets/older").status_code
    assert is_believed(sensors)
    desk("POST", f"{path}/secrets")
    for _ in range(2):
        assert 204 == desk("DELETE", f"{path}/secrets/older").status_code
    assert 1 == listed(desk)["live_secrets"]
    assert 1 == len(on_record(backend, agency, "source_secret_retired"))


def test_a_secret_is_never_on_record(desk: Caller, path: str, backend: Backend, agency: Agency) -> None:
    secret = desk("POST", f"{path}/secrets").json()["secret"]
    assert secret not in str(on_record(backend, agency, "source_created", "source_secret_rotated"))


def test_a_disabled_source_is_a_stranger_until_it_is_enabled_again(
    desk: Caller, path: str, sensors: Sensors, is_believed: Callable[[Sensors], bool]
) -> None:
    for _ in range(2):
        assert desk("PATCH", path, json={"disabled": True}).json()["disabled_at"] is not None
    assert not is_believed(sensors)
    stranger = replace(sensors, source=NewSource(source_id=sensors.source.source_id, secret="whsec_" + "A" * 43 + "="))
    refused = [problem_of(each.post(a_body())) for each in (sensors, stranger)]
    assert refused[0] == refused[1]
    assert desk("PATCH", path, json={"disabled": False}).json()["disabled_at"] is None
    assert is_believed(sensors)


def test_a_source_is_renamed_and_keeps_its_secret(
    desk: Caller, path: str, sensors: Sensors, is_believed: Callable[[Sensors], bool]
) -> None:
    assert "Rooftops" == desk("PATCH", path, json={"name": "Rooftops"}).json()["name"]
    assert is_believed(sensors)


def test_the_list_says_when_a_source_was_last_heard_of(
    desk: Caller, sensors: Sensors, clock: FrozenClock, is_believed: Callable[[Sensors], bool]
) -> None:
    assert (None, None) == (listed(desk)["last_detection_at"], listed(desk)["last_positions_at"])
    is_believed(sensors)
    is_believed(sensors)
    heard_at = clock.now()
    clock.advance(5)
    report = {"units": [{"call_sign": "3A12", "fixes": [_fix(clock)]}]}
    assert 200 == _feed(sensors).post(report).status_code
    assert heard_at.isoformat().replace("+00:00", "Z") == listed(desk)["last_detection_at"]
    assert clock.now().isoformat().replace("+00:00", "Z") == listed(desk)["last_positions_at"]


@pytest.mark.parametrize("act", ["rename", "rotate", "retire"])
def test_another_agency_s_source_is_not_there(desk: Caller, backend: Backend, act: str) -> None:
    other = f"{SOURCES}/{an_agency(backend, name='Mission').source.source_id}"
    calls = {
        "rename": ("PATCH", other, {"name": "Ours"}),
        "rotate": ("POST", f"{other}/secrets", None),
        "retire": ("DELETE", f"{other}/secrets/older", None),
    }
    method, where, body = calls[act]
    answer = desk(method, where, json=body)
    assert (404, "not_found") == (answer.status_code, problem_of(answer)["code"])


class _Feed(Sensors):
    @property
    def path(self) -> str:
        return f"/v1/sources/{self.source.source_id}/positions"


def _feed(sensors: Sensors) -> _Feed:
    return _Feed(sensors.call, sensors.clock, sensors.source)


def _fix(clock: FrozenClock) -> dict[str, Any]:
    return {"lat": 37.737, "lon": -122.391, "at": clock.now().isoformat()}
