"""Where were recorded units, and when? Positions from CSV, asked by stretches of time. Not for detections (`recorded`).

Our own format says which unit was where. A cab trace is cut into local days, and every piece becomes a unit of its own
that drives on the days of the detections: a few cabs make dozens of units, with the gaps that real GPS has.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from service.dev.recorded import SAN_FRANCISCO, Row, aware, columns_of, read_rows, unknown_columns


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFix:
    """`unit` is a call sign; `at` is aware, in UTC."""

    unit: str
    at: datetime
    lat: float
    lon: float
    accuracy_m: float | None = None


class Fleet:
    """Recorded units. With `days`, what they did on whatever day of theirs, they do on each of those."""

    def __init__(self, fixes: Iterable[RecordedFix], *, days: Collection[date] | None = None) -> None:
        self._tracks = _tracks(fixes)
        self._days = days
        # A replay asks day after day, and for each day many times.
        self._on = lru_cache(maxsize=2)(self._moved_onto)

    @property
    def units(self) -> list[str]:
        return sorted(self._tracks)

    def between(self, start: datetime, end: datetime) -> list[RecordedFix]:
        """Every fix from `start` up to, not including, `end`; earliest first."""
        fixes = [fix for track in self._around(start, end) for fix in _part(track, start, end)]
        return sorted(fixes, key=_when)

    def last_before(self, end: datetime, *, since: datetime) -> list[RecordedFix]:
        """Each unit's last fix from `since` up to, not including, `end`; earliest first."""
        last = {fix.unit: fix for fix in self.between(since, end)}
        return sorted(last.values(), key=_when)

    def _around(self, start: datetime, end: datetime) -> Iterator[list[RecordedFix]]:
        if self._days is None:
            yield from self._tracks.values()
            return
        for day in sorted(self._days):
            if _local(start).date() <= day <= _local(end).date():
                yield from self._on(day).values()

    def _moved_onto(self, day: date) -> Mapping[str, list[RecordedFix]]:
        return _tracks(_moved(fix, day) for track in self._tracks.values() for fix in track)


def read_fleet(path: Path, *, days: Collection[date]) -> Fleet:
    """Units for detections of those local days. Raises UnknownFile."""
    columns = columns_of(path)
    if columns >= {"unit", "at", "lat", "lon"}:
        return Fleet(read_rows(path, _our_fix))
    if columns >= {"cab_id", "ts_unix_utc", "lat", "lon"}:
        return Fleet(read_rows(path, _cab_fix), days=days)
    raise unknown_columns(path, columns)


def _our_fix(row: Row, _line: int) -> RecordedFix:
    return RecordedFix(
        unit=row["unit"],
        at=aware(row["at"]).astimezone(UTC),
        lat=float(row["lat"]),
        lon=float(row["lon"]),
        accuracy_m=_number(row.get("accuracy_m")),
    )


def _cab_fix(row: Row, _line: int) -> RecordedFix:
    at = datetime.fromtimestamp(int(row["ts_unix_utc"]), tz=UTC)
    # The day is part of the name: each piece of a trace is a unit of its own.
    unit = f"{row['cab_id']}-{_local(at):%m%d}"
    return RecordedFix(unit=unit, at=at, lat=float(row["lat"]), lon=float(row["lon"]))


def _moved(fix: RecordedFix, day: date) -> RecordedFix:
    """The same time of day, by the local clock, on another day."""
    at = _local(fix.at).replace(year=day.year, month=day.month, day=day.day)
    return replace(fix, at=at.astimezone(UTC))


def _tracks(fixes: Iterable[RecordedFix]) -> Mapping[str, list[RecordedFix]]:
    tracks = defaultdict(list)
    for fix in sorted(fixes, key=_when):
        tracks[fix.unit].append(fix)
    return tracks


def _part(track: list[RecordedFix], start: datetime, end: datetime) -> list[RecordedFix]:
    return track[bisect_left(track, start, key=_when) : bisect_left(track, end, key=_when)]


def _when(fix: RecordedFix) -> datetime:
    return fix.at


def _local(at: datetime) -> datetime:
    return at.astimezone(SAN_FRANCISCO)


def _number(text: str | None) -> float | None:
    return float(text) if text else None
