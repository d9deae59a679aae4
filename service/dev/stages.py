"""When did each stage of an incident come, from shot to covered? Read from its answer of the API. Not for drawing."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

Incident = Mapping[str, Any]

SHOT = "shot"
RECEIVED = "received"
SELECTED = "selected"
TAKEN = "worker"
HANDED_OVER = "pushed"
ON_PHONE = "phone"
ANSWERED = "answered"
COVERED = "covered"
STAGES = (SHOT, RECEIVED, SELECTED, TAKEN, HANDED_OVER, ON_PHONE, ANSWERED, COVERED)
"""In the order in which they come. The webhook is answered, everything committed, between SELECTED and TAKEN: nothing
is handed to a worker, to the push service (HANDED_OVER) or to a phone that is not committed."""


def stage_times(incident: Incident) -> dict[str, datetime]:
    """The first time of each stage that has come, by the service's clock."""
    found = {stage: min(times, default=None) for stage, times in _all_times(incident).items()}
    return {stage: at for stage, at in found.items() if at is not None}


def since_reception_s(incident: Incident) -> dict[str, float]:
    """The same in seconds from the moment the first message was received; the shot's is negative."""
    times = stage_times(incident)
    received = times.get(RECEIVED)
    return {stage: (at - received).total_seconds() for stage, at in times.items()} if received else {}


def at(text: str | None) -> datetime | None:
    """A time of the API; None stays None."""
    return datetime.fromisoformat(text) if text else None


def asked_together(incident: Incident) -> list[tuple[datetime, list[Mapping[str, Any]]]]:
    """Who was asked in one decision, in the order of their rank; decision after decision."""
    decisions: dict[datetime, list[Mapping[str, Any]]] = {}
    for entry in incident["timeline"]:
        if entry["action"] == "unit_asked":
            decisions.setdefault(datetime.fromisoformat(entry["at"]), []).append(entry["details"])
    return [(when, sorted(asked, key=lambda unit: unit["rank"])) for when, asked in sorted(decisions.items())]


def _all_times(incident: Incident) -> dict[str, list[datetime]]:
    detections, alerts = incident["detections"], incident["alerts"]
    answers = [*_times(alerts, "acknowledged_at"), *_times(alerts, "declined_at")]
    return {
        SHOT: list(_times(detections[:1], "occurred_at")),
        RECEIVED: list(_times(detections[:1], "received_at")),
        SELECTED: list(_times(_entries(incident, "unit_asked"), "at")),
        TAKEN: list(_times(incident["pages"], "claimed_at")),
        HANDED_OVER: list(_times(alerts, "sent_at")),
        ON_PHONE: list(_times(alerts, "received_at")),
        ANSWERED: answers,
        COVERED: list(_times(_entries(incident, "incident_covered"), "at")),
    }


def _entries(incident: Incident, action: str) -> Iterator[Mapping[str, Any]]:
    return (entry for entry in incident["timeline"] if entry["action"] == action)


def _times(rows: Any, column: str) -> Iterator[datetime]:
    return (found for row in rows if (found := at(row[column])) is not None)
