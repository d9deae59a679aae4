"""Two reports turn out to be one shooting by what is heard: which phones ring on, and when a person must decide."""

from typing import Any

from builders import a_point
from world import Car, World

from service.domain.alert import PageKind
from service.domain.detection import Classification, Confidence
from service.domain.disposition import Disposition
from service.domain.incident import IncidentState
from service.operations.detections import Answer

FIREWORKS: dict[str, Any] = {"classification": Classification.FIREWORKS}


def test_shots_between_two_incidents_make_them_one_and_the_older_lives_on(world: World) -> None:
    world.cars(700, 900)
    first, second = _apart(world)
    between = world.hears("SST-3", place=a_point(away_m=190))
    assert first.incident_id == between.incident_id
    over = world.incident(second).incident
    assert (IncidentState.CLOSED, Disposition.DUPLICATE) == (over.state, over.disposition)
    assert first.incident_id == over.merged_into


def test_a_phone_that_rang_for_the_one_that_is_over_is_told_so_and_rings_for_the_other(world: World) -> None:
    first, second, north = _with_cars_of_their_own(world)
    world.advance(11)
    world.hears("SST-3", place=a_point(away_m=190))
    told = {ring.notice.incident_id: ring.notice.kind for ring in north.phone.rings}
    assert {second.incident_id: PageKind.RECALL, first.incident_id: PageKind.ALERT} == told


def test_its_answer_counts_for_the_one_that_lives_on(world: World) -> None:
    first, second, north = _with_cars_of_their_own(world)
    alert_id = world.dispatcher.alert_id(second, north)
    world.hears("SST-3", place=a_point(away_m=190))
    assert first.incident_id == north.phone.accepts_alert(alert_id).incident.incident_id


def test_once_an_officer_is_going_a_dispatcher_decides_whether_two_are_one(world: World) -> None:
    near, _ = world.cars(700, 900)
    first, second = _apart(world)
    near.phone.accepts_alert(world.dispatcher.alert_id(first, near))
    world.hears("SST-3", place=a_point(away_m=190))
    states = [world.incident(each).incident.state for each in (first, second)]
    assert [IncidentState.OPEN, IncidentState.OPEN] == states


def test_a_doubtful_report_goes_over_to_the_one_that_officers_are_going_to(world: World) -> None:
    near, _ = world.cars(700, 900)
    held = world.hears("SST-2", place=a_point(away_m=380), uncertainty_m=1, confidence=Confidence.LOW)
    ringing = world.hears("SST-1", uncertainty_m=1)
    near.phone.accepts()
    world.hears("SST-3", place=a_point(away_m=190))
    assert ringing.incident_id == world.incident(held).incident.merged_into


def test_what_a_dispatcher_has_split_no_source_puts_together_again(world: World) -> None:
    world.cars(700, 900)
    first = world.hears("SST-1")
    world.hears("SST-2", place=a_point(away_m=50))
    new_id = world.dispatcher.splits(first, "SST-2")
    world.updates("SST-2", place=a_point(away_m=10))
    assert world.incident_of(new_id).incident.lives
    assert world.incident(first).incident.lives


def test_a_dismissal_ends_nothing_that_a_dispatcher_has_reopened(world: World) -> None:
    near, _ = world.cars(700, 900)
    heard = world.hears()
    world.dismisses(revision=1)
    world.dispatcher.reopens(heard)
    world.dismisses(revision=2)
    assert IncidentState.OPEN is world.incident(heard).incident.state
    assert PageKind.ALERT is near.phone.kinds[-1]


def test_nor_is_it_ended_by_being_called_fireworks(world: World) -> None:
    world.cars(700, 900)
    heard = world.hears()
    world.dispatcher.cancels(heard)
    world.dispatcher.reopens(heard)
    world.updates(**FIREWORKS)
    seen = world.incident(heard).incident
    assert (IncidentState.OPEN, Classification.FIREWORKS) == (seen.state, seen.sound.classification)


def test_no_source_brings_back_what_a_dispatcher_has_cancelled(world: World) -> None:
    near, _ = world.cars(700, 900)
    heard = world.hears()
    world.dispatcher.cancels(heard)
    world.dismisses(revision=1)
    world.updates(revision=2)
    assert IncidentState.CANCELLED is world.incident(heard).incident.state
    assert PageKind.RECALL is near.phone.kinds[-1]


def test_shots_beside_what_a_dispatcher_has_cancelled_ring_for_themselves(world: World) -> None:
    world.cars(700, 900)
    cancelled = world.hears("SST-1")
    world.dispatcher.cancels(cancelled)
    assert cancelled.incident_id != world.hears("SST-2").incident_id


def test_shots_beside_what_its_source_has_called_fireworks_bring_it_back(world: World) -> None:
    near, _ = world.cars(700, 900)
    called_fireworks = world.hears("SST-1")
    world.updates("SST-1", **FIREWORKS)
    assert called_fireworks.incident_id == world.hears("SST-2").incident_id
    assert PageKind.ALERT is near.phone.kinds[-1]


def test_a_recall_on_its_way_arrives_although_its_incident_goes_over_to_another(world: World) -> None:
    (car,) = world.cars(700)
    world.hears("SST-1")
    world.jobs.is_away = True
    dismissed = world.dismisses("SST-1", revision=1)
    world.hears("SST-2", confidence=Confidence.LOW)
    world.updates("SST-1", revision=2, confidence=Confidence.LOW)
    world.advance(3)
    assert (dismissed.incident_id, PageKind.RECALL) == (
        car.phone.rings[-1].notice.incident_id,
        car.phone.rings[-1].notice.kind,
    )


def test_more_doubtful_shots_do_not_make_doubtful_shots_wait_longer(world: World) -> None:
    (car,) = world.cars(700)
    world.hears("SST-1", **FIREWORKS)
    world.hears("SST-2", confidence=Confidence.LOW)
    world.advance(40)
    world.hears("SST-3", confidence=Confidence.LOW)
    world.advance(20)
    assert [PageKind.ALERT] == car.phone.kinds


def test_doubtful_shots_that_become_part_of_another_incident_ring_when_their_own_time_is_over(world: World) -> None:
    (car,) = world.cars(700)
    world.hears("SST-1", uncertainty_m=1, **FIREWORKS)
    world.hears("SST-2", uncertainty_m=1, place=a_point(away_m=380), **FIREWORKS)
    world.hears("SST-3", uncertainty_m=1, place=a_point(away_m=390), confidence=Confidence.LOW)
    world.advance(40)
    world.hears("SST-4", place=a_point(away_m=190), **FIREWORKS)
    world.advance(20)
    assert [PageKind.ALERT] == car.phone.kinds


def test_a_corrected_time_is_what_neighbours_are_found_by(world: World) -> None:
    heard = world.hears("SST-1")
    world.updates("SST-1", occurred_at=world.ago(650))
    assert heard.incident_id == world.hears("SST-2", occurred_at=world.ago(640)).incident_id


def _apart(world: World) -> tuple[Answer, Answer]:
    """Two that ring, too far from each other to be one incident."""
    first = world.hears("SST-1", uncertainty_m=1)
    return first, world.hears("SST-2", place=a_point(away_m=380), uncertainty_m=1)


def _with_cars_of_their_own(world: World) -> tuple[Answer, Answer, Car]:
    """As `_apart`, and a car that rings for the second alone."""
    world.cars(100, 150)
    first = world.hears("SST-1", uncertainty_m=1)
    north, _ = (world.car().is_at(a_point(away_m=away_m)) for away_m in (390, 400))
    return first, world.hears("SST-2", place=a_point(away_m=380), uncertainty_m=1), north
