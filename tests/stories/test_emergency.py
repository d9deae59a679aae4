"""An officer presses the emergency button: who is told, who is not, and how it ends."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from builders import PLACE, a_point
from officer import presses
from world import Car, MakeWorld, World

from service.domain.alert import PageKind
from service.domain.detection import Outcome
from service.domain.disposition import Disposition
from service.domain.incident import Incident, IncidentState
from service.domain.unit import Status, UnitKind
from service.operations import emergencies, myself
from service.operations.board import IncidentRecord
from service.operations.emergencies import Call
from service.store import incidents


def all_incidents(world: World) -> list[Incident]:
    with world.database.transaction(world.agency_id) as tx:
        return incidents.page_of_newest(tx, states=(), before=None, limit=10)


def status_of(car: Car) -> tuple[Status, UUID | None]:
    unit = next(unit for unit in car.world.units() if unit.unit_id == car.unit_id)
    return unit.status, unit.incident_id


def actions(record: IncidentRecord) -> list[str]:
    return [entry.action for entry in record.timeline]


@pytest.fixture
def caller(world: World) -> Car:
    """On duty at PLACE."""
    return world.car("3A12", away_m=0)


# -- who is told --------------------------------------------------------------------------------------------------


def test_the_nearest_and_the_sergeant_ring_and_everybody_close_by_is_warned(world: World, caller: Car) -> None:
    near = world.cars(400, 900, 1_500, 2_000)
    busy = world.car("busy", away_m=2_500)
    busy.phone.says(Status.UNAVAILABLE)
    fifth, far = world.cars(2_800, 4_000)
    sergeant = world.car("sergeant", away_m=9_000, kind=UnitKind.SUPERVISOR)
    called = presses(caller.phone)

    assert [[PageKind.ALERT]] * 4 == [car.phone.kinds for car in near]
    assert [PageKind.ALERT] == sergeant.phone.kinds
    assert [PageKind.WARNING] == busy.phone.kinds == fifth.phone.kinds
    assert [] == far.phone.kinds
    assert all(not car.phone.rings[0].notice.silent for car in [*near, busy, fifth, sergeant])
    assert IncidentState.OPEN is world.incident(called).incident.state


def test_what_phones_and_the_console_show(world: World, caller: Car) -> None:
    (helper,) = world.cars(400)
    seen = world.incident(presses(caller.phone, at=PLACE))
    assert ("3A12", caller.unit_id) == (seen.incident.emergency_call_sign, seen.incident.emergency_unit_id)
    assert "Officer emergency: 3A12" == seen.incident.sound.address
    notice = helper.phone.rings[0].notice
    assert ("3A12", "Officer emergency: 3A12", PLACE) == (notice.emergency, notice.sound.address, notice.sound.place)
    assert [] == list(seen.detections)


def test_the_record_says_who_called(world: World, caller: Car) -> None:
    seen = world.incident(presses(caller.phone))
    assert ["incident_opened", "emergency_called"] == actions(seen)[:2]
    assert caller.phone.device.actor == seen.timeline[1].actor
    assert {"unit_id": str(caller.unit_id), "call_sign": "3A12"}.items() <= seen.timeline[1].details.items()


def test_the_officers_own_phones_stay_silent(world: World) -> None:
    caller = world.car("3A12", away_m=0, phones=2)
    world.cars(400)
    presses(caller.phone)
    world.advance(200)
    assert [[], []] == [phone.kinds for phone in caller.phones]
    assert [] == caller.phone.alerts


def test_a_sergeant_who_calls_for_help_is_not_asked_to_come(world: World) -> None:
    caller = world.car("sergeant", away_m=0, kind=UnitKind.SUPERVISOR)
    other = world.car("lieutenant", away_m=5_000, kind=UnitKind.SUPERVISOR)
    presses(caller.phone)
    world.advance(70)
    assert [] == caller.phone.kinds
    assert [] == caller.phone.alerts
    assert [PageKind.ALERT] * 3 == other.phone.kinds


def test_shots_beside_an_officer_who_hides_ring_everywhere_but_there(world: World, caller: Car) -> None:
    world.cars(100, 200)
    presses(caller.phone)
    bystander = world.car("3A99", away_m=300)
    bystander.phone.says(Status.UNAVAILABLE)
    world.hears()
    assert [] == caller.phone.kinds
    assert [PageKind.WARNING] == bystander.phone.kinds


def test_a_hand_on_another_alert_does_not_bring_the_sirens_back(world: World, caller: Car) -> None:
    world.hears()
    caller.phone.accepts()
    presses(caller.phone)
    caller.phone.reports("on_scene")
    sent = len(caller.phone.kinds)
    world.updates(rounds=30)
    world.hears("SST-2", place=a_point(away_m=300))
    assert sent == len(caller.phone.kinds)


def test_a_phone_that_listens_to_the_stream_is_not_told_to_ring_either(world: World, caller: Car) -> None:
    presses(caller.phone)
    (other,) = world.cars(100)
    told = [
        entry.details["units"] for entry in world.incident(world.hears()).timeline if entry.action == "pages_queued"
    ]
    assert [[str(other.unit_id)]] == [[unit["unit_id"] for unit in units] for units in told]


def test_what_waits_to_ring_there_is_not_sent_any_more(world: World, caller: Car) -> None:
    world.jobs.is_away = True
    world.hears()
    presses(caller.phone)
    world.advance(3)
    assert [] == caller.phone.kinds


def test_the_officer_sees_who_is_coming(world: World, caller: Car) -> None:
    first, second = world.cars(400, 900)
    presses(caller.phone)
    second.phone.accepts()
    first.phone.accepts()
    me = myself.look_at_myself(world.database, device=caller.phone.device)
    assert [second.call_sign, first.call_sign] == list(me.coming)
    assert me.emergency is not None
    assert IncidentState.COVERED is me.emergency.state


# -- pressed twice ------------------------------------------------------------------------------------------------


def test_pressed_twice_it_is_one_emergency_and_rings_once(world: World, caller: Car) -> None:
    (helper,) = world.cars(400)
    called = presses(caller.phone)
    assert called == presses(caller.phone)
    assert 1 == len(all_incidents(world))
    assert [PageKind.ALERT] == helper.phone.kinds
    assert 1 == actions(world.incident(called)).count("emergency_repeated")


def test_ten_thumbs_at_once_are_one_emergency(world: World, caller: Car) -> None:
    with ThreadPoolExecutor(10) as threads:
        called = set(
            threads.map(
                lambda _: emergencies.call_for_help(
                    world.database, world.ports, device=caller.phone.device, call=Call()
                ),
                range(10),
            )
        )
    assert 1 == len(called) == len(all_incidents(world))


def test_from_a_little_farther_on_the_place_moves_quietly(world: World, caller: Car) -> None:
    (helper,) = world.cars(400)
    called = presses(caller.phone)
    helper.phone.receives()
    helper.phone.accepts()
    presses(caller.phone, at=a_point(away_m=200))
    assert a_point(away_m=200) == world.incident(called).incident.sound.place
    assert [PageKind.ALERT, PageKind.UPDATE] == helper.phone.kinds
    assert helper.phone.rings[-1].notice.silent


def test_from_far_away_it_rings_again(world: World, caller: Car) -> None:
    (helper,) = world.cars(400)
    presses(caller.phone)
    helper.phone.receives()
    world.advance(20)
    presses(caller.phone, at=a_point(away_m=1_500))
    assert not helper.phone.rings[-1].notice.silent
    assert [PageKind.ALERT, PageKind.UPDATE] == helper.phone.kinds


def test_after_it_is_over_the_button_opens_another(world: World, caller: Car) -> None:
    called = presses(caller.phone)
    world.dispatcher.closes(called)
    assert called != presses(caller.phone)


# -- how it goes on -----------------------------------------------------------------------------------------------


def test_it_is_covered_like_any_incident_and_the_others_are_recalled(world: World, caller: Car) -> None:
    first, second, third = world.cars(400, 900, 1_500)
    called = presses(caller.phone)
    first.phone.accepts()
    second.phone.accepts()
    assert IncidentState.COVERED is world.incident(called).incident.state
    assert PageKind.RECALL is third.phone.kinds[-1]


def test_nobody_answers_so_more_and_more_are_asked_and_the_sergeant_again_and_again(world: World, caller: Car) -> None:
    cars = world.cars(*range(400, 3_600, 400))
    sergeant = world.car("sergeant", away_m=9_000, kind=UnitKind.SUPERVISOR)
    called = presses(caller.phone)
    world.advance(31)
    assert 2 == sergeant.phone.kinds.count(PageKind.ALERT)
    assert all(PageKind.ALERT in car.phone.kinds for car in cars)
    world.advance(60)
    assert IncidentState.UNANSWERED is world.incident(called).incident.state
    assert 4 == sergeant.phone.kinds.count(PageKind.ALERT)


def test_it_ends_like_any_incident_and_everybody_is_free(world: World, caller: Car) -> None:
    helper, _ = world.cars(400, 900)
    called = presses(caller.phone)
    helper.phone.accepts()
    assert (Status.ON_SCENE, called.incident_id) == status_of(caller)
    world.dispatcher.closes(called, Disposition.OTHER)
    assert (Status.AVAILABLE, None) == status_of(caller) == status_of(helper)
    assert PageKind.RECALL is helper.phone.kinds[-1]
    world.hears()
    assert [PageKind.ALERT] == caller.phone.kinds


def test_afterwards_the_officer_goes_on_with_what_the_unit_was_at(world: World, caller: Car) -> None:
    heard = world.hears()
    caller.phone.accepts()
    called = presses(caller.phone)
    world.dispatcher.closes(called, Disposition.OTHER)
    assert (Status.EN_ROUTE, heard.incident_id) == status_of(caller)


def test_an_officer_off_duty_is_helped_and_stays_off_duty(world: World, caller: Car) -> None:
    (helper,) = world.cars(400)
    caller.phone.says(Status.OFF_DUTY)
    called = presses(caller.phone)
    assert [PageKind.ALERT] == helper.phone.kinds
    world.dispatcher.closes(called, Disposition.OTHER)
    assert (Status.OFF_DUTY, None) == status_of(caller)


def test_an_officer_who_is_available_again_rings_again(world: World, caller: Car) -> None:
    presses(caller.phone)
    caller.phone.says(Status.AVAILABLE)
    world.hears()
    assert [PageKind.ALERT] == caller.phone.kinds


def test_reopened_it_rings_again_but_not_for_the_caller(world: World, caller: Car) -> None:
    (helper,) = world.cars(400)
    called = presses(caller.phone)
    world.dispatcher.cancels(called)
    world.dispatcher.reopens(called)
    assert 2 == helper.phone.kinds.count(PageKind.ALERT)
    assert [] == caller.phone.kinds


# -- what it is not -----------------------------------------------------------------------------------------------


def test_shots_close_by_are_an_incident_of_their_own(world: World, caller: Car) -> None:
    called = presses(caller.phone)
    heard = world.hears()
    assert Outcome.OPENED is heard.outcome
    assert called.incident_id != heard.incident_id


def test_a_dismissed_detection_close_by_does_not_touch_it(world: World, caller: Car) -> None:
    called = presses(caller.phone)
    world.hears()
    world.dismisses()
    assert world.incident(called).incident.lives


def test_shots_that_were_merged_into_it_and_then_dismissed_do_not_end_it(world: World, caller: Car) -> None:
    called = presses(caller.phone)
    heard = world.hears()
    world.dispatcher.merges(heard, into=called)
    world.updates(rounds=9)
    world.hears("SST-2")
    world.dismisses(revision=2)
    seen = world.incident(called).incident
    assert seen.lives
    assert "Officer emergency: 3A12" in (seen.sound.address or "")


def test_shots_merged_into_it_do_not_make_a_helper_of_the_caller(world: World, caller: Car) -> None:
    heard = world.hears()
    caller.phone.accepts()
    called = presses(caller.phone)
    world.dispatcher.merges(heard, into=called)
    assert [] == [alert for alert in world.incident(called).alerts if alert.alert.unit_id == caller.unit_id]


def test_another_agency_hears_nothing_of_it(caller: Car, make_world: MakeWorld) -> None:
    neighbours = make_world()
    stranger = neighbours.car("3A12", away_m=100)
    presses(caller.phone)
    neighbours.advance(3)
    assert [] == stranger.phone.kinds
