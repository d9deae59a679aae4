"""How does an incident look in a terminal? What was heard, who was asked, who goes, who was confirmed, and when.

Pure: the API's JSON in, rich's renderables out. Not for fetching or refreshing: `watching`. Nor for words: `wording`.
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

from service.dev import wording
from service.dev.clients import Incident

STATE_STYLES = {
    "open": "bold white on red",
    "unanswered": "bold white on magenta",
    "held": "black on yellow",
    "covered": "bold black on green",
    "closed": "bright_black",
    "cancelled": "bright_black",
}
ALERT_STYLES = {
    "acknowledged": "green",
    "declined": "red",
    "failed": "red",
    "expired": "yellow",
    "recalled": "bright_black",
    "received": "bold",
}
WIDE = 120
"""Characters from which on each unit's own times and who confirmed it have columns."""
FRAME = 4
NOT_ASKED_SHOWN = 3
_ONLY_FARTHER = ("units were asked", "unit was asked")
_SHOWN_ELSEWHERE = ("already asked", "acknowledged", "declined", "supervisor")


def incident_panel(incident: Incident, *, timezone: ZoneInfo, width: int) -> Panel:
    """One incident, everything about it, on a terminal `width` characters wide."""
    parts: list[RenderableType] = [stage_clock(incident, width=width - FRAME)]
    if incident["alerts"]:
        parts.append(_alerts(incident, is_wide=width >= WIDE))
    if not_asked := _not_asked(incident):
        parts.append(Text(not_asked, style="bright_black", no_wrap=True, overflow="ellipsis"))
    title = _title(incident, timezone)
    title.truncate(width - FRAME - 2, overflow="ellipsis")
    return Panel(Group(*parts), title=title, title_align="left", border_style="bright_black")


def one_line(incident: Incident, *, timezone: ZoneInfo) -> Text:
    """The same in one line, as far as it is known: a list of incidents has no alerts."""
    alerts = incident.get("alerts", ())
    went = [alert["call_sign"] for alert in alerts if alert["role"] or alert["on_scene_at"]]
    who = f"  {', '.join(went)} went" if went else ""
    line = Text.assemble(_title(incident, timezone), (who, "bright_black"))
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def stage_clock(incident: Incident, *, width: int) -> Text:
    """How long after the shot each stage came, those that did; a stage and its time stay in one line."""
    lines = [Text()]
    for stage, came in incident["stages"].items():
        if came is None:
            continue
        is_first = stage == "shot"
        after = "" if is_first else f" {wording.seconds(came['after_shot_s'])}"
        part = Text.assemble((f"{'' if is_first else '→ '}{wording.stage_name(stage)}", "bright_black"), after)
        if len(lines[-1]) + 1 + len(part) > width:
            lines.append(Text())
        lines[-1] = Text(" ").join([lines[-1], part]) if lines[-1] else part
    return Text("\n").join(lines)


def _title(incident: Incident, timezone: ZoneInfo) -> Text:
    occurred_at = datetime.fromisoformat(incident["occurred_at"]).astimezone(timezone)
    state = incident["state"]
    sensors = len({detection["detection_id"] for detection in incident.get("detections", ())})
    return Text.assemble(
        (f" {wording.how_it_stands(incident)} ", STATE_STYLES.get(state, "")),
        (f" {occurred_at:%H:%M:%S} ", "bold"),
        wording.headline(incident),
        (f" · {sensors} sensors" if sensors > 1 else "", "bright_black"),
    )


# -- who was asked ------------------------------------------------------------------------------------------------


def _alerts(incident: Incident, *, is_wide: bool) -> Table:
    narrow = ({"width": 1}, {"width": 5}, {"width": 8}, {"ratio": 1})
    wide = ({"width": 1}, {"width": 5}, {"ratio": 3}, {"width": 8}, {"width": 8}, {"ratio": 6}, {"ratio": 4})
    table = Table.grid(padding=(0, 2 if is_wide else 1), expand=True)
    for share in wide if is_wide else narrow:
        table.add_column(no_wrap=True, **share)  # type: ignore[arg-type]  # a width or a ratio each
    reasons = {
        entry["details"]["unit_id"]: entry["details"]["reason"]
        for entry in incident["timeline"]
        if entry["action"] == "unit_asked"
    }
    worries = {concern["alert_id"]: wording.WORRIES[concern["kind"]] for concern in reversed(incident["concerns"])}
    failures = {page["unit_id"]: page["failure"] for page in incident["pages"] if page["failure"]}
    for alert in sorted(incident["alerts"], key=lambda alert: (alert["level"], alert["queued_at"])):
        reaction = Text(wording.reaction(alert, failures), style=ALERT_STYLES.get(alert["state"], ""))
        worry = Text(worries.get(alert["alert_id"], ""), style="bold yellow")
        if is_wide:
            table.add_row(*_who(alert), Text(reasons.get(alert["unit_id"], "")), *_wide_row(alert, reaction, worry))
        else:
            table.add_row(*_who(alert), *_narrow_row(alert, reaction, worry))
    return table


def _wide_row(alert: Mapping[str, Any], reaction: Text, worry: Text) -> Iterator[Text]:
    yield Text(wording.after("↑", alert, "sent_at"), style="bright_black")
    yield Text(wording.after("↓", alert, "received_at"), style="bright_black")
    yield reaction
    yield worry or Text(wording.confirmation(alert) + wording.confirmed_after(alert), style="green")


def _narrow_row(alert: Mapping[str, Any], reaction: Text, worry: Text) -> Iterator[Text]:
    """What there is no room for, the clock of stages says of the first unit; a worry is never cut off."""
    away_m = alert["distance_m"]
    yield Text("" if away_m is None else f"{away_m:,.0f} m", justify="right")
    confirmation = Text(wording.confirmation(alert), style="green")
    yield Text("  ").join(part for part in (worry, reaction, confirmation) if part)


def _who(alert: Mapping[str, Any]) -> Iterator[Text]:
    yield Text(str(alert["level"]), style="bright_black")
    yield Text(alert["call_sign"], style=f"bold {ALERT_STYLES.get(alert['state'], '')}")


# -- who was not --------------------------------------------------------------------------------------------------


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
