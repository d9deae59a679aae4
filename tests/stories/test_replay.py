"""Recorded data, played through the service as somebody would who wants to know whether it chooses well."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(240)

ROOT = Path(__file__).parents[2]
DETECTIONS = """\
detection_id,occurred_at,lat,lon,classification,confidence,rounds
first,2026-07-04T21:00:00-07:00,37.7500,-122.4500,multiple_gunshots,high,4
echo,2026-07-04T21:00:02-07:00,37.7502,-122.4501,multiple_gunshots,high,5
firecracker,2026-07-04T21:00:20-07:00,37.7600,-122.4300,fireworks,high,9
second,2026-07-04T23:30:00-07:00,37.7700,-122.4700,single_gunshot,uncertain,1
"""
"""Two sensors of one shot, fireworks, and another shot hours later."""
CARS = 5
MINUTES = [*range(-5, 3), *range(143, 153)]


def positions() -> str:
    """Cars in a row that drive north, a fix a minute around the shots; one that was last heard of hours before."""
    rows = ["unit,at,lat,lon,accuracy_m", "old,2026-07-04T17:00:00-07:00,37.7500,-122.4500,5"]
    for minute in MINUTES:
        hour, past = divmod(21 * 60 + minute, 60)
        for car in range(CARS):
            at = f"2026-07-04T{hour:02d}:{past:02d}:{7 * car:02d}-07:00"
            rows.append(f"car-{car},{at},{37.74 + 0.0001 * minute:.5f},{-122.44 - 0.007 * car:.5f},10")
    return "\n".join(rows) + "\n"


def test_a_record_is_played_and_judged(tmp_path: Path) -> None:
    (tmp_path / "detections.csv").write_text(DETECTIONS)
    (tmp_path / "positions.csv").write_text(positions())
    files = ["--detections", str(tmp_path / "detections.csv"), "--positions", str(tmp_path / "positions.csv")]

    finished = subprocess.run(
        [sys.executable, "-m", "service", "replay", *files, "--speed", "100", "--rows"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr
    said = " ".join(finished.stdout.split())
    assert "4 of 4 detections accounted for" in said
    assert "6 of 6 selections equal to a brute-force geodesic ranking" in said


def test_a_file_that_is_not_understood_is_refused_with_what_would_be(tmp_path: Path) -> None:
    (tmp_path / "strange.csv").write_text("when,where\nnow,here\n")

    finished = subprocess.run(
        [sys.executable, "-m", "service", "replay", "--detections", str(tmp_path / "strange.csv")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode != 0
    assert "columns when, where are not known" in finished.stderr
    assert "San Francisco" in finished.stderr
