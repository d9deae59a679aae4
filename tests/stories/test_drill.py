"""Before a shift somebody drills a unit: its phones ring as in earnest, and nothing else of the world changes."""

from uuid import uuid4

import pytest
from drilling import drill, shows
from officer import presses
from world import World

from service.domain.alert import AlertState, PageKind
from service.domain.detection import Outcome
from service.domain.disposition import Disposition
from service.domain.errors import Code, DomainError
from service.domain.unit import Status
from service.operations import acknowledgments, board
from service.operations.acknowledgments import Finding
from service.operations.board import Wanted
from service.operations.detections import Answer
from service.store.users import UserRole


def test_a_phone_that_rings_and_shows_the_drill_is_ready(world: World) -> None:
    car = world.car("3A12")
    drilled = drill(world, car)
    [ring] = car.phone.rings
    assert PageKind.DRILL is ring.notice.kind
    assert not ring.notice.silent
    shows(car.phone)
    assert drilled.report.is_ready
    assert [] == drilled.codes


def test_every_phone_of_every_unit_is_rung_and_only_those(world: World) -> None:
    one, other, bystander = world.car("3A12", phones=2), world.car("3A14"), world.car("3A16", away_m=10)
    drilled = drill(world, one, other)
    assert [[PageKind.DRILL]] * 3 == [phone.kinds for car in (one, other) for phone in car.phones]
    assert [] == bystander.phone.kinds
    for phone in (*one.phones, *other.phones):
        shows(phone)
    assert drilled.report.is_ready


def test_a_second_phone_that_stays_silent_is_told_apart_from_the_first(world: World) -> None:
    car = world.car("3A12", phones=2)
    drilled = drill(world, car)
    shows(car.phones[0])
    world.advance(31)
    assert not drilled.report.is_ready
    assert [True, False] == [phone.has_rung for phone in drilled.only.phones]
    assert ["out_of_touch", "another_rang"] == drilled.codes


def test_pressing_received_makes_nobody_busy(world: World) -> None:
    car = world.car("3A12")
    drilled = drill(world, car)
    view = car.phone.accepts()
    assert AlertState.ACKNOWLEDGED is view.stored.alert.state
    assert view.stored.alert.role is None
    assert not view.stored.is_on_duty
    [unit] = world.units()
    assert Status.AVAILABLE is unit.status
    assert "received" == drilled.only.answer
    assert 1 == drilled.actions.count("drill_answered")


def test_received_pressed_twice_is_written_down_once(world: World) -> None:
    car = world.car("3A12")
    drilled = drill(world, car)
    assert car.phone.accepts() == car.phone.accepts()
    assert 1 == drilled.actions.count("drill_answered")


def test_an_officer_who_cannot_is_on_record_and_nobody_is_asked_instead(world: World) -> None:
    car, other = world.car("3A12"), world.car("3A14")
    drilled = drill(world, car)
    car.phone.declines("asleep")
    world.advance(60)
    assert "declined" == drilled.only.answer
    assert [] == other.phone.kinds


@pytest.mark.parametrize("word", ["en_route", "on_scene", "clear"])
def test_nobody_goes_to_a_drill(world: World, word: str) -> None:
    car = world.car("3A12")
    drill(world, car)
    car.phone.accepts()
    with pytest.raises(DomainError, match="This is a drill") as refused:
        car.phone.reports(word)
    assert Code.ILLEGAL_MOVE is refused.value.code


def test_nothing_is_found_at_a_drill(world: World) -> None:
    car = world.car("3A12")
    drill(world, car)
    car.phone.accepts()
    with pytest.raises(DomainError, match="This is a drill"):
        acknowledgments.report_disposition(
            world.database,
            world.ports,
            device=car.phone.device,
            alert_id=car.phone.alert_id,
            found=Finding(disposition=Disposition.VICTIM),
        )


def test_a_shot_during_a_drill_is_an_incident_of_its_own_and_asks_the_same_unit(world: World) -> None:
    car = world.car("3A12")
    drilled = drill(world, car)
    heard = world.hears()
    assert Outcome.OPENED is heard.outcome
    assert drilled.drill_id != heard.incident_id
    assert [PageKind.DRILL, PageKind.ALERT] == car.phone.kinds
    assert not car.phone.rings[-1].notice.silent


def test_drills_do_not_use_up_a_unit_s_sirens(world: World) -> None:
    car = world.car("3A12")
    for _ in range(3):
        drill(world, car, wait_s=5)
        world.advance(6)
    world.hears()
    assert not car.phone.rings[-1].notice.silent


def test_a_drill_never_escalates(world: World) -> None:
    car, other = world.car("3A12"), world.car("3A14")
    supervisor = world.car("1S10")
    drill(world, car)
    world.advance(200)
    assert [PageKind.DRILL] == car.phone.kinds
    assert [] == other.phone.kinds == supervisor.phone.kinds
    assert AlertState.EXPIRED is car.phone.state


