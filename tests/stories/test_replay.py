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
"""
"""Two sensors of one shot, and fireworks."""
CARS = 5


def positions() -> str:
    """Cars in a row that drive north, a fix a minute; one that was last heard of hours before."""
    rows = ["unit,at,lat,lon,accuracy_m", "old,2026-07-04T17:00:00-07:00,37.7500,-122.4500,5"]
    for minute in range(55, 63):
        hour, past = divmod(20 * 60 + minute, 60)
        for car in range(CARS):
            at = f"2026-07-04T{hour:02d}:{past:02d}:{7 * car:02d}-07:00"
            rows.append(f"car-{car},{at},{37.74 + 0.0001 * minute:.5f},{-122.44 - 0.007 * car:.5f},10")
    return "\n".join(rows) + "\n"


def test_a_record_is_played_and_judged(tmp_path: Path) -> None:
    (tmp_path / "detections.csv").write_text(DETECTIONS)
    (tmp_path / "positions.csv").write_text(positions())
    files = ["--detections", str(tmp_path / "detections.csv"), "--positions", str(tmp_path / "positions.csv")]

    finished = subprocess.run(
        [sys.executable, "-m", "service", "replay", *files, "--speed", "30", "--rows"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr
    said = " ".join(finished.stdout.split())
    assert "3 of 3 detections accounted for" in said
    assert "3 of 3 selections equal to a brute-force geodesic ranking" in said
