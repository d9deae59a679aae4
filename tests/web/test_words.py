"""The pages speak the API's own words: its operations, states, stages, events; and they keep their own promises.

Their JavaScript is read, not run: there is no browser among what this repository installs.
"""

import re
from typing import Any, get_args

from web.page_files import FILES, PAGES, Markup, asset, keys_in, number_in, texts_in

from service.api.access import ACCESS, Desks
from service.api.app import openapi_document
from service.api.event_stream import Pace
from service.api.schemas_care import WelfareBody
from service.api.schemas_concerns import ConcernShown
from service.api.schemas_streams import CONSOLE_EVENTS, PHONE_EVENTS
from service.domain.alert import RINGING, AlertState
from service.domain.detection import Confidence
from service.domain.disposition import Disposition
from service.domain.incident import LIVING, IncidentState
from service.domain.unit import Status
from service.operations.acknowledgments import PROGRESS
from service.operations.auditing import MENDED
from service.operations.care import ACTIONS

_CALL = re.compile(r"""(?:api\.(get|post|put|delete)|watching)\(\s*["`](/v1/[^"`?]*)""")
_ACT = re.compile(r"""^  (\w+): \(.*?api\.(\w+)\(`([^`]*)`""", re.DOTALL | re.MULTILINE)
KINDS = set(get_args(ConcernShown.model_fields["kind"].annotation))


def test_pages_make_only_calls_that_the_api_promises() -> None:
    promised = [(method, path) for method, path, _ in _operations()]
    calls = [(file.name, method or "get", path) for file in FILES for method, path in _CALL.findall(file.read_text())]
    assert len(calls) >= 28
    for name, method, path in calls:
        assert any(method == verb and _fits(path, other) for verb, other in promised), (name, method, path)


def test_each_act_of_the_console_is_the_operation_that_it_is_called_by() -> None:
    operations = {operation["operationId"]: (method, path) for method, path, operation in _operations()}
    acts = _ACT.findall(asset("console/acts.js"))
    assert len(acts) == len(keys_in("console/acts.js", "ACTS"))
    for name, method, path in acts:
        promised, template = operations[name]
        assert method == promised, name
        assert _fits(path, template), name


def test_the_console_offers_every_act_that_a_dispatcher_may_do() -> None:
    looking = {"get"}
    dispatching = {
        operation["operationId"]
        for method, path, operation in _operations()
        if path.startswith("/v1/incidents/{incident_id}") and method not in looking
    }
    of_units = {"confirm_acknowledgment", "refuse_acknowledgment"}
    assert dispatching == keys_in("console/acts.js", "ACTS")
    assert dispatching - of_units == keys_in("console/offers.js", "OFFERED") == texts_in("console/hand_bar.js", "ORDER")
    pressed, said = keys_in("console/hand_bar.js", "PRESSES"), keys_in("console/incident_forms.js", "FORMS")
    assert dispatching - of_units <= pressed | said
    assert all(isinstance(ACCESS[name], Desks) for name in dispatching)


def test_pages_listen_only_to_events_that_are_told() -> None:
    told = set(CONSOLE_EVENTS) & set(PHONE_EVENTS)
    assert texts_in("watching.js", "READ_AGAIN_AFTER") <= told
    assert _events_in("console/main.js") == {"alarms", "incident"} <= set(CONSOLE_EVENTS)
    assert _events_in("responder/main.js") == {"alert", "warning"} <= set(PHONE_EVENTS)
    assert 'message.event === "reconnect"' in asset("stream.js")


def test_a_page_waits_longer_than_two_heartbeats_before_it_gives_a_stream_up() -> None:
    assert 2_000 * Pace().heartbeat_s < number_in("stream.js", "SILENT_MS")


def test_pages_say_the_words_of_the_api() -> None:
    assert {state.value for state in (*IncidentState, *AlertState)} == keys_in("badge.js", "SIGNS")
    assert {confidence.value for confidence in Confidence} == keys_in("words.js", "CONFIDENCE")
    assert {disposition.value for disposition in Disposition} == texts_in("dispositions.js", "DISPOSITIONS")
    assert {state.value for state in LIVING} == texts_in("console/known.js", "LIVING")
    assert set(PROGRESS) == texts_in("responder/steps.js", "STEPS")
    for file in ("responder/inbox.js", "responder/news.js", "console/going.js", "console/unit_choice.js"):
        assert {state.value for state in RINGING} == texts_in(file, "RINGING"), file


def test_the_console_has_words_for_every_concern_of_the_clock() -> None:
    assert keys_in("console/concerns.js", "TEXT") == KINDS
    assert texts_in("console/concerns.js", "ORDER") == KINDS | {"emergency", "unanswered"}
    assert texts_in("console/concerns.js", "LOUD") <= texts_in("console/concerns.js", "ORDER")


def test_the_timeline_has_words_for_what_clocks_officers_and_dispatchers_do() -> None:
    said = keys_in("console/happenings.js", "SAID")
    assert set(ACTIONS.values()) <= said
    assert set(MENDED.values()) <= said
    assert {f"unit_{word}" for word in PROGRESS} <= said
    assert {f"alert_{state}" for state in AlertState} - {"alert_queued", "alert_received"} <= said


def test_an_officer_can_say_every_status_that_is_not_said_by_progress() -> None:
    by_progress = {step.status for step in PROGRESS.values()} - {Status.AVAILABLE}
    assert set(Status) - by_progress == Markup(PAGES["/responder"].read_text()).values


def test_an_officer_who_is_asked_can_say_both_answers() -> None:
    answers = set(get_args(WelfareBody.model_fields["answer"].annotation))
    files = asset("responder/answers.js") + asset("responder/help_call.js")
    assert answers == set(re.findall(r'\banswer: "(\w+)"', files))


def test_the_ring_around_the_emergency_button_fills_as_long_as_it_is_held() -> None:
    held_s = number_in("responder/hold_button.js", "HOLD_MS") / 1_000
    assert f"animation: fill {held_s}s linear" in asset("styles/emergency.css")


def test_every_key_that_works_is_in_the_help() -> None:
    markup = PAGES["/"].read_text()
    told = set(re.findall(r"<kbd>(.*?)</kbd>", markup[markup.index("<dialog") :]))
    letters = set(re.findall(r"^    (\w|\"\?\"): ", asset("console/shortcuts.js"), re.MULTILINE))
    pressed = texts_in("console/shortcuts.js", "PRESSES")
    buttons = asset("console/incident_forms.js") + asset("console/hand_bar.js")
    assert set(re.findall(r'\bkey: "(\w)"', buttons)) == pressed
    assert {letter.strip('"') for letter in letters} | pressed <= told
    assert {"c", "?"} <= {letter.strip('"') for letter in letters}


def _operations() -> list[tuple[str, str, dict[str, Any]]]:
    paths = openapi_document()["paths"]
    return [(method, path, operation) for path, item in paths.items() for method, operation in item.items()]


def _fits(said: str, promised: str) -> bool:
    """Where the page fills in a value, the API has a parameter, or one word of several that the page chooses from."""
    steps, others = said.split("/"), promised.split("/")
    return len(steps) == len(others) and all(
        "${" in step or step == other for step, other in zip(steps, others, strict=True)
    )


def _events_in(file: str) -> set[str]:
    return set(re.findall(r'\bevent [!=]== "(\w+)"', asset(file)))
