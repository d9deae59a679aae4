"""How does an incident look in a terminal? What was heard, who was asked and why, who rang, who answers, and when.

Pure: the API's JSON in, rich's renderables out. Not for fetching or refreshing: `watching`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from service.dev import stages
from service.dev.stages import Incident

STATE_STYLES = {
    "open": "bold white on red",
    "unanswered": "bold white on magenta",
    "held": "black on yellow",
    "covered": "bold black on green",
    "closed": "white on bright_black",
    "cancelled": "white on bright_black",
}
ALERT_STYLES = {
    "acknowledged": "green",
    "declined": "red",
    "failed": "red",
    "expired": "yellow",
    "recalled": "bright_black",
    "received": "bold",
}
NOT_ASKED_SHOWN = 3
_ONLY_FARTHER = ("units were asked", "unit was asked")
_SHOWN_ELSEWHERE = ("already asked", "acknowledged", "declined", "supervisor")


def incident_panel(incident: Incident, *, timezone: ZoneInfo) -> Panel:
    """One incident, everything about it."""
    parts: list[RenderableType] = [stage_line(incident)]
    if incident["alerts"]:
        parts.append(_alerts(incident))
    if not_asked := _not_asked(incident):
        parts.append(Text(not_asked, style="bright_black", no_wrap=True, overflow="ellipsis"))
    return Panel(Group(*parts), title=_title(incident, timezone), title_align="left", border_style="bright_black")


def one_line(incident: Incident, *, timezone: ZoneInfo) -> Text:
    """The same in one line, for incidents that have scrolled away."""
    rang = sum(alert["sent_at"] is not None for alert in incident["alerts"])
    going = ", ".join(alert["call_sign"] for alert in incident["acknowledgments"])
    line = Text.assemble(_title(incident, timezone), f"  {rang} rang", f"; {going} went" if going else "")
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def stage_line(incident: Incident) -> Text:
    """The first time of every stage, counted from the moment the webhook came in."""
    since_s = stages.since_reception_s(incident)
    line = Text()
    for stage in stages.STAGES:
        if stage in since_s:
            line.append(f" → {stage}" if line else stage, style="bright_black")
            line.append("" if stage == stages.RECEIVED else f" {seconds(since_s[stage])}")
    return line


def seconds(span_s: float) -> str:
    """As short as it can be said: 14 ms, 3.4 s, 2 min 10 s."""
    sign, span_s = ("−", -span_s) if span_s < 0 else ("", span_s)
    if span_s < 1.0:
        return f"{sign}{span_s * 1_000:.0f} ms"
    if span_s < 60.0:  # noqa: PLR2004  a minute
        return f"{sign}{span_s:.1f} s"
    return f"{sign}{span_s // 60:.0f} min {span_s % 60:.0f} s"


def what_was_heard(incident: Incident) -> str:
    """In words, with the rounds when there were several."""
    words = str(incident["classification"]).replace("_", " ")
    rounds = incident["rounds"] or 0
    sure = "" if incident["confidence"] == "high" else f" ({incident['confidence']})"
    return f"{words}{f', {rounds} rounds' if rounds > 1 else ''}{sure}"


def where(incident: Incident) -> str:
    place = incident["location"]
    return incident["address"] or f"{place['lat']:.4f}, {place['lon']:.4f}"


def reaction(alert: Mapping[str, Any], failures: Mapping[str, str]) -> str:
    """What has become of one unit's alert, in words. `failures`: why its phone could not ring, by unit."""
    queued = datetime.fromisoformat(alert["queued_at"])
    match alert["state"]:
        case "acknowledged":
            how = _progress(alert)
            return f"going after {_after(queued, alert['acknowledged_at'])}, {alert['role']}{how}"
        case "declined":
            reason = f": {alert['reason']}" if alert["reason"] else ""
            return f"cannot, after {_after(queued, alert['declined_at'])}{reason}"
        case "failed":
            return f"phone cannot ring: {failures.get(alert['unit_id'], 'unknown')}"
        case "expired":
            return "no answer"
        case "recalled":
            return "no longer needed"
        case "received":
            return "rings" if alert["displayed_at"] else "has it"
    return "on its way"


def _progress(alert: Mapping[str, Any]) -> str:
    if alert["cleared_at"]:
        return ", clear"
    return ", on scene" if alert["on_scene_at"] else ", en route"


def _title(incident: Incident, timezone: ZoneInfo) -> Text:
    occurred_at = datetime.fromisoformat(incident["occurred_at"]).astimezone(timezone)
    state = incident["state"]
    heard_by = len({detection["detection_id"] for detection in incident["detections"]})
    return Text.assemble(
        (f" {state} ", STATE_STYLES.get(state, "")),
        (f" {occurred_at:%H:%M:%S} ", "bold"),
        f"{what_was_heard(incident)} · {where(incident)}",
        (f" · {heard_by} sensors" if heard_by > 1 else "", "bright_black"),
    )


def _alerts(incident: Incident) -> Table:
    table = Table.grid(padding=(0, 2), expand=True)
    for share in ({"width": 2}, {"width": 6}, {"ratio": 3}, {"width": 9}, {"width": 9}, {"ratio": 4}):
        table.add_column(no_wrap=True, **share)  # type: ignore[arg-type]  # a width or a ratio each
    asked = {unit["unit_id"]: unit for unit in incident["selection"]["asked"]}
    failures = {page["unit_id"]: page["failure"] for page in incident["pages"] if page["failure"]}
    for alert in sorted(incident["alerts"], key=lambda alert: (alert["level"], alert["queued_at"])):
        table.add_row(*_alert_row(alert, asked.get(alert["unit_id"], {}), failures))
    return table


def _alert_row(alert: Mapping[str, Any], asked: Mapping[str, Any], failures: Mapping[str, str]) -> Iterator[Text]:
    queued = datetime.fromisoformat(alert["queued_at"])
    style = ALERT_STYLES.get(alert["state"], "")
    yield Text(str(alert["level"]), style="bright_black")
    yield Text(alert["call_sign"], style=f"bold {style}")
    yield Text(asked.get("reason", ""))
    yield Text(f"↑ {_after(queued, alert['sent_at'])}" if alert["sent_at"] else "", style="bright_black")
    yield Text(f"↓ {_after(queued, alert['received_at'])}" if alert["received_at"] else "", style="bright_black")
    yield Text(reaction(alert, failures), style=style)


def _not_asked(incident: Incident) -> str:
    selection = incident["selection"]
    named = [f"{unit['call_sign']} {unit['reason']}" for unit in islice(_worth_telling(selection), NOT_ASKED_SHOWN)]
    left = len(selection["not_asked"]) + sum(selection["not_asked_more"].values()) - len(named)
    if named and left > 0:
        named.append(f"{left} more")
    return f"not asked: {'; '.join(named)}" if named else ""


def _worth_telling(selection: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The nearest first, and those before the others that were passed over for more than being farther away."""
    units = [unit for unit in selection["not_asked"] if not unit["reason"].startswith(_SHOWN_ELSEWHERE)]
    yield from sorted(units, key=lambda unit: unit["reason"].endswith(_ONLY_FARTHER))


def _after(start: datetime, text: str | None) -> str:
    when = stages.at(text)
    return seconds((when - start).total_seconds()) if when else "?"
