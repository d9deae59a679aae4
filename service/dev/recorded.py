"""How is a file of recorded detections read? By its columns. Not for positions (`recorded_fleet`), not for playing.

Two kinds are known: our own, and San Francisco's public-records release. `KNOWN_COLUMNS` tells them to whoever brings
another.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TextIO, TypeVar
from zoneinfo import ZoneInfo

from service.domain.detection import Classification, Confidence

SAN_FRANCISCO = ZoneInfo("America/Los_Angeles")

LOCATED_WITHIN_M = 25.0
"""What such networks promise: 90 % located within 25 m."""
ROUNDED_WITHIN_M = 75.0
"""The same, after a release rounded the place to three decimals (a cell of about 110 × 90 m)."""

KNOWN_COLUMNS = """\
detections
  ours            detection_id, occurred_at, lat, lon [, uncertainty_m, classification, confidence, rounds]
                  times as ISO 8601 with an offset
  San Francisco   type, incident_id, date, time, rounds, lat_3dp, lon_3dp
                  local date and time; an empty type is unknown
positions
  ours            unit, at, lat, lon [, accuracy_m]
  cab traces      cab_id, ts_unix_utc, lat, lon [, occupied]
                  each trace is cut into local days, and every piece is a unit that drives on the detections' day"""

Row = Mapping[str, str]
Record = TypeVar("Record")
Reader = Callable[[Row, int], Record]
"""Makes a record of a row and its line number; raises ValueError for what it does not understand."""


class UnknownFile(Exception):
    """Columns or a value that are not understood; the message names the file and the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDetection:
    """`day` is the local day as the file tells it; `occurred_at` is aware, in UTC."""

    detection_id: str
    occurred_at: datetime
    day: date
    lat: float
    lon: float
    uncertainty_m: float
    classification: Classification
    confidence: Confidence
    rounds: int | None


def read_detections(path: Path, *, on: date | None = None, limit: int | None = None) -> list[RecordedDetection]:
    """Earliest first; those of one local day when `on` is given, the first `limit` of them. Raises UnknownFile."""
    columns = columns_of(path)
    if columns >= {"detection_id", "occurred_at", "lat", "lon"}:
        detections = list(read_rows(path, _our_detection))
    elif columns >= {"type", "incident_id", "date", "time", "rounds", "lat_3dp", "lon_3dp"}:
        detections = list(read_rows(path, _san_francisco_detection))
    else:
        raise unknown_columns(path, columns)
    _refuse_repeated(detections, path)
    detections.sort(key=lambda detection: detection.occurred_at)
    return [detection for detection in detections if on in {None, detection.day}][:limit]


def columns_of(path: Path) -> frozenset[str]:
    with _opened(path) as file:
        return frozenset(next(csv.reader(file), ()))


def unknown_columns(path: Path, columns: frozenset[str]) -> UnknownFile:
    return UnknownFile(f"{path}: columns {', '.join(sorted(columns))} are not known. Known are:\n{KNOWN_COLUMNS}")


def read_rows(path: Path, read: Reader[Record]) -> Iterator[Record]:
    """Every row of a CSV, plain or gzipped. Raises UnknownFile with the line that could not be read."""
    with _opened(path) as file:
        rows = csv.DictReader(file)
        for row in rows:
            try:
                yield read(row, rows.line_num)
            # A short row gives None where text should be, hence TypeError.
            except (ValueError, TypeError) as error:
                raise UnknownFile(f"{path}, line {rows.line_num}: {error}") from error


def aware(text: str) -> datetime:
    """An ISO 8601 time as written; refused without an offset, because nobody can know which clock it meant."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    return at


def _opened(path: Path) -> TextIO:
    return gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="")


def _refuse_repeated(detections: Iterable[RecordedDetection], path: Path) -> None:
    for detection_id, rows in Counter(detection.detection_id for detection in detections).items():
        if rows > 1:
            raise UnknownFile(f"{path}: detection {detection_id!r} stands in {rows} rows")


def _our_detection(row: Row, line: int) -> RecordedDetection:
    occurred_at = aware(row["occurred_at"])
    return RecordedDetection(
        detection_id=row["detection_id"] or f"line-{line}",
        occurred_at=occurred_at.astimezone(UTC),
        day=occurred_at.date(),
        lat=float(row["lat"]),
        lon=float(row["lon"]),
        uncertainty_m=float(row.get("uncertainty_m") or LOCATED_WITHIN_M),
        classification=Classification(row.get("classification") or Classification.UNKNOWN),
        confidence=Confidence(row.get("confidence") or Confidence.HIGH),
        rounds=_whole(row.get("rounds")),
    )


def _san_francisco_detection(row: Row, line: int) -> RecordedDetection:
    local = datetime.strptime(f"{row['date']} {row['time']}", "%d-%b-%y %H:%M:%S").replace(tzinfo=SAN_FRANCISCO)
    kind = row["type"].lower()
    return RecordedDetection(
        # Two thirds of the release's rows carry no id; their line keeps them apart.
        detection_id=row["incident_id"] or f"line-{line}",
        occurred_at=local.astimezone(UTC),
        day=local.date(),
        lat=float(row["lat_3dp"]),
        lon=float(row["lon_3dp"]),
        uncertainty_m=ROUNDED_WITHIN_M,
        classification=Classification(kind) if kind else Classification.UNKNOWN,
        confidence=Confidence.HIGH if kind else Confidence.UNCERTAIN,
        rounds=_whole(row["rounds"]),
    )


def _whole(text: str | None) -> int | None:
    return int(text) if text else None
