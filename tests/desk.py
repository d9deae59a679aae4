"""A person at a desk of the story: a dispatcher, unless told otherwise, who sees incidents and acts on them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from service.domain.disposition import Disposition
from service.operations import board, dispatching, ending, regrouping
from service.operations.accounts import SignedInUser
from service.operations.board import IncidentRecord
from service.operations.detections import Answer
from service.operations.ending import Closing

if TYPE_CHECKING:
    from world import Car, World


@dataclass(slots=True)
class Desk:
    """Each act is followed by whatever workers were nudged to do, and answers with the incident afterwards."""

    world: "World"
    user: SignedInUser

    def reads(self, heard: Answer) -> IncidentRecord:
        return board.show_incident(
            self.world.database, self.world.ports, user=self.user, incident_id=_incident_id(heard)
        )

    def confirms(self, heard: Answer, car: "Car") -> IncidentRecord:
        alert_id = self.alert_id(heard, car)
        with self.world.working() as (database, ports):
            dispatching.confirm_acknowledgment(
                database, ports, user=self.user, incident_id=_incident_id(heard), alert_id=alert_id
            )
        return self.sees(heard)

    def refuses(self, heard: Answer, car: "Car") -> IncidentRecord:
        alert_id = self.alert_id(heard, car)
        with self.world.working() as (database, ports):
            dispatching.refuse_acknowledgment(
                database, ports, user=self.user, incident_id=_incident_id(heard), alert_id=alert_id
            )
        return self.sees(heard)

    def sends(self, heard: Answer, *cars: "Car") -> IncidentRecord:
        unit_ids = [car.unit_id for car in cars]
        with self.world.working() as (database, ports):
            dispatching.dispatch_units(
                database, ports, user=self.user, incident_id=_incident_id(heard), unit_ids=unit_ids
            )
        return self.sees(heard)

    def releases(self, heard: Answer) -> IncidentRecord:
        with self.world.working() as (database, ports):
            dispatching.release_incident(database, ports, user=self.user, incident_id=_incident_id(heard))
        return self.sees(heard)

    def escalates(self, heard: Answer, *, seeing_level: int | None = None) -> IncidentRecord:
        with self.world.working() as (database, ports):
            dispatching.escalate_incident(
                database, ports, user=self.user, incident_id=_incident_id(heard), from_level=seeing_level
            )
        return self.sees(heard)

    def reopens(self, heard: Answer) -> IncidentRecord:
        with self.world.working() as (database, ports):
            dispatching.reopen_incident(database, ports, user=self.user, incident_id=_incident_id(heard))
        return self.sees(heard)

    def cancels(self, heard: Answer, reason: str = "a car backfired") -> IncidentRecord:
        with self.world.working() as (database, ports):
            ending.cancel_incident(database, ports, user=self.user, incident_id=_incident_id(heard), reason=reason)
        return self.sees(heard)

    def closes(self, heard: Answer, disposition: Disposition = Disposition.NO_EVIDENCE) -> IncidentRecord:
        with self.world.working() as (database, ports):
            finding = Closing(disposition=disposition)
            ending.close_incident(database, ports, user=self.user, incident_id=_incident_id(heard), finding=finding)
        return self.sees(heard)

    def notes(self, heard: Answer, text: str) -> IncidentRecord:
        with self.world.working() as (database, ports):
            ending.add_note(database, ports, user=self.user, incident_id=_incident_id(heard), text=text)
        return self.sees(heard)

    def holds(self, heard: Answer, reason: str = "court order 26-114") -> IncidentRecord:
        with self.world.working() as (database, ports):
            ending.place_legal_hold(database, ports, user=self.user, incident_id=_incident_id(heard), reason=reason)
        return self.sees(heard)

    def lifts(self, heard: Answer) -> IncidentRecord:
        with self.world.working() as (database, ports):
            ending.lift_legal_hold(database, ports, user=self.user, incident_id=_incident_id(heard))
        return self.sees(heard)

    def merges(self, heard: Answer, *, into: Answer) -> IncidentRecord:
        with self.world.working() as (database, ports):
            regrouping.merge_incidents(
                database, ports, user=self.user, incident_id=_incident_id(heard), into=_incident_id(into)
            )
        return self.sees(into)

    def splits(self, heard: Answer, *detection_ids: str) -> UUID:
        """The new incident."""
        with self.world.working() as (database, ports):
            regrouping.split_incident(
                database, ports, user=self.user, incident_id=_incident_id(heard), detection_ids=detection_ids
            )
        entries = [entry for entry in self.sees(heard).timeline if entry.action == "incident_split"]
        return UUID(entries[-1].details["into"])

    def sees(self, heard: Answer) -> IncidentRecord:
        """What a test looks at."""
        return self.world.incident(heard)

    def alert_id(self, heard: Answer, car: "Car") -> UUID:
        found = [each.alert for each in self.sees(heard).alerts if each.alert.unit_id == car.unit_id]
        return found[0].alert_id


def _incident_id(heard: Answer) -> UUID:
    assert heard.incident_id is not None
    return heard.incident_id
