"""Sources change their mind, messages overtake each other, pages are overtaken by newer ones: what the phones show."""

from itertools import permutations
from typing import Any

import pytest
from world import World

from service.domain.alert import PageKind
from service.domain.detection import Classification, Confidence, Outcome
from service.domain.incident import IncidentState

FIREWORKS: dict[str, Any] = {"classification": Classification.FIREWORKS}


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_shots_then_fireworks_then_shots_ring_in_whatever_order_they_come(world: World, order: tuple[int, ...]) -> None:
    (car,) = world.cars(400)
    for revision in order:
        if revision == 0:
            world.hears()
        else:
            world.updates(revision=revision, **(FIREWORKS if revision == 1 else {}))
    assert PageKind.ALERT in car.phone.kinds
    assert car.phone.kinds[-1] is not PageKind.RECALL


def test_doubtful_shots_among_fireworks_are_held_for_a_dispatcher_and_then_ring(world: World) -> None:
    (car,) = world.cars(400)
    world.hears("SST-1", **FIREWORKS)
    assert Outcome.JOINED is world.hears("SST-2", confidence=Confidence.LOW).outcome
    world.advance(59)
    assert [] == car.phone.kinds
    world.advance(1)
    assert [PageKind.ALERT] == car.phone.kinds


def test_doubtful_shots_that_turn_out_to_be_fireworks_in_time_never_ring(world: World) -> None:
    (car,) = world.cars(400)
    world.hears("SST-1", **FIREWORKS)
    world.hears("SST-2", confidence=Confidence.LOW)
    world.updates("SST-2", **FIREWORKS)
    world.advance(120)
    assert [] == car.phone.kinds


def test_a_dismissed_neighbour_belongs_to_the_incident_that_lives(world: World) -> None:
    world.cars(400)
    heard = world.hears("SST-1")
    world.dismisses("SST-2")
    neighbour = world.hears("SST-2")
    assert Outcome.DISMISSED is neighbour.outcome
    assert heard.incident_id == neighbour.incident_id
    assert IncidentState.OPEN is world.incident(heard).incident.state


def test_an_update_that_overtakes_the_alert_rings_in_its_place(world: World) -> None:
    (car,) = world.cars(400)
    world.jobs.is_away = True
    world.hears()
    world.updates(rounds=12)
    world.advance(2)
    assert [PageKind.ALERT] == car.phone.kinds
    assert 12 == car.phone.rings[0].notice.sound.rounds
    assert not car.phone.rings[0].notice.silent
    assert "sent" == car.phone.state


def test_an_upgrade_that_is_overtaken_by_a_quiet_update_still_rings(world: World) -> None:
    (car,) = world.cars(400)
    world.hears(classification=Classification.SINGLE_GUNSHOT)
    car.phone.receives()
    world.jobs.is_away = True
    world.updates(revision=1, classification=Classification.MULTIPLE_GUNSHOTS)
    world.updates(revision=2, classification=Classification.MULTIPLE_GUNSHOTS, rounds=12)
    world.advance(2)
    assert [PageKind.ALERT, PageKind.UPDATE] == car.phone.kinds
    assert not car.phone.rings[-1].notice.silent


def test_whoever_let_it_pass_is_asked_again_when_a_dismissal_is_taken_back(world: World) -> None:
    (car,) = world.cars(400)
    world.hears()
    world.advance(31)
    world.dismisses(revision=1)
    world.updates(revision=2)
    assert PageKind.ALERT is car.phone.kinds[-1]


def test_nothing_older_follows_a_recall(world: World) -> None:
    """The worker died with the alert in its hand; meanwhile the shots were dismissed."""
    (car,) = world.cars(400)
    world.jobs.is_away = True
    world.hears()
    with world.database.transaction(world.agency_id) as tx:
        world.claim_all(tx)
    world.dismisses()
    world.advance(6)
    assert [PageKind.RECALL] == car.phone.kinds
