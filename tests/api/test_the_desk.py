"""A page at a desk learns who sits there, what they may do, and what needs them now."""

import pytest
from fake_clock import FrozenClock
from outside import Agency, Backend, Caller, Phone, seat

from service.operations.care import look_after_due
from service.store.users import UserRole


def test_a_page_learns_who_sits_at_the_desk(call: Caller, backend: Backend, agency: Agency) -> None:
    seat(call, backend, agency, role=UserRole.SUPERVISOR)
    answer = call("GET", "/v1/session").json()
    assert answer["role"] == "supervisor"
    assert answer["name"]


def test_nobody_sits_at_a_desk_without_a_session(call: Caller) -> None:
    assert call("GET", "/v1/session").status_code == 401


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        (UserRole.AUDITOR, set()),
        (UserRole.DISPATCHER, {"confirm_acknowledgment"}),
        (UserRole.SUPERVISOR, {"confirm_acknowledgment", "lift_legal_hold"}),
        (UserRole.ADMINISTRATOR, {"confirm_acknowledgment", "lift_legal_hold"}),
    ],
)
def test_a_page_offers_what_its_person_may_do(
    call: Caller, backend: Backend, agency: Agency, role: UserRole, offered: set[str]
) -> None:
    seat(call, backend, agency, role=role)
    may = call("GET", "/v1/session").json()["may"]
    assert "show_incident" in may
    assert offered == {"confirm_acknowledgment", "lift_legal_hold"} & set(may)


def test_the_list_shows_a_forgotten_unit_until_somebody_confirms_it(
    desk: Caller, phone: Phone, alert_id: str, backend: Backend, clock: FrozenClock
) -> None:
    phone("POST", f"alerts/{alert_id}/acknowledgment", {"response": "accepted"})
    assert _concerns(desk) == []
    clock.advance(61)
    look_after_due(backend.database, backend.ports)
    assert _concerns(desk) == [("unconfirmed", "3A12", alert_id)]
    [incident] = desk("GET", "/v1/incidents").json()["items"]
    assert desk("GET", f"/v1/incidents/{incident['incident_id']}").json()["concerns"] == incident["concerns"]
    desk("POST", f"/v1/incidents/{incident['incident_id']}/acknowledgments/{alert_id}/confirmation")
    assert _concerns(desk) == []


def _concerns(desk: Caller) -> list[tuple[str, str, str]]:
    [incident] = desk("GET", "/v1/incidents").json()["items"]
    return [(each["kind"], each["call_sign"], each["alert_id"]) for each in incident["concerns"]]
