"""What an officer does with a thumb besides answering alerts: press the emergency button, say that all is well."""

from uuid import UUID

from world import Car, Phone, World

from service.domain.detection import Outcome
from service.domain.emergency import Told
from service.domain.geo import Point
from service.domain.unit import Status, UnitKind
from service.operations import care, emergencies, registry
from service.operations.acknowledgments import AlertView
from service.operations.detections import Answer
from service.operations.emergencies import Call


def presses(phone: Phone, *, at: Point | None = None) -> Answer:
    """The button; the phone says where it is, or does not. What comes back is what a dispatcher opens."""
    call = Call(told=Told(point=at, accuracy_m=10) if at else None)
    with phone.world.working() as (database, ports):
        incident_id = emergencies.call_for_help(database, ports, device=phone.device, call=call)
    return Answer(incident_id=incident_id, detection_id="", revision=0, outcome=Outcome.OPENED)


def says_all_right(phone: Phone, alert_id: UUID | None = None) -> AlertView:
    return _answers(phone, alert_id or phone.alert_id, all_right=True)


def asks_for_help(phone: Phone, alert_id: UUID | None = None) -> AlertView:
    """In answer to the question how it goes."""
    return _answers(phone, alert_id or phone.alert_id, all_right=False)


def without_a_fix(world: World, call_sign: str = "3A12", *, kind: UnitKind = UnitKind.PATROL) -> Car:
    """On duty with a phone that has never said where it is."""
    unit_id = registry.create_unit(
        world.database, world.ports, agency_id=world.agency_id, call_sign=call_sign, kind=kind
    )
    car = Car(world, unit_id, call_sign)
    car.phones.append(world.enrol(car))
    car.phone.says(Status.AVAILABLE)
    return car


def _answers(phone: Phone, alert_id: UUID, *, all_right: bool) -> AlertView:
    with phone.world.working() as (database, ports):
        return care.answer_welfare(
            database, ports, device=phone.device, alert_id=alert_id, all_right=all_right, call=Call()
        )
