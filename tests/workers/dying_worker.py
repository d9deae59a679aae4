"""A worker that claims its pages and then neither sends nor lives on: the test kills it between claim and send.

`python dying_worker.py AGENCY INCIDENT` prints "claimed" and waits to be killed. Everything but its push is real.
"""

import sys
from dataclasses import replace
from threading import Event
from uuid import UUID

from service import runtime
from service.domain.notice import Notice
from service.domain.unit import Platform, PushTarget
from service.operations.paging import send_due_pages
from service.ports import NotSent, PushCondition


class NeverSends:
    """A push that has been asked to send, and does not come to it."""

    def warm(self) -> None:
        """Nothing to warm."""

    def send(self, notice: Notice, *, target: PushTarget, platform: Platform) -> NotSent:
        del notice, target, platform
        print("claimed", flush=True)  # noqa: T201  the test waits for this word
        Event().wait()
        raise AssertionError("it should have been killed")

    def condition(self) -> PushCondition:
        return PushCondition()

    def close(self) -> None:
        """Nothing to close."""


def main() -> None:
    with runtime.running(sends=False) as here:
        send_due_pages(
            here.database,
            replace(here.ports, push=NeverSends()),
            agency_id=UUID(sys.argv[1]),
            incident_id=UUID(sys.argv[2]),
            threads=here.threads,
        )


if __name__ == "__main__":
    main()
