"""Incidents, alerts and units as the API shows them, for tests of those who watch: whole, unless told otherwise.

Of an alert everything is named by its unit's call sign. Times are given in seconds after the incident's units were
asked.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from service.domain.stage_clock import Stage

ASKED_AT = datetime(2026, 7, 5, 4, 0, 0, tzinfo=UTC)
"""21:00 of the evening before in San Francisco."""
_STAGES = ("sent", "received", "displayed", "acknowledged", "declined", "en_route", "on_scene", "cleared", "confirmed")
_CARE = ("refused", "unconfirmed_nudged", "stalled_nudged", "welfare_asked", "welfare_answered", "welfare_silent")

Shown = dict[str, Any]


def at(seconds: float) -> str:
    return (ASKED_AT + timedelta(seconds=seconds)).isoformat()


def stages(**after_shot_s: float) -> Shown:
    """Every stage, null where it has not come."""
    return {stage: {"after_shot_s": after_shot_s[stage]} if stage in after_shot_s else None for stage in Stage}


def alert(call_sign: str = "1A01", state: str = "sent", **more: Any) -> Shown:
    """Of a unit 420 m away, asked at level 1, that has not answered."""
    return {
        **dict.fromkeys(f"{stage}_at" for stage in (*_STAGES, *_CARE)),
        "alert_id": f"alert-{call_sign}",
        "unit_id": f"unit-{call_sign}",
        "call_sign": call_sign,
        "state": state,
        "role": None,
        "reason": None,
        "level": 1,
        "distance_m": 420.2,
        "confirmed_by": None,
        "queued_at": at(0),
        **more,
    }


def going(call_sign: str = "1A01", **more: Any) -> Shown:
    """Of a unit that said so after 3.4 s, and whom nobody has confirmed."""
    return alert(call_sign, **{"state": "acknowledged", "role": "primary", "acknowledged_at": at(3.4), **more})


def confirmed(call_sign: str = "1A01", **more: Any) -> Shown:
    return going(call_sign, **{"confirmed_at": at(7.4), "confirmed_by": "R. Diaz", **more})


def clear(call_sign: str = "1A01", **more: Any) -> Shown:
    return confirmed(call_sign, **{"on_scene_at": at(60), "cleared_at": at(90), **more})


def incident(*alerts: Shown, **more: Any) -> Shown:
    return {
        "incident_id": "0192-abcdef",
        "state": "covered",
        "level": 1,
        "disposition": None,
        "emergency": None,
        "concerns": [],
        "occurred_at": at(-0.4),
        "classification": "multiple_gunshots",
        "confidence": "high",
        "rounds": 6,
        "address": "31st Ave and Maple St",
        "location": {"lat": 37.75, "lon": -122.45},
        "stages": stages(shot=0, received=0.404, selected=0.42, committed=0.425, handed_to_push=0.447, answered=3.4),
        "detections": [{"detection_id": "D-1"}, {"detection_id": "D-2"}],
        "selection": {"asked": [], "not_asked": [], "not_asked_more": {}},
        "alerts": list(alerts),
        "pages": [],
        "timeline": [],
        **more,
    }


def change(action: str, *, name: str | None = None, **details: Any) -> Shown:
    """A line of the timeline, as the stream tells it; `name` is who did it."""
    return {"entry_id": f"entry of {action}", "at": at(3.4), "action": action, "name": name, "details": details}


def told(*alerts: Shown, changes: list[Shown] | None = None, **more: Any) -> Shown:
    """An event of the stream."""
    return {"incident": incident(**more), "alerts": list(alerts), "changes": changes or []}


def concern(kind: str, call_sign: str = "1A01", *, told_at: float = 63.4) -> Shown:
    """What the console was told of a unit, and nobody has seen to."""
    return {"kind": kind, "alert_id": f"alert-{call_sign}", "call_sign": call_sign, "told_at": at(told_at)}


def unit(call_sign: str, *, north_deg: float, **more: Any) -> Shown:
    """One that is free, so far north of the incident."""
    position = {"lat": 37.75 + north_deg, "lon": -122.45}
    free = {"status": "available", "has_device": True, "position": position}
    return {"unit_id": f"unit-{call_sign}", "call_sign": call_sign, **free, **more}
