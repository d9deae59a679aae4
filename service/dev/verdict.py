"""Did the service do right by a replay? Every detection accounted for, every choice of units like one by brute force.

What was posted and what the API shows go in, findings come out. Not for printing: `replay_report`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from service.dev.clients import Incident
from service.dev.ledger import Ledger
from service.dev.player import Played
from service.dev.second_opinion import Asked, Options, Rank, is_right, rank, right_choice
from service.domain.detection import NEVER_RUNG
from service.domain.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the replay itself knows of the world; times by its clock.

    `may_be_busy`: who had accepted an alert by then, and was perhaps not clear. `rung`: alerts that reached a phone,
    None when nobody watched. `slack`: within this of a choice, a fix on its way may or may not have counted.
    """

    ledger: Ledger
    own_units: Collection[str]
    may_be_busy: Callable[[datetime], Collection[str]]
    rung: Collection[str] | None
    slack: timedelta
    policy: Policy


@dataclass(slots=True, kw_only=True)
class Verdict:
    """`lost` and `wrongly_chosen` say in words what is not as it should be.

    `with_others`: choices that cannot be judged, because units were asked that are not the replay's.
    """

    detections: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    like_brute_force: int = 0
    with_others: int = 0
    wrongly_chosen: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not self.lost and not self.wrongly_chosen

    @property
    def choices(self) -> int:
        return self.like_brute_force + self.with_others + len(self.wrongly_chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One decision on whom to ask; `asked` is empty when it found nobody. `before`: who had been asked until then."""

    when: datetime
    asked: Sequence[str]
    before: frozenset[str]


def judge(played: Sequence[Played], incidents: Mapping[str, Incident], evidence: Evidence) -> Verdict:
    """`incidents` by id: those that the answers name."""
    verdict = Verdict(detections=len(played))
    for each in played:
        verdict.outcomes[each.answer["outcome"] if each.answer else "refused"] += 1
        if complaint := _why_lost(each, incidents, evidence):
            verdict.lost.append(f"{each.detection.detection_id}: {complaint}")
    for incident in incidents.values():
        for choice in choices_of(incident, policy=evidence.policy):
            _judge_choice(choice, incident, evidence, verdict)
    return verdict


def choices_of(incident: Incident, *, policy: Policy) -> Iterator[Choice]:
    """Every decision on units that the timeline tells, in order, those among them that found nobody.

    Supervisors are no choice, all of them are called; nor is giving up when no level is left.
    """
    decisions = asked_together(incident)
    gave_up = [entry for entry in incident["timeline"] if entry["action"] == "incident_unanswered"]
    decisions += [(datetime.fromisoformat(entry["at"]), []) for entry in gave_up]
    before: frozenset[str] = frozenset()
    levels = 0
    for when, units in sorted(decisions, key=lambda decision: decision[0]):
        asked = [unit["call_sign"] for unit in units if not unit["reason"].startswith("supervisor")]
        if asked or (not units and levels < policy.levels):
            yield Choice(when=when, asked=asked, before=before - set(asked))
        if asked:
            before, levels = before | set(asked), levels + 1


def asked_together(incident: Incident) -> list[tuple[datetime, list[Mapping[str, Any]]]]:
    """Who was asked in one decision, in the order of their rank; decision after decision."""
    decisions: dict[datetime, list[Mapping[str, Any]]] = {}
    for entry in incident["timeline"]:
        if entry["action"] == "unit_asked":
            decisions.setdefault(datetime.fromisoformat(entry["at"]), []).append(entry["details"])
    return [(when, sorted(asked, key=lambda unit: unit["rank"])) for when, asked in sorted(decisions.items())]


def _why_lost(each: Played, incidents: Mapping[str, Incident], evidence: Evidence) -> str | None:
    if each.answer is None:
        return f"refused: {each.refusal}"
    incident = incidents.get(each.answer["incident_id"])
    if incident is None:
        return f"its incident {each.answer['incident_id']} cannot be found"
    if each.sent_as not in {heard["detection_id"] for heard in incident["detections"]}:
        return f"its incident {each.answer['incident_id']} does not know it"
    if each.answer["outcome"] == "stored" or incident["classification"] in NEVER_RUNG:
        return None
    if not incident["alerts"] and incident["state"] != "unanswered":
        return f"nobody was asked, yet the incident is {incident['state']}"
    return _why_not_rung(incident, evidence)


def _why_not_rung(incident: Incident, evidence: Evidence) -> str | None:
    """None when every unit that was asked rang, or no longer had to by the time."""
    for alert in incident["alerts"]:
        pages = [
            page for page in incident["pages"] if page["alert_id"] == alert["alert_id"] and page["kind"] == "alert"
        ]
        states = {page["state"] for page in pages}
        if not states & {"sent", "superseded"}:
            return f"{alert['call_sign']} was asked and never rung: its pages are {sorted(states) or 'missing'}"
        if "sent" in states and evidence.rung is not None and alert["alert_id"] not in evidence.rung:
            return f"the page for {alert['call_sign']} was sent and never arrived"
    return None


def _judge_choice(choice: Choice, incident: Incident, evidence: Evidence, verdict: Verdict) -> None:
    options, want = _options(choice, incident, evidence), evidence.policy.units_per_level
    distances_m = {unit["call_sign"]: unit["distance_m"] for unit in incident["selection"]["asked"]}
    asked = [Asked(call_sign, distances_m[call_sign]) for call_sign in choice.asked]
    if is_right(asked, options, want=want):
        verdict.like_brute_force += 1
    elif not set(choice.asked) <= set(evidence.own_units):
        verdict.with_others += 1
    else:
        should = [f"{unit.call_sign} ({unit.distance_m:,.1f} m)" for unit in right_choice(options, want=want)]
        verdict.wrongly_chosen.append(
            f"incident {incident['incident_id']} at {choice.when}: asked {list(choice.asked)}, should be {should}"
        )


def _options(choice: Choice, incident: Incident, evidence: Evidence) -> Options:
    """Every unit that could be asked then; `before` are those that could not, because they had been."""
    place = _place_at(incident, choice.when)
    perhaps_busy = evidence.may_be_busy(choice.when)
    options: dict[str, list[Rank | None]] = {}
    for unit, fixes in evidence.ledger.known(choice.when, give_or_take=evidence.slack).items():
        if unit not in choice.before:
            ranks = [rank(unit, fix, place, now=choice.when, policy=evidence.policy) if fix else None for fix in fixes]
            options[unit] = [*ranks, None] if unit in perhaps_busy else ranks
    return options


def _place_at(incident: Incident, when: datetime) -> tuple[float, float]:
    """The best located of what had been heard by then, the earliest of equals."""
    heard: list[Mapping[str, Any]] = [
        each["sound"]
        for each in incident["detections"]
        if each["sound"] and datetime.fromisoformat(each["received_at"]) <= when
    ]
    best = min(heard, key=lambda sound: (sound["location"]["uncertainty_m"], sound["occurred_at"]))
    return best["location"]["lat"], best["location"]["lon"]
