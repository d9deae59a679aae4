"""Many shots in a minute: what an officer hears, what the phone shows, and that nothing is dropped."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from builders import a_point
from officer import presses
from world import Car, MakeWorld, Phone, World

from service.domain.alert import AlertState, PageKind
from service.domain.detection import Classification
from service.domain.notice import data
from service.operations.detections import Answer


def shot(world: World, number: int, **sound: Any) -> Answer:
    """Far enough from the others to be an incident of its own."""
    return world.hears(f"SST-{number}", place=a_point(away_m=600 * number, bearing_deg=0), **sound)


def heard(phone: Phone) -> list[PageKind]:
    """Kinds of what made a sound."""
    return [ring.notice.kind for ring in phone.rings if not ring.notice.quiet]


def a_car(world: World) -> Car:
    return world.car("3A12", away_m=300, bearing_deg=90)


def test_a_second_shot_within_ten_seconds_is_shown_without_a_sound(world: World) -> None:
    car = a_car(world)
    shot(world, 1)
    second = shot(world, 2)
    assert [PageKind.ALERT] == heard(car.phone)
    quiet = car.phone.rings[-1].notice
    assert second.incident_id == quiet.incident_id
    assert PageKind.DIGEST is quiet.kind
    assert "true" == data(quiet)["silent"]
    assert AlertState.SENT is car.phone.state


def test_what_was_hushed_rings_once_as_one_digest(world: World) -> None:
    car = a_car(world)
    shot(world, 1)
    for number in (2, 3, 4):
        last = shot(world, number)
    world.advance(12)
    assert [PageKind.ALERT, PageKind.DIGEST] == heard(car.phone)
    digest = car.phone.rings[-1].notice
    assert last.incident_id == digest.incident_id
    assert digest.reason.startswith("2 more")
    world.advance(15)
    assert [PageKind.ALERT, PageKind.DIGEST] == heard(car.phone)


def test_a_digest_is_a_later_sequence_so_that_a_phone_does_not_take_it_for_a_repeat(world: World) -> None:
    car = a_car(world)
    shot(world, 1)
    shot(world, 2)
    world.advance(12)
    of_second = [ring.notice.sequence for ring in car.phone.rings[1:]]
    assert sorted(set(of_second)) == of_second


def test_three_sirens_a_minute_and_then_a_digest_before_the_deadline(world: World) -> None:
    car = a_car(world)
    for number in range(1, 6):
        shot(world, number)
        world.advance(10)
    assert [PageKind.ALERT] * 3 + [PageKind.DIGEST] == heard(car.phone)


def test_no_digest_rings_for_what_was_answered_meanwhile(world: World) -> None:
    car = a_car(world)
    shot(world, 1)
    shot(world, 2)
    car.phone.accepts()
    world.advance(25)
    assert [PageKind.ALERT] == heard(car.phone)


def test_a_digest_rings_for_an_alert_that_expired_before_it_could(make_world: MakeWorld) -> None:
    world = make_world(acknowledgment_deadline_s=5)
    car = a_car(world)
    shot(world, 1)
    shot(world, 2)
    world.advance(12)
    assert [PageKind.ALERT, PageKind.DIGEST] == heard(car.phone)


def test_what_is_hushed_while_a_digest_is_being_sent_gets_another_digest(world: World) -> None:
    car = a_car(world)
    shot(world, 1)
    shot(world, 2)
    world.advance(9)
    third: list[Answer] = []
    world.push.meanwhile(car.phone.target.value, lambda: third.append(shot(world, 3)))
    world.advance(30)
    rung_for = {ring.notice.incident_id for ring in car.phone.rings if not ring.notice.quiet}
    assert third[0].incident_id in rung_for


def test_each_phone_of_a_car_gets_its_digest_when_one_of_them_was_kept_from_it(world: World) -> None:
    car = world.car("3A12", away_m=300, phones=2)
    shot(world, 1)
    shot(world, 2)
    world.advance(9)
    world.push.meanwhile(car.phones[0].target.value, lambda: world.advance(3))
    world.updates("SST-2", place=a_point(away_m=1_200, bearing_deg=0), rounds=9)
    world.advance(30)
    assert [PageKind.ALERT, PageKind.DIGEST] == heard(car.phones[0]) == heard(car.phones[1])


def test_a_digest_that_comes_minutes_late_does_not_ring(world: World) -> None:
    car = a_car(world)
    shot(world, 1)
    shot(world, 2)
    world.clock.advance(200)
    world.tick()
    assert [PageKind.ALERT] == heard(car.phone)
    assert any(ring.notice.reason.startswith("Late by 3") for ring in car.phone.rings)


def test_a_digest_speaks_of_another_shot_when_its_own_was_taken_back(world: World) -> None:
    car = a_car(world)
    shot(world, 1)
    second = shot(world, 2)
    shot(world, 3)
    world.dismisses("SST-3")
    world.advance(13)
    assert [PageKind.ALERT, PageKind.DIGEST] == heard(car.phone)
    rung = next(
        ring.notice for ring in car.phone.rings if ring.notice.kind is PageKind.DIGEST and not ring.notice.quiet
    )
    assert second.incident_id == rung.incident_id


def test_both_phones_of_a_car_ring_for_one_shot(world: World) -> None:
    car = world.car(phones=2)
    shot(world, 1)
    assert [PageKind.ALERT] == heard(car.phones[0]) == heard(car.phones[1])


def test_another_car_is_not_hushed_by_the_first_ones_sirens(make_world: MakeWorld) -> None:
    world = make_world(units_per_level=1, acknowledgments_needed=1)
    near = world.car(away_m=300, bearing_deg=0)
    far = world.car(away_m=3_000, bearing_deg=0)
    world.hears("SST-1")
    world.hears("SST-2", place=a_point(away_m=2_900, bearing_deg=0))
    assert [PageKind.ALERT] == heard(near.phone)
    assert [PageKind.ALERT] == heard(far.phone)


def test_a_call_for_help_is_never_hushed(world: World) -> None:
    car = a_car(world)
    in_need = world.car("3A14", away_m=500)
    shot(world, 1)
    presses(in_need.phone, at=a_point(away_m=500))
    assert [PageKind.ALERT, PageKind.ALERT] == heard(car.phone)


def test_whoever_was_warned_and_is_then_asked_is_rung(world: World) -> None:
    near, second, third = (world.car(away_m=away_m) for away_m in (100, 200, 300))
    world.hears()
    assert [PageKind.WARNING] == heard(third.phone)
    near.phone.declines()
    assert [PageKind.WARNING, PageKind.ALERT] == heard(third.phone)
    assert [PageKind.ALERT] == heard(second.phone)


def test_something_worse_rings_once_more_at_once_and_then_not_again(world: World) -> None:
    car = a_car(world)
    world.hears(classification=Classification.PROBABLE_GUNFIRE)
    car.phone.receives()
    world.updates(revision=1, classification=Classification.SINGLE_GUNSHOT)
    assert [PageKind.ALERT, PageKind.UPDATE] == heard(car.phone)
    world.updates(revision=2, classification=Classification.MULTIPLE_GUNSHOTS)
    assert Classification.MULTIPLE_GUNSHOTS is car.phone.rings[-1].notice.sound.classification
    assert [PageKind.ALERT, PageKind.UPDATE] == heard(car.phone)
    world.advance(12)
    assert [PageKind.ALERT, PageKind.UPDATE, PageKind.DIGEST] == heard(car.phone)


def test_something_worse_does_not_ring_at_once_when_another_shot_has_just_done_so(world: World) -> None:
    car = a_car(world)
    world.hears("SST-1", classification=Classification.SINGLE_GUNSHOT)
    world.advance(10)
    shot(world, 2)
    car.phone.receives()
    world.updates("SST-1", classification=Classification.MULTIPLE_GUNSHOTS)
    assert [PageKind.ALERT, PageKind.ALERT] == heard(car.phone)


def test_what_other_sensors_say_of_a_hushed_shot_is_shown_without_a_sound_too(world: World) -> None:
    car = a_car(world)
    shot(world, 1)
    shot(world, 2)
    world.hears("SST-9", place=a_point(away_m=1_210, bearing_deg=0), rounds=9)
    assert [PageKind.ALERT] == heard(car.phone)
    assert 9 == car.phone.rings[-1].notice.sound.rounds


def test_in_a_storm_a_car_hears_at_most_one_siren_in_ten_seconds_and_misses_no_shot(world: World) -> None:
    car = a_car(world)
    rang_at: list[datetime] = []
    for number in range(1, 41):
        world.hears(f"SST-{number}", place=a_point(away_m=600 * (number % 12), bearing_deg=0))
        world.advance(2)
        rang_at += [world.clock.now()] * (len(heard(car.phone)) - len(rang_at))
    apart = [later - earlier for earlier, later in pairwise(rang_at)]
    assert min(apart) >= timedelta(seconds=10)
    assert {view.incident.incident_id for view in car.phone.alerts} == {
        ring.notice.incident_id for ring in car.phone.rings
    }
