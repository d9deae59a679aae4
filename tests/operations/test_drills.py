"""What a drill leaves behind, and who hears of it: its phones by their streams, no console, and no purge is held up."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from builders import seconds
from drilling import drill, shows
from fake_clock import FrozenClock
from keeping import A_DAY_S, a_clock_of_long_ago, keep_for, purge, return_to_the_present
from world import World

from service.domain.detection import Outcome
from service.domain.drill import CLOCK_TAKES_OVER_S
from service.domain.incident import IncidentState
from service.operations import drills, overdue
from service.operations.detections import Answer
from service.operations.sealing import seal_due
from service.operations.sights import AlertSight, IncidentSight, Sight, sights_of
from service.store import drills as stored_drills
from service.store import incidents, news


def sights(world: World, *unit_ids: UUID) -> Iterator[Sight]:
    """What everybody is told of all that has happened."""
    with world.database.transaction(world.agency_id) as tx:
        yield from sights_of(tx, news.since(tx, news.Place()).entries, phones_of=unit_ids)


def test_a_phone_with_nothing_but_its_stream_is_told_to_ring_for_the_drill(world: World) -> None:
    car = world.car("3A12")
    drill(world, car)
    [told] = [sight for sight in sights(world, car.unit_id) if isinstance(sight, AlertSight)]
    assert told.page is not None
    assert ("drill", True) == (told.page.kind, told.page.loud)
    assert told.view.incident.is_drill


def test_no_console_is_told_of_a_drill(world: World) -> None:
    drill(world, world.car("3A12"))
    world.advance(31)
    assert [] == [sight for sight in sights(world) if isinstance(sight, IncidentSight)]


def test_a_clock_that_seals_the_journal_is_seen_to_be_alive(world: World) -> None:
    car = world.car("3A12")
    drilled = drill(world, car)
    shows(car.phone)
    assert not drilled.report.is_settled
    seal_due(world.database, world.ports)
    assert drilled.report.is_settled


def test_without_a_clock_the_report_says_so(world: World) -> None:
    drilled = drill(world, world.car("3A12"))
    world.clock.advance(31)
    assert "No clock is running" in drilled.said


def test_two_clocks_finish_a_drill_once(world: World) -> None:
    drilled = drill(world, world.car("3A12"))
    world.clock.advance(31)
    with ThreadPoolExecutor(4) as threads:
        for finishing in [threads.submit(drills.finish_due, world.database, world.ports) for _ in range(4)]:
            finishing.result()
    assert 1 == drilled.actions.count("drill_finished")


def test_a_drill_that_is_still_on_is_left_to_go_on(world: World) -> None:
    drill(world, world.car("3A12"))
    world.clock.advance(29)
    assert 0 == drills.finish_due(world.database, world.ports)


def test_a_process_of_the_release_before_takes_a_drill_for_an_incident_that_is_over(world: World) -> None:
    """It does not know the column: only what else the row says."""
    drilled = drill(world, world.car("3A12"))
    with world.database.transaction(world.agency_id) as tx:
        found = incidents.find(tx, drilled.drill_id)
    assert found is not None
    assert not found.lives
    assert found.is_silent
    assert found.deadline_at is None


@pytest.mark.parametrize(("act", "state"), [("cancels", IncidentState.CANCELLED), ("closes", IncidentState.CLOSED)])
def test_a_drill_that_a_process_of_the_release_before_has_reopened_can_be_ended(
    world: World, act: str, state: IncidentState
) -> None:
    drilled = drill(world, world.car("3A12"))
    _reopened_by_the_release_before(world, drilled.drill_id)
    of_the_drill = Answer(incident_id=drilled.drill_id, detection_id="", revision=0, outcome=Outcome.OPENED)
    assert state is getattr(world.dispatcher, act)(of_the_drill).incident.state


def test_the_head_start_of_workers_is_what_the_words_go_by() -> None:
    assert overdue.HEAD_START_S == CLOCK_TAKES_OVER_S


def _reopened_by_the_release_before(world: World, drill_id: UUID) -> None:
    """It takes the drill for an incident that somebody cancelled."""
    until = world.clock.now() + seconds(30)
    with world.database.transaction(world.agency_id) as tx:
        incidents.note(
            tx, drill_id, state=IncidentState.OPEN, ended_at=None, level=1, deadline_at=until, next_action_at=until
        )


class TestLongAfterwards:
    @pytest.fixture
    def clock(self) -> FrozenClock:
        return a_clock_of_long_ago()

    def test_a_drill_is_purged_with_its_report_like_any_incident(self, world: World) -> None:
        keep_for(world, incidents_days=1)
        drilled = drill(world, world.car("3A12"))
        world.advance(31)
        return_to_the_present(world)
        world.clock.advance(A_DAY_S)
        purge(world)
        with world.database.transaction(world.agency_id) as tx:
            assert incidents.find(tx, drilled.drill_id) is None
            assert stored_drills.find(tx, drilled.drill_id) is None
