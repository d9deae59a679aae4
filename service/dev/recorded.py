"""How is a recorded file read? Detections and positions from CSV, known by their columns. Not for playing them: `replay`.

Three kinds are known; `KNOWN_COLUMNS` says which to whoever brings another. The San Francisco formats are those of the
city's public-records release of detections and of the 2008 cab traces.
"""

import csv
import gzip
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from service.domain.detection import Classification, Confidence

SAN_FRANCISCO = ZoneInfo("America/Los_Angeles")

LOCATED_WITHIN_M = 25
"""What such networks promise: 90 % located within 25 m."""
ROUNDED_WITHIN_M = 75
"""The same, after a release rounded the place to three decimals (a cell of about 110 × 90 m)."""

KNOWN_COLUMNS = """\
detections
  ours            detection_id, occurred_at, lat, lon [, uncertainty_m, classification, confidence, rounds]
                  times as ISO 8601 with an offset
  San Francisco   type, incident_id, date, time, rounds, lat_3dp, lon_3dp
                  local date and time; an empty type is unknown
positions
  ours            unit, at, lat, lon [, accuracy_m, heading_deg, speed_mps]
  cab traces      cab_id, ts_unix_utc, lat, lon [, occupied]
                  each trace is cut into local days, and every piece is a unit that drives on the detections' day"""


class UnknownFile(Exception):
    """The file's columns or one of its values are not understood; the message names the file and the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDetection:
    """`day` is the local day as the file tells it; `occurred_at` is aware, in UTC."""

    detection_id: str
    occurred_at: datetime
    day: date
    lat: float
    lon: float
    uncertainty_m: float = LOCATED_WITHIN_M
    classification: Classification = Classification.UNKNOWN
    confidence: Confidence = Confidence.HIGH
    rounds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFix:
    """`unit` is a call sign; `at` is aware, in UTC."""

    unit: str
    at: datetime
    lat: float
    lon: float
    accuracy_m: float | None = None
    heading_deg: float | None = None
    speed_mps: float | None = None


type_Row = Mapping[str, str]


def read_detections(path: Path, *, on: date | None = None, limit: int | None = None) -> list[RecordedDetection]:
    """Earliest first; those of one local day when `on` is given, the first `limit` of them. Raises UnknownFile."""
    columns, rows = _rows(path)
    if {"detection_id", "occurred_at", "lat", "lon"} <= columns:
        read = _our_detection
    elif {"type", "incident_id", "date", "time", "rounds", "lat_3dp", "lon_3dp"} <= columns:
        read = _san_francisco_detection
    else:
        raise UnknownFile(f"{path}: these columns are not known as detections. Known are:\n{KNOWN_COLUMNS}")
    detections = []
    for line, row in rows:
        try:
            detections.append(read(row, line))
        except ValueError as error:
            raise UnknownFile(f"{path}, line {line}: {error}") from error
    chosen = sorted((d for d in detections if on in {None, d.day}), key=lambda d: d.occurred_at)
    return chosen[:limit]
