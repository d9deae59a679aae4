"""What is wrong with Beatline now, for everybody who asks? What auditors have found, and that no auditor is there."""

from service.domain.alarms import Alarm, Standing
from service.domain.vigilance import ProcessKind, last_seen, living
from service.ports import Ports
from service.store import alarms, heartbeats
from service.store.database import Database


def standing_now(database: Database, ports: Ports) -> list[Standing]:
    """Urgent ones first, then the one that began first. Raises DomainError(unavailable)."""
    processes = heartbeats.all_processes(database)
    found = alarms.standing(database)
    alive = living(processes, now=ports.clock.now(), second=ports.clock.real(1.0))
    if not any(process.kind is ProcessKind.AUDITOR for process in alive):
        # Of all alarms the one that no auditor can raise.
        found.append(Standing(alarm=Alarm.NO_AUDITOR, since=last_seen(processes, ProcessKind.AUDITOR)))
    return sorted(found, key=lambda standing: not standing.is_urgent)
