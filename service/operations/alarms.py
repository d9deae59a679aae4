"""What is wrong with Beatline now, for everybody who asks? What auditors have found, and that no auditor is there."""

import math

from service.domain.alarms import Alarm, Standing
from service.domain.vigilance import NO_AUDITOR_AFTER_S, ProcessKind, last_seen, living
from service.operations.vigil import Vigil
from service.ports import Ports
from service.store import alarms, heartbeats
from service.store.database import Database


def standing_now(database: Database, ports: Ports, vigil: Vigil | None = None) -> list[Standing]:
    """Urgent ones first, then the one that began first. Raises DomainError(unavailable).

    `vigil` of whoever asks again and again: an auditor is missed only by who has looked long enough to hear one.
    """
    now, processes = ports.clock.now(), heartbeats.all_processes(database)
    listened_s, heard = math.inf, processes
    if vigil is not None:
        listened_s, heard = vigil.look(processes), vigil.as_heard(processes, now=now)
    found = alarms.standing(database)
    alive = {process.kind for process in living(heard, now=now, second=ports.clock.real(1.0))}
    if listened_s >= NO_AUDITOR_AFTER_S and ProcessKind.AUDITOR not in alive:
        # Of all alarms the one that no auditor can raise.
        found.append(Standing(alarm=Alarm.NO_AUDITOR, since=last_seen(processes, ProcessKind.AUDITOR)))
    return sorted(found, key=lambda standing: not standing.is_urgent)