def test_a_dispatcher_does_not_see_drills_among_incidents_unless_asking_for_them(world: World) -> None:
    car = world.car("3A12")
    drilled = drill(world, car)
    heard = world.hears()
    user = world.dispatcher.user

    def listed(wanted: Wanted) -> list[object]:
        found = board.list_incidents(world.database, world.ports, user=user, wanted=wanted)
        return [incident.incident_id for incident in found]

    assert [heard.incident_id] == listed(Wanted())
    assert [drilled.drill_id] == listed(Wanted(drills=True))


@pytest.mark.parametrize("act", ["reopens", "releases", "escalates", "closes"])
def test_no_dispatcher_makes_an_incident_of_a_drill(world: World, act: str) -> None:
    drilled = drill(world, world.car("3A12"))
    of_the_drill = Answer(incident_id=drilled.drill_id, detection_id="", revision=0, outcome=Outcome.OPENED)
    with pytest.raises(DomainError, match="This is a drill") as refused:
        getattr(world.dispatcher, act)(of_the_drill)
    assert Code.ILLEGAL_MOVE is refused.value.code


# -- who is left alone ------------------------------------------------------------------------------------------------


def test_an_off_duty_officer_is_left_to_sleep(world: World) -> None:
    car = world.car("3A12")
    car.phone.says(Status.OFF_DUTY)
    drilled = drill(world, car)
    assert [] == car.phone.kinds
    assert [] == car.phone.alerts
    assert "3A12 is off duty" in drilled.said
    assert not drilled.report.is_ready


def test_a_unit_on_an_incident_is_not_disturbed(world: World) -> None:
    car = world.car("3A12")
    world.hears()
    car.phone.accepts()
    drilled = drill(world, car)
    assert PageKind.DRILL not in car.phone.kinds
    assert ["busy"] == drilled.codes


def test_a_phone_that_rings_in_earnest_is_not_told_that_nothing_was_heard(world: World) -> None:
    car = world.car("3A12")
    world.hears()
    drilled = drill(world, car)
    assert [PageKind.ALERT] == car.phone.kinds
    assert ["rings"] == drilled.codes


def test_nothing_rings_where_an_officer_has_called_for_help(world: World) -> None:
    car = world.car("3A12")
    presses(car.phone)
    drilled = drill(world, car)
    assert [] == car.phone.kinds
    assert ["calls_for_help"] == drilled.codes


def test_two_sergeants_at_once_ring_a_phone_once(world: World) -> None:
    car = world.car("3A12")
    drill(world, car)
    second = drill(world, car)
    assert [PageKind.DRILL] == car.phone.kinds
    assert ["drilled_already"] == second.codes


def test_a_unit_can_be_drilled_again_once_the_drill_is_over(world: World) -> None:
    car = world.car("3A12")
    drill(world, car, wait_s=5)
    world.advance(6)
    assert [] == [code for code in drill(world, car).codes if code == "drilled_already"]
    assert [PageKind.DRILL] * 2 == car.phone.kinds


def test_a_unit_of_nobody_s_cannot_be_drilled(world: World) -> None:
    car = world.car("3A12")
    car.unit_id = uuid4()
    with pytest.raises(DomainError) as refused:
        drill(world, car)
    assert Code.NOT_FOUND is refused.value.code


@pytest.mark.parametrize("wait_s", [4, 301])
def test_a_drill_is_neither_too_short_nor_too_long(world: World, wait_s: int) -> None:
    with pytest.raises(DomainError) as refused:
        drill(world, world.car("3A12"), wait_s=wait_s)
    assert Code.INVALID is refused.value.code


# -- what is on record -------------------------------------------------------------------------------------------------


def test_the_journal_has_who_started_it_and_what_was_found(world: World) -> None:
    drilled = drill(world, world.car("3A12"))
    world.advance(31)
    record = board.show_incident(
        world.database, world.ports, user=world.person(UserRole.AUDITOR).user, incident_id=drilled.drill_id
    )
    told = {entry.action: entry for entry in record.timeline}
    assert "admin:test" == told["drill_started"].actor
    assert "clock" == told["drill_finished"].actor
    assert 0 == told["drill_finished"].details["ready"]
    [unit] = told["drill_finished"].details["units"]
    assert "not heard of for 30 s" in unit["findings"][0]


def test_what_was_found_stays_as_it_was_found(world: World) -> None:
    car = world.car("3A12")
    drilled = drill(world, car)
    shows(car.phone)
    found = drilled.finishes()
    car.phone.says(Status.OFF_DUTY)
    world.advance(600)
    assert found == drilled.report == drilled.finishes()
    assert 1 == drilled.actions.count("drill_finished")


def test_nothing_rings_any_more_for_a_drill_that_is_over(world: World) -> None:
    car = world.car("3A12")
    world.jobs.is_away = True
    drill(world, car).finishes()
    world.jobs.is_away = False
    world.advance(3)
    assert [] == car.phone.kinds
