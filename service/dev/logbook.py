"""How does a log tell what has happened to an incident? One line for each change that is worth one. Pure.

A change is a line of the incident's timeline, as the stream tells it, beside the incident and its alerts as they are
now.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from service.dev import wording

Told = Mapping[str, Any]
"""An `incident` event of the stream: `incident`, `alerts` and `changes`."""
OVER = frozenset({"closed", "cancelled"})


def lines_of(told: Told, *, timezone: ZoneInfo) -> Iterator[tuple[str, str]]:
    """The id of each change that is worth a line, and the line; in the order in which they happened."""
    for change in told["changes"]:
        if words := what_happened(change, told):
            at = datetime.fromisoformat(change["at"]).astimezone(timezone)
            yield change["entry_id"], f"{at:%H:%M:%S.%f}"[:-3] + f"  {told['incident']['incident_id'][-6:]}  {words}"


def what_happened(change: Mapping[str, Any], told: Told) -> str | None:
    """In words; None for what is not worth a line."""
    words = _WORDS.get(change["action"])
    if words is None or (change["action"] == "alert_recalled" and told["incident"]["state"] in OVER):
        return None
    return words.format_map(_facts(change, told))


class _Facts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "?"


def _facts(change: Mapping[str, Any], told: Told) -> _Facts:
    """What the words may speak of. Detections and people are called by name, units by their call sign."""
    details, incident = change["details"], told["incident"]
    call_signs = {alert["alert_id"]: alert["call_sign"] for alert in told["alerts"]}
    unit = details.get("call_sign") or call_signs.get(details.get("alert_id"), "?")
    said = {name: str(value).replace("_", " ") for name, value in details.items() if isinstance(value, str | int)}
    return _Facts(
        said
        | {
            "who": change["name"] or "somebody",
            "unit": unit,
            "units": ", ".join(each.get("call_sign", "?") for each in details.get("units", ())),
            "headline": wording.headline(incident),
        }
    )


_WORDS = {
    "incident_opened": "{headline}",
    "unit_asked": "level {level}: {unit} is asked ({reason})",
    "page_received": "{unit} has it",
    "alert_acknowledged": "{unit} is going",
    "alert_declined": "{unit} cannot",
    "alert_expired": "{unit} did not answer",
    "alert_failed": "{unit} cannot be reached",
    "alert_recalled": "{unit} is no longer needed",
    "incident_covered": "covered",
    "incident_unanswered": "nobody answered: supervisors are called",
    "incident_cancelled": "it is over: nobody need go",
    "incident_merged": "{who} says that it is another incident",
    "acknowledgment_confirmed": "{who} confirms {unit}",
    "acknowledgment_refused": "{who} stands {unit} down",
    "units_dispatched": "{who} sends {units}",
    "incident_released": "{who} releases it",
    "incident_escalated": "{who} does not wait for the deadline",
    "incident_reopened": "{who} opens it again",
    "cancellation_ordered": "{who} cancels it: {reason}",
    "closure_ordered": "{who} closes it: {disposition}",
    "note_added": "{who} notes: {text}",
    "unit_on_scene": "{unit} is on scene",
    "disposition_reported": "found: {disposition}",
    "unit_clear": "{unit} is clear",
    "unit_forgotten": "! nobody has confirmed {unit}",
    "unit_not_coming_closer": "! {unit} does not come closer",
    "welfare_asked": "{unit} is asked: all right?",
    "welfare_answered": "{unit} answers: {answer}",
    "welfare_silent": "! {unit} does not answer",
    "emergency_called": "! {unit} calls for help",
}
