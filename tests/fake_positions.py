"""Positions without a Redis, which a test can take away, wipe and give back. Passes the port's contract suite."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.geo import Point, rough_distance_m
from service.domain.unit import Track, believable_until
from service.ports import Clock, PositionsUnavailable, UnitKey, UnitTrack


class FakePositions:
    """The positions port in memory. `is_away = True` makes every call raise until it is False again.

    `keeps` and `rebuilds` count what was asked while it was there, so that a test can say "in one go".
    """

    def __init__(self, *, clock: Clock) -> None:
        self.is_away = False
        self.keeps = 0
        self.rebuilds = 0
        self._clock = clock
        self._agencies: dict[UUID, dict[UUID, Track]] = {}
        self._told_at: dict[UUID, datetime] = {}

    def wipe(self) -> None:
        """Everything is gone, and nobody has rebuilt it yet."""
        self._agencies.clear()
        self._told_at.clear()

    def near(self, agency_id: UUID, point: Point, *, limit: int) -> list[UnitTrack]:
        located = [
            (rough_distance_m(track.last.point, point), UnitTrack(unit_id, track))
            for unit_id, track in self._known(agency_id).items()
            if track.last
        ]
        located.sort(key=lambda unit: unit[0])
        return [unit for _, unit in located[:limit]]

    async def tracks(self, units: Sequence[UnitKey]) -> dict[UnitKey, Track]:
        return {key: track for key in units if (track := self._known(key.agency_id).get(key.unit_id))}

    async def keep(self, tracks: Mapping[UnitKey, Track]) -> None:
        for agency_id in {key.agency_id for key in tracks}:
            self._known(agency_id)
        for key, track in tracks.items():
            self._keep_newer(key.agency_id, key.unit_id, track)
        self.keeps += 1

    def may_rebuild(self, agency_id: UUID) -> bool:
        told_at = self._told_at.get(agency_id)
        is_free = told_at is None or self._clock.now() - told_at >= timedelta(seconds=2)
        if self.is_away or not is_free:
            return False
        self._told_at[agency_id] = self._clock.now()
        return True

    def rebuild(self, agency_id: UUID, tracks: Mapping[UUID, Track]) -> None:
        if self.is_away:
            raise PositionsUnavailable("taken away by the test")
        self._agencies.setdefault(agency_id, {})
        for unit_id, track in tracks.items():
            self._keep_newer(agency_id, unit_id, track)
        self.rebuilds += 1

    def forget(self, agency_id: UUID, *, before: datetime) -> None:
        if self.is_away:
            raise PositionsUnavailable("taken away by the test")
        tracks = self._agencies.get(agency_id, {})
        for unit_id, track in list(tracks.items()):
            told = track.last or track.suspect
            if told is not None and told.at < before:
                del tracks[unit_id]

    async def aclose(self) -> None:
        """Nothing to let go of."""

    def _known(self, agency_id: UUID) -> dict[UUID, Track]:
        if self.is_away:
            raise PositionsUnavailable("taken away by the test")
        if agency_id not in self._agencies:
            raise PositionsUnavailable("wiped by the test, and not yet rebuilt")
        return self._agencies[agency_id]

    def _keep_newer(self, agency_id: UUID, unit_id: UUID, track: Track) -> None:
        stored = self._agencies[agency_id].get(unit_id, Track()).last
        gives_way = stored is None or stored.at > believable_until(self._clock.now())
        if stored is None or gives_way or (track.last is not None and track.last.at >= stored.at):
            self._agencies[agency_id][unit_id] = track
