"""The RQ jobs, four lines each: ids in, one operation called. RQ finds them by name; renaming one is a release note.

A worker process is one runtime for all of its jobs, so that connections stay warm: `use` hands it over at start.
"""

from uuid import UUID

from service.operations.paging import send_due_pages
from service.runtime import Runtime

_runtimes: list[Runtime] = []


def use(runtime: Runtime) -> None:
    """All jobs of this process work with `runtime` from now on."""
    _runtimes[:] = [runtime]


def send_pages(agency_id: str, incident_id: str) -> None:
    """Send all due pages of one incident. Twice is once."""
    (here,) = _runtimes
    ids = {"agency_id": UUID(agency_id), "incident_id": UUID(incident_id)}
    send_due_pages(here.database, here.ports, threads=here.threads, **ids)
