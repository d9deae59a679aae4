"""What does a dispatcher of the demo see, as it happens? Fetched by the public API; drawn live, or told line by line.

`python -m service.dev.watching D/demo.json [--svg FILE]` watches a running demo, or takes one picture of it. How an
incident looks is `view`.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from io import StringIO
from pathlib import Path
from statistics import quantiles
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from service.dev import stages, view
from service.dev.city import TIMEZONE
from service.dev.demo_file import DemoFile, Login
from service.dev.stages import Incident

LOOKS_EVERY_S = 0.5
LISTED = 40
LOCAL = ZoneInfo(TIMEZONE)


class Board:
    """Incidents as a dispatcher is shown them, newest first. Signs in when it has to; the session lives in `http`."""

    def __init__(self, http: httpx.Client, login: Login) -> None:
        self._http = http
        self._login = login
        self._known: dict[str, Incident] = {}

    def look(self, *, closely: int) -> list[Incident]:
        """The newest ones, the first `closely` of them as they are now, others as they were when they last changed.

        What was known is shown again while the service is away.
        """
        try:
            listed = self._get("/v1/incidents", limit=LISTED)["items"]
            for number, summary in enumerate(listed):
                known = self._known.get(summary["incident_id"])
                if number < closely or known is None or known["state"] != summary["state"]:
                    self._known[summary["incident_id"]] = self._get(f"/v1/incidents/{summary['incident_id']}")
        except httpx.HTTPError:
            return sorted(self._known.values(), key=lambda incident: str(incident["incident_id"]), reverse=True)
        return [self._known[summary["incident_id"]] for summary in listed]

    def _get(self, path: str, **params: int) -> Any:
        answer = self._http.get(path, params=params)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            body = {"email": self._login.email, "password": self._login.password}
            self._http.post("/v1/session", json=body).raise_for_status()
            answer = self._http.get(path, params=params)
        return answer.raise_for_status().json()


def watch_live(board: Board, heading: Sequence[str], *, console: Console, done: Event) -> Iterator[None]:
    """Draw until `done`, full screen; yields after each look, so that the caller can do its own work in between."""
    with Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop") as live:
        while not done.wait(LOOKS_EVERY_S):
            incidents = board.look(closely=_panels_that_fit(console))
            live.update(picture(incidents, heading, console=console), refresh=True)
            yield


def tell_lines(board: Board, *, console: Console, done: Event) -> Iterator[None]:
    """One line for everything that happens until `done`; yields after each look."""
    told: dict[str, int] = {}
    while not done.wait(LOOKS_EVERY_S):
        for incident in reversed(board.look(closely=10)):
            first = told.get(incident["incident_id"], 0)
            for entry in incident["timeline"][first:]:
                if line := line_of(entry, incident):
                    console.print(line, highlight=False, soft_wrap=True)
            told[incident["incident_id"]] = len(incident["timeline"])
        yield


def picture(incidents: Sequence[Incident], heading: Sequence[str], *, console: Console) -> RenderableType:
    """As much as fits: where to look, figures, and incidents, the newest large and the rest in a line each."""
    parts: list[RenderableType] = [Text(line, no_wrap=True, overflow="ellipsis") for line in heading]
    parts.append(Text(figures(incidents), style="bright_black", no_wrap=True))
    left = console.height - len(parts)
    for incident in incidents:
        panel = view.incident_panel(incident, timezone=LOCAL)
        lines = len(console.render_lines(panel, pad=False))
        large = lines <= left
        parts.append(panel if large else view.one_line(incident, timezone=LOCAL))
        left -= lines if large else 1
        if left <= 0:
            break
    if not incidents:
        parts.append(Text("\nNothing was heard yet."))
    return Group(*parts)


def figures(incidents: Sequence[Incident]) -> str:
    """How long a phone had to be waited for, counted from the webhook."""
    since_s = [stages.since_reception_s(incident) for incident in incidents]
    rings = [times[stages.HANDED_OVER] for times in since_s if stages.HANDED_OVER in times]
    said = f"last {len(incidents)} incidents"
    if len(rings) > 1:
        cuts = quantiles(rings, n=20, method="inclusive")
        said += f" · webhook → push handed over: p50 {view.seconds(cuts[9])}, p95 {view.seconds(cuts[18])}"
    return said


def line_of(entry: Mapping[str, Any], incident: Incident) -> str | None:
    """What happened in the words of a log; None for what is not worth a line."""
    names = {alert["alert_id"]: alert["call_sign"] for alert in incident["alerts"]}
    details = entry["details"]
    unit = names.get(details.get("alert_id", ""), "?")
    what = {
        "incident_opened": f"{view.what_was_heard(incident)} at {view.where(incident)}",
        "unit_asked": f"level {details.get('level')}: {details.get('call_sign')} is asked ({details.get('reason')})",
        "page_received": f"{unit} has it",
        "alert_acknowledged": f"{unit} is going",
        "alert_declined": f"{unit} cannot",
        "alert_expired": f"{unit} did not answer",
        "alert_failed": f"{unit} cannot be reached",
        "alert_recalled": f"{unit} is no longer needed",
        "incident_covered": "covered",
        "incident_unanswered": "nobody answered: supervisors are called",
        "incident_cancelled": "dismissed",
    }.get(entry["action"])
    when = stages.at(entry["at"])
    if what is None or when is None:
        return None
    return f"{when.astimezone(LOCAL):%H:%M:%S.%f}"[:-3] + f"  {incident['incident_id'][-6:]}  {what}"


def _panels_that_fit(console: Console) -> int:
    smallest = 5
    return max(1, console.height // smallest)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m service.dev.watching", description="Watch a running demo.")
    parser.add_argument("demo", type=Path, help="its demo.json")
    parser.add_argument("--svg", type=Path, help="write one picture to this file instead")
    parser.add_argument("--width", type=int, default=110, help="of the picture, in characters")
    parser.add_argument("--height", type=int, default=42, help="of the picture, in lines")
    options = parser.parse_args()
    demo = DemoFile.read(options.demo)
    heading = [f"Beatline demo · {demo.base_url}"]
    with httpx.Client(base_url=demo.base_url, timeout=5.0) as http, suppress(KeyboardInterrupt):
        board = Board(http, demo.dispatcher)
        if options.svg:
            _draw(board, heading, options)
            return
        for _ in watch_live(board, heading, console=Console(), done=Event()):
            pass


def _draw(board: Board, heading: Sequence[str], options: argparse.Namespace) -> None:
    console = Console(record=True, width=options.width, height=options.height, file=StringIO(), force_terminal=True)
    console.print(picture(board.look(closely=LISTED), heading, console=console))
    console.save_svg(str(options.svg), title="beatline demo")


if __name__ == "__main__":
    main()
