"""Which way do the cars of an invented city drive? A street grid and cars on it, pure and repeatable by seed.

Not for clocks or HTTP: `simulator` moves the cars and tells the world. The grid lies over the western districts of San
Francisco, so that a map underneath makes sense; no recorded data is in it.
"""

import math
from dataclasses import dataclass, field
from random import Random

from service.domain.geo import EARTH_RADIUS_M, Point

TIMEZONE = "America/Los_Angeles"
PATROL_MPS = 8.0
RESPONSE_MPS = 19.0
GPS_NOISE_M = 4.0
SOUTH_WEST = Point(lat=37.7350, lon=-122.5050)
NO_WAY_M = 0.01
"""A centimetre short of a corner is at the corner: sums of floats never end exactly there."""

STREETS = (
    *("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Grove", "Hazel", "Ivy", "Juniper", "Katsura", "Laurel"),
    *("Maple", "Nutmeg", "Oak", "Pine", "Quince", "Redwood", "Spruce", "Tamarack", "Ulmo", "Viburnum", "Willow"),
    *("Xylia", "Yew", "Zelkova"),
)

Corner = tuple[int, int]
"""Blocks east and north of the grid's south-west corner."""


def luck_of(actor: str, *, seed: int) -> Random:
    """A stream of chance of the actor's own: one actor more, and all the others still do what they did."""
    return Random(f"{seed} {actor}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Streets running north and east. `blocks_*` count the blocks, so there is one street more each way."""

    south_west: Point = SOUTH_WEST
    block_east_m: float = 105.0
    block_north_m: float = 205.0
    blocks_east: int = 62
    blocks_north: int = 26

    def at(self, east_blocks: float, north_blocks: float) -> Point:
        """Anywhere on the grid, corners at whole numbers; on a sphere, which is exact enough to draw streets."""
        north_deg = math.degrees(north_blocks * self.block_north_m / EARTH_RADIUS_M)
        east_deg = math.degrees(east_blocks * self.block_east_m / EARTH_RADIUS_M)
        lat = self.south_west.lat + north_deg
        return Point(lat=lat, lon=self.south_west.lon + east_deg / math.cos(math.radians(self.south_west.lat)))

    def corner_near(self, point: Point) -> Corner:
        north_m = math.radians(point.lat - self.south_west.lat) * EARTH_RADIUS_M
        east_m = math.radians(point.lon - self.south_west.lon) * EARTH_RADIUS_M
        east_m *= math.cos(math.radians(self.south_west.lat))
        return self._inside(round(east_m / self.block_east_m), round(north_m / self.block_north_m))

    def any_corner(self, random: Random) -> Corner:
        return random.randint(0, self.blocks_east), random.randint(0, self.blocks_north)

    def address(self, corner: Corner) -> str:
        """Avenues count from the west, streets go by trees from the south."""
        east, north = corner
        ending = {1: "st", 2: "nd", 3: "rd"}.get(east % 10 if east not in {11, 12, 13} else 0, "th")
        return f"{east}{ending} Ave and {STREETS[north % len(STREETS)]} St"

    def block_m(self, start: Corner, end: Corner) -> float:
        return self.block_north_m if start[0] == end[0] else self.block_east_m

    def neighbours(self, corner: Corner) -> list[Corner]:
        east, north = corner
        around = [(east + 1, north), (east - 1, north), (east, north + 1), (east, north - 1)]
        return [other for other in around if other == self._inside(*other)]

    def _inside(self, east: int, north: int) -> Corner:
        return min(max(east, 0), self.blocks_east), min(max(north, 0), self.blocks_north)


@dataclass(slots=True, kw_only=True)
class Car:
    """Somewhere on the block from `corner` to `ahead`, `driven_m` along it. Patrols until told where to go."""

    grid: Grid
    random: Random
    corner: Corner
    ahead: Corner = field(init=False)
    driven_m: float = 0.0
    bound_for: Corner | None = None

    def __post_init__(self) -> None:
        self.ahead = self.random.choice(self.grid.neighbours(self.corner))

    @property
    def speed_mps(self) -> float:
        if self.bound_for is None:
            return PATROL_MPS
        return 0.0 if self.has_arrived else RESPONSE_MPS

    @property
    def has_arrived(self) -> bool:
        return self.bound_for is not None and self.bound_for == self.ahead and self._left_m() <= NO_WAY_M

    @property
    def place(self) -> Point:
        share = self.driven_m / self.grid.block_m(self.corner, self.ahead)
        east, north = (a + (b - a) * share for a, b in zip(self.corner, self.ahead, strict=True))
        return self.grid.at(east, north)

    @property
    def heading_deg(self) -> float:
        """Clockwise from north; streets know four of them."""
        east, north = self.ahead[0] - self.corner[0], self.ahead[1] - self.corner[1]
        return {(1, 0): 90.0, (-1, 0): 270.0, (0, 1): 0.0, (0, -1): 180.0}[east, north]

    def respond_to(self, place: Point) -> None:
        """Drive to the corner nearest to `place` and wait there."""
        self.bound_for = self.grid.corner_near(place)

    def resume_patrol(self) -> None:
        self.bound_for = None

    def drive(self, seconds: float) -> None:
        """Move along the streets for so long, turning where the patrol or the way to the scene turns."""
        way_m = self.speed_mps * seconds
        while way_m > 0.0 and not self.has_arrived:
            step_m = min(way_m, self._left_m())
            self.driven_m += step_m
            way_m -= step_m
            if self._left_m() <= NO_WAY_M and not self.has_arrived:
                self._turn()

    def _left_m(self) -> float:
        return self.grid.block_m(self.corner, self.ahead) - self.driven_m

    def _turn(self) -> None:
        came_from, here = self.corner, self.ahead
        self.corner, self.driven_m = here, 0.0
        self.ahead = self._patrol(came_from, here) if self.bound_for is None else self._closer(here, self.bound_for)

    def _patrol(self, came_from: Corner, here: Corner) -> Corner:
        straight = (2 * here[0] - came_from[0], 2 * here[1] - came_from[1])
        choices = [corner for corner in self.grid.neighbours(here) if corner != came_from]
        if straight in choices and self.random.random() < 0.7:  # noqa: PLR2004  most crossings are crossed
            return straight
        return self.random.choice(choices)

    def _closer(self, here: Corner, goal: Corner) -> Corner:
        """A neighbour one block nearer; `here` is not the goal, so there is one."""
        left = abs(goal[0] - here[0]) + abs(goal[1] - here[1])
        nearer = [c for c in self.grid.neighbours(here) if abs(goal[0] - c[0]) + abs(goal[1] - c[1]) < left]
        return self.random.choice(nearer)


def blurred(point: Point, random: Random, *, by_m: float = GPS_NOISE_M) -> Point:
    """The same place as an instrument reads it: off by a normal error of `by_m` each way."""
    north_deg = math.degrees(random.gauss(0.0, by_m) / EARTH_RADIUS_M)
    east_deg = math.degrees(random.gauss(0.0, by_m) / EARTH_RADIUS_M) / math.cos(math.radians(point.lat))
    return Point(lat=round(point.lat + north_deg, 6), lon=round(point.lon + east_deg, 6))
