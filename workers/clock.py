"""`python -m workers.clock`: the loop that finds rows whose time has come. One on every host, any number at once."""

import structlog

from service import runtime
from service.dev.children import told_to_stop
from service.domain.vigilance import ProcessKind
from service.observe import configure_logging
from service.operations.escalations import run_clock
from service.operations.heartbeats import beating

log = structlog.get_logger()


def main() -> None:
    configure_logging()
    runtime.wait_for_database()
    with told_to_stop() as stop, runtime.running(sends=True) as here:
        here.ports.push.warm()
        log.info("clock_started")
        with beating(here.database, here.ports, kind=ProcessKind.CLOCK):
            run_clock(here.database, here.ports, threads=here.threads, stop=stop)


if __name__ == "__main__":
    main()
