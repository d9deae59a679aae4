"""One body for each operation that takes one, which an agency with one of everything could send in earnest.

A new route with a body needs a row here: tests that are made of all routes ask for it, and say so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from outside import a_body, an_enrolment

from service.domain.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Things:
    """One of everything that an agency has, as ids in addresses and bodies; `other_incident_id` is one of its own too.

    `now` and `later` are times as they are written in a body.
    """

    agency_id: str
    source_id: str
    unit_id: str
    device_id: str
    user_id: str
    token_id: str
    code_id: str
    incident_id: str
    other_incident_id: str
    alert_id: str
    drill_id: str
    now: str


def _fix(things: Things) -> dict[str, Any]:
    return {"lat": 37.737, "lon": -122.391, "at": things.now}


BODIES: dict[str, Callable[[Things], Any]] = {
    # Sensor networks and AVL feeds; these are sent signed
    "receive_detection": lambda _: a_body(detection_id="SST-2026-000999"),
    "report_feed": lambda things: {"units": [{"call_sign": "3A12", "fixes": [_fix(things)]}]},
    # Phones
    "enrol_device": lambda _: an_enrolment("K7QM-2XWD"),
    "set_push_target": lambda _: {"kind": "fcm_token", "value": "token-2"},
    "set_status": lambda _: {"status": "available"},
    "report_positions": lambda things: {"fixes": [_fix(things)]},
    "record_receipt": lambda things: {"kind": "received", "at": things.now},
    "answer_alert": lambda _: {"response": "accepted"},
    "report_progress": lambda _: {"status": "on_scene"},
    "report_disposition": lambda _: {"disposition": "no_evidence"},
    "answer_welfare": lambda _: {"answer": "all_right"},
    "call_for_help": lambda _: {},
    # The dispatcher's hand
    "sign_in": lambda _: {"email": "nobody@bayview.test", "password": "correct horse battery staple"},
    "dispatch_units": lambda things: {"unit_ids": [things.unit_id]},
    "escalate_incident": lambda _: {"level": 1},
    "cancel_incident": lambda _: {"reason": "A car backfired."},
    "merge_incidents": lambda things: {"into": things.other_incident_id},
    "split_incident": lambda _: {"detection_ids": ["SST-2"]},
    "add_note": lambda _: {"text": "The caller heard four shots."},
    "close_incident": lambda _: {"disposition": "no_evidence"},
    "place_legal_hold": lambda _: {"reason": "Court order 26-114."},
    "start_drill": lambda _: {"wait_s": 10},
    # Administrators
    "issue_enrolment_code": lambda things: {"unit_id": things.unit_id},
    "issue_enrolment_codes": lambda things: {"unit_ids": [things.unit_id]},
    "create_unit": lambda _: {"call_sign": "9Z99"},
    "change_unit": lambda _: {"call_sign": "9Z98"},
    "change_agency": lambda _: {"name": "Bayview Police Department"},
    "create_source": lambda _: {"name": "Rooftops"},
    "change_source": lambda _: {"name": "Lampposts"},
    "set_policies": lambda _: {"policy": Policy().as_dict()},
    "preview_policy": lambda things: {"policy": Policy().as_dict(), "incident_id": things.incident_id},
    "create_user": lambda _: {
        "email": "bob@bayview.test",
        "name": "Bob",
        "role": "dispatcher",
        "password": "another horse altogether",
    },
    "change_user": lambda _: {"name": "Robert"},
    "create_api_token": lambda _: {"name": "Nightly report", "scopes": ["read"], "days": 30},
}
