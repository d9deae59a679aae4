"""The clock that the service's time is counted on by, between two answers of the database."""

import subprocess
import sys

import pytest

ASLEEP_S = 3_600
# In a time namespace the kernel says what it would say had the machine been suspended for so long.
AFTER_SLEEP = ("unshare", "--user", "--map-root-user", "--time", "--boottime", str(ASLEEP_S))
BY_HOW_MUCH = """
import time
from service.adapters.system_clock import since_boot_s
print(since_boot_s() - time.monotonic())
"""


def test_the_time_goes_on_while_the_machine_is_suspended() -> None:
    try:
        subprocess.run([*AFTER_SLEEP, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as refused:
        pytest.skip(f"time namespaces are not to be had here: {refused}")
    told = subprocess.run([*AFTER_SLEEP, sys.executable, "-c", BY_HOW_MUCH], check=True, capture_output=True, text=True)
    # It may have been asleep before.
    assert ASLEEP_S - 1 < float(told.stdout)
