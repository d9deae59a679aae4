"""A drill of a story's cars: rung, answered by their phones, and what a sergeant reads afterwards."""

from dataclasses import dataclass
from uuid import UUID

from builders import seconds
from world import Car, Phone, World

from service.domain.drill import Report, UnitReport
from service.operations import acknowledgments, drills
from service.operations.administration import Operator
from service.store import journal


@dataclass(slots=True)
class Drill:
    """`started` rings the phones; whatever their officers do comes next, and `finished` says what was found."""

    world: World
    drill_id: UUID

    @property
    def report(self) -> Report:
        _, report = drills.show_drill(
            self.world.database, self.world.ports, agency_id=self.world.agency_id, drill_id=self.drill_id
        )
        return report

    @property
    def only(self) -> UnitReport:
        [unit] = self.report.units
        return unit

    @property
    def codes(self) -> list[str]:
        """What was found out about units and their phones."""
        found = [
            finding
            for unit in self.report.units
            for finding in (*unit.findings, *(each for phone in unit.phones for each in phone.findings))
        ]
        return [finding.code for finding in found]

    @property
    def said(self) -> str:
        """All of it, in words."""
        found = [*self.report.findings]
        for unit in self.report.units:
            found += [*unit.findings, *(each for phone in unit.phones for each in phone.findings)]
        return "\n".join(f"{finding.what} {finding.advice}" for finding in found)

    @property
    def actions(self) -> list[str]:
        """Of the journal, oldest first."""
        with self.world.database.transaction(self.world.agency_id) as tx:
            return [entry.action for entry in journal.of_incident(tx, self.drill_id)]

    def finishes(self) -> Report:
        with self.world.working() as (database, ports):
            return drills.finish_drill(
                database, ports, agency_id=self.world.agency_id, drill_id=self.drill_id, actor="test"
            )


def drill(world: World, *cars: Car, wait_s: float = 30) -> Drill:
    """Somebody at the server drills these cars."""
    by = Operator(agency_id=world.agency_id, actor="admin:test")
    with world.working() as (database, ports):
        unit_ids = [car.unit_id for car in cars]
        return Drill(world, drills.start_drill(database, ports, by=by, unit_ids=unit_ids, wait_s=wait_s))


def shows(phone: Phone, *, clock_ahead_s: float = 0) -> None:
    """The phone says that it has received the page and displayed it."""
    for kind in ("received", "displayed"):
        says(phone, kind, clock_ahead_s=clock_ahead_s)


def says(phone: Phone, kind: str, *, clock_ahead_s: float = 0) -> None:
    at = phone.world.clock.now() + seconds(clock_ahead_s)
    with phone.world.working() as (database, ports):
        acknowledgments.record_receipt(database, ports, device=phone.device, alert_id=phone.alert_id, kind=kind, at=at)
