"""The invented city: its cars keep to the streets, its sensors speak the webhook's language, a seed repeats it all."""

from itertools import islice
from typing import Any

import pytest

from service.api.schemas_integrators import read_message
from service.dev.city import RESPONSE_MPS, Car, Grid, blurred, luck_of
from service.dev.officers import Officer
from service.dev.shots import Message, Sound, heard
from service.domain.geo import Point, distance_m

GRID = Grid()


def car(seed: int = 1) -> Car:
    random = luck_of("car", seed=seed)
    return Car(grid=GRID, random=random, corner=GRID.any_corner(random))


def sounds(count: int, seed: int = 1) -> list[Sound]:
    return list(islice(heard(luck_of("sensors", seed=seed), GRID, network="TEST"), count))


def posted(message: Message) -> dict[str, Any]:
    return {**message.body, "occurred_at": "2026-07-04T21:00:00-07:00"}


def blocks_from_a_street(point: Point) -> float:
    """How far off the nearest street, in blocks; 0 is on it."""
    corner = GRID.corner_near(point)
    at = GRID.at(*corner)
    north_m, east_m = distance_m(Point(lat=point.lat, lon=at.lon), at), distance_m(Point(lat=at.lat, lon=point.lon), at)
    return min(north_m / GRID.block_north_m, east_m / GRID.block_east_m)


def test_cars_keep_to_the_streets() -> None:
    patrol = car()
    for _ in range(500):
        patrol.drive(3.0)
        assert blocks_from_a_street(patrol.place) < 0.01


def test_cars_stay_in_the_city() -> None:
    south_west, north_east = GRID.at(0, 0), GRID.at(GRID.blocks_east, GRID.blocks_north)
    patrol = car()
    for _ in range(500):
        patrol.drive(30.0)
        assert south_west.lat <= patrol.place.lat <= north_east.lat
        assert south_west.lon <= patrol.place.lon <= north_east.lon


def test_a_responding_car_reaches_the_scene_at_its_speed() -> None:
    responder, scene = car(), GRID.at(40, 20)
    responder.respond_to(scene)
    east_blocks, north_blocks = (abs(a - b) for a, b in zip(responder.ahead, (40, 20), strict=True))
    way_m = GRID.block_m(responder.corner, responder.ahead)
    way_m += east_blocks * GRID.block_east_m + north_blocks * GRID.block_north_m

    responder.drive(way_m / RESPONSE_MPS - 1.0)
    assert not responder.has_arrived
    responder.drive(1.1)

    assert responder.has_arrived
    assert distance_m(responder.place, scene) < 1.0


def test_a_car_that_has_arrived_waits_until_it_patrols_again() -> None:
    responder = car()
    responder.respond_to(GRID.at(5, 5))
    responder.drive(3_600)
    there = responder.place

    responder.drive(60)
    assert responder.place == there
    responder.resume_patrol()
    responder.drive(60)

    assert distance_m(responder.place, there) > 1.0


def test_the_same_seed_drives_the_same_way() -> None:
    one, same, other = car(seed=7), car(seed=7), car(seed=8)
    for each in (one, same, other):
        each.drive(600)

    assert one.place == same.place
    assert one.place != other.place


def test_a_receiver_is_off_by_metres() -> None:
    random, place = luck_of("receiver", seed=1), GRID.at(3, 3)
    errors_m = sorted(distance_m(place, blurred(place, random)) for _ in range(200))

    assert 2.0 < errors_m[100] < 8.0
    assert errors_m[-1] < 30.0


def test_every_message_is_one_that_the_webhook_understands() -> None:
    for sound in sounds(300):
        for message in sound.messages:
            read_message(posted(message))


def test_whoever_watches_for_a_while_sees_every_kind() -> None:
    bodies = [message.body for sound in sounds(100) for message in sound.messages]

    assert {body["kind"] for body in bodies} == {"detected", "updated", "dismissed"}
    assert {body["confidence"] for body in bodies if "confidence" in body} == {"high", "uncertain", "low"}
    assert any(body.get("classification") == "fireworks" for body in bodies)
    assert max(len(sound.messages) for sound in sounds(100)) == 6


def test_no_two_sounds_share_a_detection() -> None:
    ids = [{message.body["detection_id"] for message in sound.messages} for sound in sounds(200)]

    assert len(set().union(*ids)) == sum(map(len, ids))


def test_a_review_speaks_of_the_detection_it_reviews() -> None:
    reviewed = [sound for sound in sounds(200) if sound.messages[-1].body["kind"] != "detected"]

    for first, review in (sound.messages for sound in reviewed):
        assert (first.body["detection_id"], 0) == (review.body["detection_id"], first.body["revision"])
        assert review.body["revision"] == 1
        assert review.after_s > first.after_s


def test_sensors_that_hear_the_same_agree_on_the_place() -> None:
    for sound in sounds(100):
        for message in sound.messages:
            if location := message.body.get("location"):
                assert distance_m(sound.place, Point(lat=location["lat"], lon=location["lon"])) < 60


def test_the_same_seed_hears_the_same() -> None:
    assert sounds(20, seed=3) == sounds(20, seed=3)
    assert sounds(20, seed=3) != sounds(20, seed=4)


def test_most_officers_go_some_cannot_and_some_hear_nothing() -> None:
    officer = Officer(random=luck_of("receiver", seed=1))
    intentions = [officer.hears_the_phone() for _ in range(1_000)]
    shares = {
        response: sum(i.response == response for i in intentions) / 1_000 for response in ("accepted", "declined")
    }

    assert shares == pytest.approx({"accepted": 0.72, "declined": 0.14}, abs=0.04)
    assert all((intention.reason is not None) == (intention.response == "declined") for intention in intentions)
    assert all(intention.after_s <= 25.0 for intention in intentions)
