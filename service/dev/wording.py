"""In which words does a terminal say what the API says of an incident and of its units? Pure. Log lines: `logbook`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from service.dev.clients import Incident

Alert = Mapping[str, Any]
WORRIES = {
    "unconfirmed": "! nobody has confirmed",
    "stalled": "! does not come closer",
    "silent": "! does not answer: all right?",
}
"""By the kind of a concern."""


def seconds(span_s: float) -> str:
    """As short as it can be said: 14 ms, 3.4 s, 2 min 10 s."""
    sign, span_s = ("−", -span_s) if span_s < 0 else ("", span_s)
    if span_s < 1.0:
        return f"{sign}{span_s * 1_000:.0f} ms"
    if span_s < 60.0:  # noqa: PLR2004  a minute
        return f"{sign}{span_s:.1f} s"
    return f"{sign}{span_s // 60:.0f} min {span_s % 60:.0f} s"


def stage_name(stage: str) -> str:
    """As the API calls it."""
    return stage.replace("_", " ")


# -- an incident --------------------------------------------------------------------------------------------------


def how_it_stands(incident: Incident) -> str:
    """Its state, and what was found when it is over."""
    found = incident["disposition"]
    is_told = incident["state"] == "closed" and found
    return f"{incident['state']}: {found.replace('_', ' ')}" if is_told else str(incident["state"])


def headline(incident: Incident) -> str:
    """What was heard, and where. Nothing was heard of an emergency: its address says what it is."""
    return where(incident) if incident["emergency"] else f"{what_was_heard(incident)} · {where(incident)}"


def what_was_heard(incident: Incident) -> str:
    """In words, with the rounds when there were several."""
    words = str(incident["classification"]).replace("_", " ")
    rounds = incident["rounds"] or 0
    sure = "" if incident["confidence"] == "high" else f" ({incident['confidence']})"
    return f"{words}{f', {rounds} rounds' if rounds > 1 else ''}{sure}"


def where(incident: Incident) -> str:
    place = incident["location"]
    return incident["address"] or f"{place['lat']:.4f}, {place['lon']:.4f}"


# -- a unit -------------------------------------------------------------------------------------------------------


def reaction(alert: Alert, failures: Mapping[str, str]) -> str:
    """What has become of one unit's alert. `failures`: why its phone could not ring, by unit."""
    match alert["state"]:
        case "acknowledged":
            return f"going{_answered_after(alert)}, {alert['role']}{_progress(alert)}"
        case "declined":
            reason = f": {alert['reason']}" if alert["reason"] else ""
            return f"cannot, after {_since_asked(alert, 'declined_at')}{reason}"
        case "failed":
            return f"phone cannot ring: {failures.get(alert['unit_id'], 'unknown')}"
        case "expired":
            return "no answer"
        case "recalled":
            return _recalled(alert)
        case "received":
            return "rings" if alert["displayed_at"] else "has it"
    return "on its way"


def confirmation(alert: Alert) -> str:
    """Who has assigned the unit; empty while nobody has."""
    return f"✓ {alert['confirmed_by']}" if alert["confirmed_at"] else ""


def confirmed_after(alert: Alert) -> str:
    """How long the unit's answer waited for it."""
    if not alert["confirmed_at"]:
        return ""
    return f" after {seconds(_between_s(alert['acknowledged_at'], alert['confirmed_at']))}"


def after(sign: str, alert: Alert, stage: str) -> str:
    """How long after it was asked a unit came to this stage; empty when it has not."""
    return f"{sign} {_since_asked(alert, stage)}" if alert[stage] else ""


def _recalled(alert: Alert) -> str:
    if alert["refused_at"]:
        return f"stood down, went{_answered_after(alert)}"
    if alert["acknowledged_at"]:
        return f"went{_answered_after(alert)}{_progress(alert)}"
    return "no longer needed"


def _answered_after(alert: Alert) -> str:
    return f" after {_since_asked(alert, 'acknowledged_at')}"


def _progress(alert: Alert) -> str:
    if alert["cleared_at"]:
        return ", clear"
    return ", on scene" if alert["on_scene_at"] else ", en route"


def _since_asked(alert: Alert, stage: str) -> str:
    return seconds(_between_s(alert["queued_at"], alert[stage])) if alert[stage] else "?"


def _between_s(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
