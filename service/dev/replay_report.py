"""What came of a replay, on one screen: what became of the detections, how long each stage took, what was wrong."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table

from service.dev import wording
from service.dev.clients import Incident
from service.dev.player import Played
from service.dev.recorded import SAN_FRANCISCO
from service.dev.replay_session import Outcome
from service.dev.verdict import Verdict
from service.dev.watch import Watch

_MACHINE_STAGES = ("selected", "committed", "handed_to_push", "received_by_phone")


def print_rows(console: Console, outcome: Outcome) -> None:
    """A line for each detection: when it was recorded, what became of it, whom it rang first."""
    table = Table("recorded", "detection", "outcome", "incident", "heard", "first asked", "now", box=None)
    for each in outcome.player.played:
        incident = outcome.incidents.get(str(each.answer["incident_id"])) if each.answer else None
        table.add_row(
            f"{each.detection.occurred_at.astimezone(SAN_FRANCISCO):%Y-%m-%d %H:%M:%S}",
            each.detection.detection_id,
            each.answer["outcome"] if each.answer else f"refused: {each.refusal}",
            incident["incident_id"][-6:] if incident else "",
            wording.what_was_heard(incident) if incident else "",
            _first_asked(incident) if incident else "",
            incident["state"] if incident else "",
        )
    console.print(table)


def print_summary(console: Console, outcome: Outcome, *, watch: Watch) -> None:
    player, incidents = outcome.player, outcome.incidents.values()
    console.print(_outcomes(outcome.verdict, incidents))
    console.print(_stage_times(player.played, incidents, watch=watch))
    late = max((each.late for each in player.played), default=timedelta(0))
    console.print(
        f"{player.fixes_posted:,} fixes of {len(player.call_signs)} units posted, {player.fixes_refused:,} of them not "
        f"believed; the latest detection came {wording.seconds(late.total_seconds())} late by the replay's clock."
    )
    _print_verdict(console, outcome.verdict)


def _outcomes(verdict: Verdict, incidents: Iterable[Incident]) -> Table:
    table = Table("detections", "", "incidents", "", title="What became of them", title_justify="left")
    states = Counter(incident["state"] for incident in incidents)
    left, right = sorted(verdict.outcomes.items()), sorted(states.items())
    for row in range(max(len(left), len(right))):
        cells = [*(left[row] if row < len(left) else ("", "")), *(right[row] if row < len(right) else ("", ""))]
        table.add_row(*map(str, cells))
    return table


def _stage_times(played: Sequence[Played], incidents: Iterable[Incident], *, watch: Watch) -> Table:
    """In real time: a stage takes what it takes, however fast the clock of the replay runs."""
    table = Table("stage, from the webhook on", "n", "p50", "p95", "max", title="Stages", title_justify="left")
    _add_times(table, "202 answered", [each.answered_after_s for each in played if each.answer])
    clocks = [incident["stages"] for incident in incidents]
    for stage in _MACHINE_STAGES:
        times_s = [each[stage]["after_shot_s"] - each["received"]["after_shot_s"] for each in clocks if each[stage]]
        _add_times(table, wording.stage_name(stage), [watch.real_s(timedelta(seconds=span_s)) for span_s in times_s])
    return table


def _add_times(table: Table, name: str, times_s: Sequence[float]) -> None:
    if not times_s:
        table.add_row(name, "0", "", "", "")
        return
    p95 = quantiles(times_s, n=20, method="inclusive")[18] if len(times_s) > 1 else times_s[0]
    table.add_row(name, str(len(times_s)), *map(wording.seconds, (median(times_s), p95, max(times_s))))


def _print_verdict(console: Console, verdict: Verdict) -> None:
    accounted = verdict.detections - len(verdict.lost)
    style = "green" if verdict.is_good else "bold red"
    console.print(f"{accounted} of {verdict.detections} detections accounted for", style=style)
    others = f"; {verdict.with_others} among units that are not the replay's" if verdict.with_others else ""
    console.print(
        f"{verdict.like_brute_force} of {verdict.choices} selections equal to a brute-force geodesic ranking{others}",
        style=style,
    )
    for complaint in (*verdict.lost, *verdict.wrongly_chosen):
        console.print(f"  {complaint}", style="red", highlight=False)


def _first_asked(incident: Incident) -> str:
    first = [unit for unit in incident["selection"]["asked"] if unit["level"] == 1]
    return ", ".join(f"{unit['call_sign']} {unit['distance_m']:,.0f} m" for unit in first if unit["distance_m"])
