"""How much of everything is to run, and who is to live there? Wishes alone: `parts` and `stand` carry them out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of everything, of which release's code. `settings` are BEATLINE_ variables without the prefix.

    `in_memory`: the stores' files are in memory, which survives every kill of a process; a disk costs what it costs.
    """

    apis: int = 2
    workers: int = 2
    lone_clocks: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    code: Path = ROOT
    in_memory: bool = True

    @property
    def names(self) -> list[str]:
        """Of the processes of Beatline: `api-1` …, `worker-1` …, `lone-clock-1` …."""
        counts = {"api": self.apis, "worker": self.workers, "lone-clock": self.lone_clocks}
        return [f"{kind}-{number}" for kind, count in counts.items() for number in range(1, count + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A police department to be founded: its units stand on a square grid around `middle` (lat, lon).

    `policy` is what differs from the default policy. Middles 1 degree apart keep agencies' incidents apart.
    """

    name: str = "Chaos"
    units: int = 16
    middle: tuple[float, float] = (37.737, -122.391)
    spacing_m: float = 400.0
    supervisors: int = 0
    platform: str = "android"
    policy: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As `founding` reads it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"policy": dict(self.policy)}
