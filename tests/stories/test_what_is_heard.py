"""What sources say, in any order, once or six times: which incidents come of it, and which phones ring."""

import pytest
from builders import a_point
from world import MakeWorld, World

from service.domain.alert import PageKind
from service.domain.detection import Classification, Confidence, Outcome
from service.domain.errors import Code, DomainError
from service.domain.incident import IncidentState
from service.operations import registry


def test_two_shots_are_one_incident(world: World) -> None:
    (car,) = world.cars(400)
    first = world.hears("SST-1")
    world.advance(20)
    second = world.hears("SST-2", place=a_point(away_m=150))
    assert Outcome.JOINED is second.outcome
    assert first.incident_id == second.incident_id
    assert 1 == car.phone.kinds.count(PageKind.ALERT)


def test_six_sensors_are_one_incident_and_ring_once(world: World) -> None:
    (car,) = world.cars(400)
    sources = [
        registry.create_source(world.database, world.ports, agency_id=world.agency_id, name=f"sensor-{n}").source_id
        for n in range(6)
    ]
    answers = [world.hears("SHOT-1", source_id=source) for source in sources]
    assert 1 == len({answer.incident_id for answer in answers})
    assert [Outcome.OPENED] + [Outcome.JOINED] * 5 == [answer.outcome for answer in answers]
    assert [PageKind.ALERT] == car.phone.kinds


def test_shots_elsewhere_are_another_incident(world: World) -> None:
    first = world.hears("SST-1")
    second = world.hears("SST-2", place=a_point(away_m=600))
    assert Outcome.OPENED is second.outcome
    assert first.incident_id != second.incident_id


def test_the_same_message_again_gets_the_same_answer_and_rings_nobody(world: World) -> None:
    (car,) = world.cars(400)
    first = world.hears()
    again = world.hears()
    assert again.replayed
    assert (first.incident_id, first.outcome) == (again.incident_id, again.outcome)
    assert [PageKind.ALERT] == car.phone.kinds


def test_the_same_revision_with_other_content_is_refused(world: World) -> None:
    world.hears()
    with pytest.raises(DomainError) as refused:
        world.hears(rounds=7)
    assert Code.DETECTION_CONFLICT is refused.value.code


def test_a_dismissal_that_comes_first_keeps_the_phones_silent(world: World) -> None:
    (car,) = world.cars(400)
    parked = world.dismisses()
    assert Outcome.PARKED is parked.outcome
    assert parked.incident_id is None
    heard = world.hears()
    assert Outcome.DISMISSED is heard.outcome
    assert world.incident(heard).incident.state is IncidentState.CANCELLED
    assert 2 == len(world.incident(heard).detections)
    assert [] == car.phone.kinds


def test_an_update_that_comes_first_is_what_the_phones_show(world: World) -> None:
    (car,) = world.cars(400)
    assert Outcome.PARKED is world.updates(rounds=12).outcome
    assert Outcome.OPENED is world.hears(rounds=2).outcome
    assert 12 == car.phone.rings[0].notice.sound.rounds


def test_an_older_revision_that_comes_late_changes_nothing(world: World) -> None:
    (car,) = world.cars(400)
    world.hears()
    world.updates(revision=2, rounds=12)
    rung = len(car.phone.kinds)
    assert Outcome.UPDATED is world.updates(revision=1, rounds=3).outcome
    assert rung == len(car.phone.kinds)


def test_an_update_rings_again_only_when_it_is_more_dangerous(world: World) -> None:
    (car,) = world.cars(400)
    world.hears(classification=Classification.SINGLE_GUNSHOT)
    car.phone.receives()
    world.updates(revision=1, classification=Classification.SINGLE_GUNSHOT, rounds=2)
    world.updates(revision=2, classification=Classification.MULTIPLE_GUNSHOTS)
    assert [PageKind.ALERT, PageKind.UPDATE, PageKind.UPDATE] == car.phone.kinds
    assert [False, True, False] == [ring.notice.silent for ring in car.phone.rings]
    assert [1, 2, 3] == [ring.notice.sequence for ring in car.phone.rings]


