"""`python -m workers.auditor`: who checks on the others. One beside each API, any number at once; it rings no phone."""

import structlog

from service import runtime
from service.dev.children import told_to_stop
from service.observe import configure_logging
from service.operations.auditing import run_auditor

log = structlog.get_logger()


def main() -> None:
    configure_logging()
    runtime.wait_for_database()
    with told_to_stop() as stop, runtime.running(sends=False) as here:
        switch = runtime.dead_mans_switch(here.settings)
        log.info("auditor_started", has_switch=switch is not None)
        run_auditor(
            here.database,
            here.ports,
            canary_every_s=here.settings.canary_every_s,
            switch=switch,
            stop=stop,
        )
        if switch:
            switch.close()


if __name__ == "__main__":
    main()
