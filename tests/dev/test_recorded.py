"""Recorded files: what each kind of column becomes, and what is refused."""

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from service.dev.recorded import UnknownFile, read_detections
from service.dev.recorded_fleet import read_fleet
from service.domain.detection import Classification, Confidence

NEW_YEAR = date(2013, 1, 1)
MIDNIGHT = datetime(2013, 1, 1, 8, tzinfo=UTC)
"""In San Francisco."""
DETECTIONS_HEADER = "type,incident_id,date,time,rounds,beat,disposition,lat_3dp,lon_3dp\n"
DETECTIONS = (
    DETECTIONS_HEADER
    + """\
Multiple_Gunshots,26868,1-Jan-13,0:01:47,6,,,37.737,-122.391
,,1-Jan-13,0:00:10,,,,37.753,-122.396
Single_Gunshot,27001,2-Jan-13,23:59:59,1,,,37.721,-122.387
"""
)
CABS = """\
cab_id,ts_unix_utc,lat,lon,occupied
abboip,1211094000,37.75,-122.39,0
abboip,1211093940,37.74,-122.39,1
abboip,1211180460,37.76,-122.40,0
"""
"""00:00:00 and 23:59:00 around the local midnight that begins 18 May 2008, and 00:01:00 on the 19th."""


def written(folder: Path, text: str) -> Path:
    path = folder / "recorded.csv"
    path.write_text(text)
    return path


def test_times_of_the_city_are_its_local_times_earliest_first(tmp_path: Path) -> None:
    detections = read_detections(written(tmp_path, DETECTIONS))

    assert [d.occurred_at - MIDNIGHT for d in detections] == [
        timedelta(seconds=10),
        timedelta(seconds=107),
        timedelta(days=2, seconds=-1),
    ]


def test_summer_time_counts(tmp_path: Path) -> None:
    july = DETECTIONS_HEADER + "Single_Gunshot,1,4-Jul-13,12:00:00,1,,,37.7,-122.4\n"

    (detection,) = read_detections(written(tmp_path, july))

    assert datetime(2013, 7, 4, 19, tzinfo=UTC) == detection.occurred_at


def test_a_row_without_a_type_is_unknown_and_uncertain(tmp_path: Path) -> None:
    untyped, typed, _ = read_detections(written(tmp_path, DETECTIONS))

    assert (
        untyped.classification,
        untyped.confidence,
        untyped.rounds,
    ) == (Classification.UNKNOWN, Confidence.UNCERTAIN, None)
    assert (
        typed.classification,
        typed.confidence,
        typed.rounds,
    ) == (Classification.MULTIPLE_GUNSHOTS, Confidence.HIGH, 6)


def test_a_row_without_an_id_is_named_by_its_line(tmp_path: Path) -> None:
    assert [d.detection_id for d in read_detections(written(tmp_path, DETECTIONS))] == ["line-3", "26868", "27001"]


def test_one_day_can_be_chosen_and_a_number(tmp_path: Path) -> None:
    path = written(tmp_path, DETECTIONS)

    assert [d.detection_id for d in read_detections(path, on=NEW_YEAR)] == ["line-3", "26868"]
    assert [d.detection_id for d in read_detections(path, on=NEW_YEAR, limit=1)] == ["line-3"]
    assert read_detections(path, on=date(2014, 1, 1)) == []


def test_our_own_detections_may_leave_out_what_has_a_default(tmp_path: Path) -> None:
    text = "detection_id,occurred_at,lat,lon,rounds\nD-1,2026-07-04T21:00:00-07:00,37.7,-122.4,\n"

    (detection,) = read_detections(written(tmp_path, text))

    assert datetime(2026, 7, 5, 4, tzinfo=UTC) == detection.occurred_at
    assert date(2026, 7, 4) == detection.day
    assert (
        detection.uncertainty_m,
        detection.classification,
        detection.confidence,
        detection.rounds,
    ) == (25.0, Classification.UNKNOWN, Confidence.HIGH, None)


def test_gzipped_files_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "recorded.csv.gz"
    path.write_bytes(gzip.compress(DETECTIONS.encode()))

    assert len(read_detections(path)) == 3


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("when,where\n1,2\n", "columns when, where are not known"),
        ("", "are not known"),
        (
            DETECTIONS_HEADER + "Single_Gunshot,1,1-Jan-13,25:00:00,1,,,37.7,-122.4\n",
            "line 2: time data",
        ),
        (DETECTIONS_HEADER + "Thunder,1,1-Jan-13,1:00:00,1,,,37.7,-122.4\n", "line 2: 'thunder'"),
        (DETECTIONS_HEADER + "Single_Gunshot,1\n", "line 2"),
        (
            "detection_id,occurred_at,lat,lon\nD-1,2026-07-04T21:00:00,37.7,-122.4\n",
            "has no offset from UTC",
        ),
        (
            "detection_id,occurred_at,lat,lon\n" + 2 * "D-1,2026-07-04T21:00:00Z,37.7,-122.4\n",
            "'D-1' stands in 2 rows",
        ),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UnknownFile, match=complaint):
        read_detections(written(tmp_path, text))


def test_a_cab_trace_becomes_one_unit_for_each_local_day(tmp_path: Path) -> None:
    fleet = read_fleet(written(tmp_path, CABS), days=[NEW_YEAR])

    assert fleet.units == ["abboip-0517", "abboip-0518", "abboip-0519"]


def test_every_piece_of_a_trace_drives_on_the_detections_day(tmp_path: Path) -> None:
    fleet = read_fleet(written(tmp_path, CABS), days=[NEW_YEAR])

    whole_day = fleet.between(MIDNIGHT, MIDNIGHT + timedelta(days=1))

    assert [(fix.unit, (fix.at - MIDNIGHT).total_seconds()) for fix in whole_day] == [
        ("abboip-0518", 0),
        ("abboip-0519", 60),
        ("abboip-0517", 86_340),
    ]


def test_nobody_drives_on_a_day_without_detections(tmp_path: Path) -> None:
    fleet = read_fleet(written(tmp_path, CABS), days=[NEW_YEAR])

    assert fleet.between(MIDNIGHT - timedelta(days=1), MIDNIGHT) == []


def test_of_the_past_each_unit_keeps_its_last_fix(tmp_path: Path) -> None:
    text = """\
unit,at,lat,lon,accuracy_m
A1,2026-07-04T10:00:00Z,37.70,-122.4,5
A1,2026-07-04T10:01:00Z,37.71,-122.4,
B2,2026-07-04T10:00:30Z,37.72,-122.4,80
B2,2026-07-04T10:02:00Z,37.73,-122.4,
"""
    fleet = read_fleet(written(tmp_path, text), days=[])
    ten = datetime(2026, 7, 4, 10, tzinfo=UTC)

    last = fleet.last_before(ten + timedelta(minutes=2), since=ten)

    assert [(fix.unit, fix.lat, fix.accuracy_m) for fix in last] == [("B2", 37.72, 80.0), ("A1", 37.71, None)]
