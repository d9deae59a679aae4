"""What does the invented city's sensor network hear next? Shots as its sensors report them, pure, repeatable by seed.

Not for signing or sending: `clients`. The shares are chosen so that whoever watches for a few minutes sees each kind,
not to be true to any city.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from service.dev.city import Grid, blurred
from service.domain.geo import Point

LOCATION_ERROR_M = 8.0
FIRST_AFTER_S = 8.0
"""Whoever starts a demo need not wait long, only until every car has told where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is posted `after_s` the sound; `body` is DESIGN §7's, all but `occurred_at`."""

    after_s: float
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Something heard once, `quiet_s` after what was heard before it; its messages in the order of their posting."""

    quiet_s: float
    place: Point
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ear:
    """What all messages about one sound share."""

    random: Random
    place: Point
    address: str
    detection_id: str

    def detected(self, classification: str, confidence: str, *, rounds: int, sensor: str = "a") -> dict[str, Any]:
        at = blurred(self.place, self.random, by_m=LOCATION_ERROR_M)
        return {
            "detection_id": f"{self.detection_id}-{sensor}",
            "revision": 0,
            "kind": "detected",
            "location": {"lat": at.lat, "lon": at.lon, "uncertainty_m": self.random.choice([12, 18, 25])},
            "classification": classification,
            "confidence": confidence,
            "rounds": rounds,
            "address": self.address,
        }


def heard(random: Random, grid: Grid, *, network: str) -> Iterator[Sound]:
    """Without end. `network` starts every detection id, so that two runs share none."""
    number = 0
    while True:
        number += 1
        corner = grid.any_corner(random)
        ear = Ear(
            random=random,
            place=blurred(grid.at(*corner), random, by_m=20.0),
            address=grid.address(corner),
            detection_id=f"{network}-{number:05d}",
        )
        tell = random.choices(list(SHARES), weights=list(SHARES.values()))[0]
        quiet_s = random.uniform(20.0, 40.0) if number > 1 else FIRST_AFTER_S
        yield Sound(quiet_s=quiet_s, place=ear.place, messages=tuple(tell(ear)))


def several_sensors(ear: Ear) -> Iterator[Message]:
    """Each sensor reports on its own, under its own id; it is one incident all the same."""
    rounds = ear.random.randint(3, 12)
    for n, sensor in enumerate("abcdef"[: ear.random.randint(2, 6)]):
        counted = max(2, rounds - ear.random.randint(0, 2))
        body = ear.detected("multiple_gunshots", "high", rounds=counted, sensor=sensor)
        yield Message(after_s=0.4 + 0.3 * n, body=body)


def one_sensor(ear: Ear) -> Iterator[Message]:
    yield Message(after_s=0.6, body=ear.detected("single_gunshot", "high", rounds=1))


def fireworks(ear: Ear) -> Iterator[Message]:
    yield Message(after_s=0.9, body=ear.detected("fireworks", "high", rounds=ear.random.randint(5, 30)))


def hardly_heard(ear: Ear) -> Iterator[Message]:
    """Held for a dispatcher."""
    yield Message(after_s=1.5, body=ear.detected("probable_gunfire", "low", rounds=1))


def reviewed_and_upgraded(ear: Ear) -> Iterator[Message]:
    first = ear.detected("probable_gunfire", "uncertain", rounds=2)
    yield Message(after_s=0.5, body=first)
    after_review = {"revision": 1, "kind": "updated", "classification": "multiple_gunshots", "confidence": "high"}
    yield Message(after_s=ear.random.uniform(5.0, 9.0), body={**first, **after_review, "rounds": 4})


def reviewed_and_dismissed(ear: Ear) -> Iterator[Message]:
    first = ear.detected("single_gunshot", "uncertain", rounds=1)
    yield Message(after_s=0.5, body=first)
    dismissal = {"detection_id": first["detection_id"], "revision": 1, "kind": "dismissed"}
    yield Message(after_s=ear.random.uniform(6.0, 14.0), body=dismissal)


SHARES: Mapping[Callable[[Ear], Iterator[Message]], int] = {
    several_sensors: 50,
    one_sensor: 20,
    reviewed_and_upgraded: 9,
    reviewed_and_dismissed: 7,
    fireworks: 7,
    hardly_heard: 7,
}