def test_a_corrected_place_corrects_how_far_it_is(world: World) -> None:
    (car,) = world.cars(400)
    world.hears()
    world.updates(place=a_point(away_m=300, bearing_deg=90))
    assert 100 == pytest.approx(car.phone.alerts[0].stored.alert.distance_m, abs=1)
    assert 100 == pytest.approx(car.phone.rings[-1].notice.distance_m, abs=1)


def test_an_update_rings_a_phone_that_never_sent_a_receipt(world: World) -> None:
    (car,) = world.cars(400)
    world.hears()
    world.updates(rounds=7)
    assert not car.phone.rings[-1].notice.silent


def test_a_source_takes_its_dismissal_back_and_the_phones_ring_again(world: World) -> None:
    near, second = world.cars(400, 900)
    heard = world.hears()
    world.dismisses(revision=1)
    world.updates(revision=2)
    assert world.incident(heard).incident.state is IncidentState.OPEN
    assert [PageKind.ALERT, PageKind.RECALL, PageKind.ALERT] == near.phone.kinds == second.phone.kinds


@pytest.mark.parametrize("classification", [Classification.FIREWORKS, Classification.NOT_GUNFIRE])
def test_fireworks_are_shown_and_never_rung(world: World, classification: Classification) -> None:
    (car,) = world.cars(400)
    heard = world.hears(classification=classification)
    assert Outcome.OPENED is heard.outcome
    assert world.incident(heard).incident.state is IncidentState.OPEN
    world.advance(120)
    assert [] == car.phone.kinds


def test_fireworks_that_turn_out_to_be_shots_ring(world: World) -> None:
    (car,) = world.cars(400)
    world.hears(classification=Classification.FIREWORKS)
    world.updates(classification=Classification.MULTIPLE_GUNSHOTS)
    assert [PageKind.ALERT] == car.phone.kinds


def test_shots_that_turn_out_to_be_fireworks_stop_ringing(world: World) -> None:
    (car,) = world.cars(400)
    world.hears()
    world.updates(classification=Classification.FIREWORKS)
    assert [PageKind.ALERT, PageKind.RECALL] == car.phone.kinds
    assert "fireworks" in car.phone.rings[-1].notice.reason


def test_a_low_confidence_is_held_and_released_by_time(world: World) -> None:
    (car,) = world.cars(400)
    heard = world.hears(confidence=Confidence.LOW)
    assert Outcome.HELD is heard.outcome
    assert world.incident(heard).incident.state is IncidentState.HELD
    world.advance(59)
    assert [] == car.phone.kinds
    world.advance(1)
    assert [PageKind.ALERT] == car.phone.kinds
    assert world.incident(heard).incident.state is IncidentState.OPEN


def test_a_held_one_is_released_by_a_surer_report(world: World) -> None:
    (car,) = world.cars(400)
    world.hears("SST-1", confidence=Confidence.LOW)
    world.hears("SST-2", confidence=Confidence.HIGH)
    assert [PageKind.ALERT] == car.phone.kinds


def test_a_held_one_that_is_dismissed_never_rings(world: World) -> None:
    (car,) = world.cars(400)
    world.hears(confidence=Confidence.LOW)
    world.dismisses()
    world.advance(120)
    assert [] == car.phone.kinds


def test_what_is_too_old_is_stored_and_shown_but_not_rung(world: World) -> None:
    (car,) = world.cars(400)
    heard = world.hears(occurred_at=world.ago(901))
    assert Outcome.STORED is heard.outcome
    assert world.incident(heard).incident.state is IncidentState.OPEN
    world.advance(120)
    assert [] == car.phone.kinds


def test_what_lies_in_the_future_is_refused(world: World) -> None:
    with pytest.raises(DomainError) as refused:
        world.hears(occurred_at=world.ago(-31))
    assert Code.INVALID is refused.value.code


def test_two_agencies_never_share_an_incident(world: World, make_world: MakeWorld) -> None:
    other = make_world()
    first, second = world.hears("SST-1"), other.hears("SST-1")
    assert first.incident_id != second.incident_id
    with pytest.raises(DomainError) as refused:
        other.incident(first)
    assert Code.NOT_FOUND is refused.value.code
