"""How does `beatline work` ring phones? Worker processes and a clock, each started again when it dies.

They are named by their modules: `service` never imports `workers`.
"""

import sys

from service.cli.environment import settings_or_exit
from service.dev.children import Children, told_to_stop

CLOCK = (sys.executable, "-m", "workers.clock")
AUDITOR = (sys.executable, "-m", "workers.auditor")
"""Beside each API: when the last of those is gone, whoever waits for a sign of life outside must hear none."""
WORKER = (sys.executable, "-m", "workers.worker")


def work(*, processes: int = 2) -> None:
    """Ring phones: RQ workers, and a clock. Settings come from BEATLINE_… (see `beatline settings`).

    Parameters
    ----------
    processes
        Worker processes; each rings up to BEATLINE_PAGE_THREADS phones at once.

    """
    settings_or_exit()
    with told_to_stop() as done, Children() as children:
        for number in range(1, processes + 1):
            children.start(f"worker {number}", WORKER)
        children.start("clock", CLOCK)
        children.keep_until(done)
