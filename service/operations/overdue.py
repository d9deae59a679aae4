"""What does the clock do about pages that nobody has sent? It sends them itself, several incidents side by side.

Workers are faster and have a head start; this makes it sure. No incident waits for another: whoever's phone hangs keeps
one of the places, and the next look goes on with the rest.
"""

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self
from uuid import UUID

from service.operations.one_by_one import passed_over
from service.operations.paging import send_due_pages
from service.ports import Ports
from service.store import incidents
from service.store.database import Database
from service.store.incidents import Due

HEAD_START_S = 0.75
"""Workers get so much time for a page that is due before the clock sends it itself: it must be slower, and sure."""
INCIDENTS_AT_ONCE = 16
"""Each may take the 3 s that a hanging phone takes; more of them than a busy second has shots."""
TAKEN_ON = 2 * INCIDENTS_AT_ONCE
"""Enough that no place is idle until the next look, and few: what comes due meanwhile may be newer and goes first."""


class Overdue:
    """The clock's own senders; live inside the `with` block, which ends when all of them have."""

    def __init__(self, database: Database, ports: Ports, *, threads: Executor) -> None:
        self._database = database
        self._ports = ports
        self._threads = threads
        self._places = ThreadPoolExecutor(INCIDENTS_AT_ONCE, thread_name_prefix="overdue")
        self._being_sent: dict[UUID, Future[None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._places.shutdown()

    def look(self) -> int:
        """Begin to send what no worker has sent, as far as there are places; of how many incidents."""
        by = self._ports.clock.now() - self._ports.clock.real(HEAD_START_S)
        self._being_sent = {incident: sending for incident, sending in self._being_sent.items() if not sending.done()}
        due = incidents.with_due_pages(self._database, by=by, at_most=TAKEN_ON + len(self._being_sent))
        begun = [row for row in due if row.incident_id not in self._being_sent][: self._free]
        for row in begun:
            self._being_sent[row.incident_id] = self._places.submit(self._send, row)
        return len(begun)

    @property
    def _free(self) -> int:
        return max(0, TAKEN_ON - len(self._being_sent))

    def _send(self, row: Due) -> None:
        with passed_over("due_incident_failed", incident_id=row.incident_id):
            send_due_pages(
                self._database,
                self._ports,
                agency_id=row.agency_id,
                incident_id=row.incident_id,
                threads=self._threads,
            )


def send_overdue(database: Database, ports: Ports, *, threads: Executor) -> int:
    """One look, and wait until what it began is sent; of how many incidents."""
    with Overdue(database, ports, threads=threads) as overdue:
        return overdue.look()
