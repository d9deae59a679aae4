"""Dispatchers, officers and the clock at the same instant: each act counts once, and nobody waits for nobody."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from builders import a_point
from world import World

from service.domain.alert import AlertState
from service.domain.disposition import Disposition
from service.domain.errors import Code, DomainError
from service.domain.incident import IncidentState
from service.operations import acknowledgments, dispatching, ending, escalations, regrouping
from service.operations.ending import Closing

REFUSED = {Code.INCIDENT_OVER, Code.ILLEGAL_MOVE}


def test_ten_confirm_and_ten_refuse_at_once(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears()
    near.phone.accepts()
    alert_id = world.dispatcher.alert_id(heard, near)
    how: Any = {"user": world.dispatcher.user, "incident_id": heard.incident_id, "alert_id": alert_id}
    where = (world.database, world.ports)
    _at_once(
        *[partial(dispatching.confirm_acknowledgment, *where, **how)] * 10,
        *[partial(dispatching.refuse_acknowledgment, *where, **how)] * 10,
    )
    seen = world.dispatcher.sees(heard)
    done = [entry.action for entry in seen.timeline]
    assert 1 == done.count("acknowledgment_refused")
    assert done.count("acknowledgment_confirmed") <= 1
    assert AlertState.RECALLED is seen.alerts[0].alert.state


def test_two_merge_crosswise_at_once(world: World) -> None:
    world.cars(400, 900)
    for number in range(10):
        one = world.hears(f"A-{number}")
        other = world.hears(f"B-{number}", place=a_point(away_m=3_000, bearing_deg=0))
        user, where = world.dispatcher.user, (world.database, world.ports)
        assert one.incident_id
        assert other.incident_id
        first: Any = {"user": user, "incident_id": one.incident_id, "into": other.incident_id}
        second: Any = {"user": user, "incident_id": other.incident_id, "into": one.incident_id}
        _at_once(
            partial(regrouping.merge_incidents, *where, **first), partial(regrouping.merge_incidents, *where, **second)
        )
        ended = [world.dispatcher.sees(each).incident.state is IncidentState.CLOSED for each in (one, other)]
        assert [False, True] == sorted(ended)
        world.clock.advance(700)


def test_closing_while_officers_accept_and_the_clock_escalates(world: World) -> None:
    cars = world.cars(400, 900, 1500, 1600, 1700, 1800)
    for number in range(10):
        heard = world.hears(f"SST-{number}")
        user, where = world.dispatcher.user, (world.database, world.ports)
        world.clock.advance(31)
        closing: Any = {"user": user, "incident_id": heard.incident_id}
        finding = Closing(disposition=Disposition.NO_EVIDENCE)
        alert_id = cars[0].phone.alert_id
        _at_once(
            partial(escalations.escalate_due, *where),
            partial(acknowledgments.acknowledge, *where, device=cars[0].phone.device, alert_id=alert_id),
            partial(dispatching.escalate_incident, *where, **closing),
            partial(ending.close_incident, *where, **closing, finding=finding),
            partial(ending.close_incident, *where, **closing, finding=finding),
        )
        seen = world.dispatcher.sees(heard)
        assert IncidentState.CLOSED is seen.incident.state
        assert not [alert for alert in seen.alerts if alert.alert.rings]
        assert 1 == [entry.action for entry in seen.timeline].count("closure_ordered")
        world.clock.advance(700)


def _at_once(*acts: Callable[[], object]) -> None:
    """What comes too late is refused in words; anything else that is raised fails the test."""
    with ThreadPoolExecutor(len(acts)) as threads:
        for done in [threads.submit(_unless_too_late, act) for act in acts]:
            done.result()


def _unless_too_late(act: Callable[[], object]) -> None:
    try:
        act()
    except DomainError as refusal:
        if refusal.code not in REFUSED:
            raise
