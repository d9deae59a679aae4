"""What does the demo's dispatcher make of an incident, and when? Pure, repeatable by seed. Not for doing it: `shift`.

A person reads, thinks for some seconds, and acts; now and then something is forgotten until the console says so. What
an incident calls for is a list of occasions: for each of them one thing is chosen, once, and done after a pause, unless
the incident has changed so that it is called for no more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from service.dev.clients import Incident
from service.domain.geo import Point, rough_distance_m
from service.domain.incident import LIVING

Alert = Mapping[str, Any]
RINGING = frozenset({"queued", "sent", "received"})
REMARKS = (
    "Caller across the street heard it too, saw nobody",
    "Ambulance stands by two blocks east",
    "School next door is empty tonight",
    "Second caller reports a dark sedan, northbound",
)
ALL_RIGHT = "Officer answers by radio: all right"
DISMISSALS = ("A car backfired: clear on the audio", "Roofers with a nail gun, known to us")


# -- what can be done ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Confirm:
    alert_id: str


@dataclass(frozen=True, slots=True)
class StandDown:
    alert_id: str


@dataclass(frozen=True, slots=True)
class SendAnother:
    """The nearest unit that is free and was not asked yet."""


@dataclass(frozen=True, slots=True)
class Release:
    """Of a held incident: phones ring."""


@dataclass(frozen=True, slots=True)
class Dismiss:
    reason: str


@dataclass(frozen=True, slots=True)
class Remark:
    text: str


@dataclass(frozen=True, slots=True)
class Close:
    disposition: str


Act = Confirm | StandDown | SendAnother | Release | Dismiss | Remark | Close


# -- the person ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Intention:
    """`act` is None once it is done, and when it is let be."""

    act: Act | None
    at: datetime


@dataclass(slots=True, kw_only=True)
class Dispatcher:
    """Remembers, for each living incident, what was decided on each occasion."""

    random: Random
    _intentions: dict[str, dict[str, _Intention]] = field(default_factory=dict)

    def read(self, incident: Incident, alerts: Sequence[Alert], *, now: datetime) -> None:
        """Take in how an incident is now. Read again unchanged, nothing is decided anew."""
        before = self._intentions.pop(incident["incident_id"], {})
        after = {
            occasion.key: before.get(occasion.key) or self._decide(occasion, now)
            for occasion in occasions(incident, alerts)
        }
        if after:
            self._intentions[incident["incident_id"]] = after

    def due(self, now: datetime) -> list[tuple[str, Act]]:
        """What is to be done now, and of which incident; told once."""
        found: list[tuple[str, Act]] = []
        for incident_id, intentions in self._intentions.items():
            for key, intention in intentions.items():
                if intention.act is not None and intention.at <= now:
                    found.append((incident_id, intention.act))
                    intentions[key] = _Intention(None, intention.at)
        return found

    def _decide(self, occasion: "Occasion", now: datetime) -> _Intention:
        act = self.random.choice(occasion.choices)
        return _Intention(act, now + timedelta(seconds=self.random.uniform(*occasion.pause_s)))


# -- what calls for something -------------------------------------------------------------------------------------


class Occasion(NamedTuple):
    """Something about an incident, known by `key`, for which one of `choices` is done: None is to let it be.

    All choices are as likely as each other; one that is likelier stands there more than once.
    """

    key: str
    choices: Sequence[Act | None]
    pause_s: tuple[float, float]


def occasions(incident: Incident, alerts: Sequence[Alert]) -> Iterator[Occasion]:
    """All that an incident calls for as it is now; nothing when it is over."""
    if incident["state"] not in LIVING:
        return
    if _is_shown_only(incident):
        found = "fireworks" if incident["classification"] == "fireworks" else "other"
        yield Occasion("shown only", [Close(found)], (10.0, 25.0))
        return
    yield from _of_its_state(incident, alerts)
    going = [alert for alert in alerts if alert["state"] == "acknowledged"]
    for alert in going:
        yield from _of_a_unit(alert)
    for concern in incident["concerns"]:
        yield from _of_a_concern(concern)
    rings = any(alert["state"] in RINGING for alert in alerts)
    if going and not rings and all(alert["cleared_at"] for alert in going):
        yield Occasion("all clear", [Close(_found(incident))], (5.0, 12.0))


def _of_its_state(incident: Incident, alerts: Sequence[Alert]) -> Iterator[Occasion]:
    match incident["state"]:
        case "held":
            yield Occasion("held", [Release(), Release(), *map(Dismiss, DISMISSALS), None], (8.0, 20.0))
        case "unanswered":
            # Whoever is sent may decline as well: then the next is.
            yield Occasion(f"unanswered, {len(alerts)} asked", [SendAnother()], (5.0, 10.0))
        case "covered":
            yield Occasion("covered", [SendAnother(), *[None] * 9], (8.0, 20.0))


def _of_a_unit(alert: Alert) -> Iterator[Occasion]:
    """One in eight is not confirmed, until the console says so."""
    alert_id = alert["alert_id"]
    if alert["cleared_at"]:
        return
    if alert["confirmed_at"] is None:
        once = StandDown(alert_id) if alert["role"] == "assisting" else Confirm(alert_id)
        yield Occasion(f"{alert_id} answered", [*[Confirm(alert_id)] * 6, once, None], (3.0, 9.0))
    if alert["on_scene_at"]:
        yield Occasion(f"{alert_id} is there", [*map(Remark, REMARKS), *[None] * 16], (4.0, 10.0))


def _of_a_concern(concern: Mapping[str, Any]) -> Iterator[Occasion]:
    """What the console says aloud is seen to; said again, it is seen to again."""
    alert_id = concern["alert_id"]
    acts: dict[str, Act] = {
        "unconfirmed": Confirm(alert_id),
        "stalled": StandDown(alert_id),
        "silent": Remark(ALL_RIGHT),
    }
    yield Occasion(f"{alert_id} {concern['kind']} {concern['told_at']}", [acts[concern["kind"]]], (4.0, 9.0))


def _is_shown_only(incident: Incident) -> bool:
    """Nobody was asked, and nobody will be: fireworks, or told of too late."""
    return bool(incident["state"] == "open" and incident["level"] == 0)


def _found(incident: Incident) -> str:
    """What the officers said; nobody has to find anything where an officer called for help."""
    return str(incident["disposition"] or ("other" if incident["emergency"] else "no_evidence"))


# -- whom to send -------------------------------------------------------------------------------------------------


def nearest_free(incident: Incident, alerts: Sequence[Alert], units: Sequence[Mapping[str, Any]]) -> str | None:
    """The id of the nearest of `units` that is available and was not asked; None when there is none.

    `units` are those of `GET /v1/units`.
    """
    asked = {alert["unit_id"] for alert in alerts}
    free = [
        unit
        for unit in units
        if unit["status"] == "available" and unit["has_device"] and unit["position"] and unit["unit_id"] not in asked
    ]
    place = _point(incident["location"])
    nearest = min(free, key=lambda unit: rough_distance_m(_point(unit["position"]), place), default=None)
    return nearest["unit_id"] if nearest else None


def _point(place: Mapping[str, Any]) -> Point:
    return Point(lat=place["lat"], lon=place["lon"])
