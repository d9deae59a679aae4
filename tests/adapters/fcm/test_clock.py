"""A host whose clock is an hour off: Google grants access by its own time, and the database has the same."""

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from fake_clock import FrozenClock, HostClock
from google.auth.credentials import TokenState

from service.adapters.fcm.token import OneToken
from service.dev.fcm_standin import FcmStandin, write_credentials

ROOT = Path(__file__).parents[3]
SHIFTED = """
import datetime, os, time
from time import clock_gettime, CLOCK_REALTIME
shift_s = float(os.environ["SHIFT_S"])
time.time = lambda: clock_gettime(CLOCK_REALTIME) + shift_s
time.time_ns = lambda: int(time.time() * 1e9)
class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)
    @classmethod
    def utcnow(cls):
        return cls.now(datetime.timezone.utc).replace(tzinfo=None)
datetime.datetime = Shifted
"""
"""Run by Python before anything else: what a host's clock that is off looks like to a process."""
RING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ringing import ring
from service.adapters.fcm import Fcm
from service.adapters.system_clock import DatabaseClock
from google.auth import _helpers

folder, url, right_s = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
clock = DatabaseClock(lambda: datetime.fromtimestamp(right_s, tz=UTC), unavailable=RuntimeError)
assert abs(_helpers.utcnow().timestamp() - right_s) > 3_000, "the clock of this process is right"
fcm = Fcm(folder / "credentials.json", clock=clock, world_clock=clock, endpoint=url)
answers = [ring(fcm), ring(fcm)]
fcm.close()
print(answers)
"""


@pytest.mark.parametrize("shift_s", [-3_600, 3_600])
def test_a_worker_whose_clock_is_an_hour_off_sends_all_the_same(tmp_path: Path, shift_s: int) -> None:
    (tmp_path / "sitecustomize.py").write_text(SHIFTED)
    with FcmStandin() as google:
        write_credentials(tmp_path / "credentials.json", google.url)
        path = f"{tmp_path}:{ROOT / 'tests'}:{ROOT}"
        command = [sys.executable, "-c", RING, str(tmp_path), google.url, str(time.time())]
        done = subprocess.run(
            command, env={"PYTHONPATH": path, "SHIFT_S": str(shift_s)}, capture_output=True, text=True, check=False
        )

        assert 2 == done.stdout.count("Sent(message_id"), done.stdout + done.stderr[-2_000:]
        assert 1 == google.token_requests


@pytest.mark.parametrize("shift_s", [-3_600, 3_600])
def test_a_clock_that_is_an_hour_off_gets_no_token_so_that_the_tests_above_mean_something(
    tmp_path: Path, shift_s: int
) -> None:
    wrong = FrozenClock(HostClock().now() + timedelta(seconds=shift_s))
    with FcmStandin() as google:
        write_credentials(tmp_path / "credentials.json", google.url)
        credentials = OneToken.from_file(tmp_path / "credentials.json", clock=wrong)

        with pytest.raises(Exception, match="invalid_grant"):
            credentials.ensure()


def test_a_token_ends_by_our_clock_and_not_by_this_hosts(tmp_path: Path) -> None:
    ours = FrozenClock(HostClock().now() - timedelta(minutes=5))
    with FcmStandin(token_life_s=600) as google:
        write_credentials(tmp_path / "credentials.json", google.url)
        credentials = OneToken.from_file(tmp_path / "credentials.json", clock=ours)
        credentials.ensure()
        states = [credentials.token_state]
        for later_s in (599, 1):
            ours.advance(later_s)
            states.append(credentials.token_state)

        assert [TokenState.FRESH, TokenState.STALE, TokenState.INVALID] == states
