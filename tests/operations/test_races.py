"""Many at once: thumbs, clocks and sensors that meet in the same instant. One winner each, and nothing twice."""

from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random
from typing import Any
from uuid import UUID

from builders import a_detection, a_point, a_sound
from world import MakeWorld, Phone, World

from service.domain.alert import PageKind, Role
from service.domain.detection import Outcome
from service.domain.incident import IncidentState
from service.domain.unit import Status
from service.operations import acknowledgments, detections, escalations
from service.operations.detections import Arrival
from service.operations.paging import send_due_pages

AT_ONCE = 10
"""Threads, no more than the pool has connections; acts queue behind them as they would behind the API's."""


def test_of_200_acceptances_at_once_exactly_one_is_primary(make_world: MakeWorld) -> None:
    world = make_world(units_per_level=20)
    phones = [world.car(away_m=300 + n).phone for n in range(20)]
    heard = world.hears()
    thumbs = [(phone, phone.alert_id) for phone in phones] * 10
    with ThreadPoolExecutor(AT_ONCE) as threads:
        roles = list(threads.map(lambda thumb: _accept(world, *thumb), thumbs))
    # Ten thumbs on each phone: the primary unit is told so ten times, and every other that it assists.
    assert {Role.PRIMARY: 10, Role.ASSISTING: 190} == Counter(roles)
    assert world.incident(heard).incident.state is IncidentState.COVERED


def test_no_escalation_follows_a_committed_acknowledgment(make_world: MakeWorld) -> None:
    """2,000 acceptances, five thumbs on each of four phones for 100 incidents that need one, race 100 deadlines."""
    world = make_world(acknowledgments_needed=1, units_per_level=4)
    phones = [world.car(away_m=300 + n).phone for n in range(8)]
    heard = [world.hears(f"SST-{n}", place=a_point(away_m=1_000 * n, bearing_deg=180)) for n in range(100)]
    ringing = [(phone, view.stored.alert.alert_id) for phone in phones for view in phone.alerts]
    world.clock.advance(30)
    with ThreadPoolExecutor(2) as clocks, ThreadPoolExecutor(AT_ONCE - 2) as thumbs:
        escalating = [clocks.submit(escalations.escalate_due, world.database, world.ports) for _ in range(4)]
        accepting = [thumbs.submit(_accept, world, phone, alert_id) for phone, alert_id in _shuffled(ringing * 5)]
        due = sum(each.result() for each in escalating)
        roles = [each.result() for each in accepting]
    timelines = [[entry.action for entry in world.incident(each).timeline] for each in heard]
    assert 2_000 == len(roles)
    assert due >= 100
    assert {IncidentState.COVERED} == {world.incident(each).incident.state for each in heard}
    assert [] == [timeline for timeline in timelines if _asked_after_acknowledged(timeline)]


def test_six_sensors_at_once_are_one_incident(world: World) -> None:
    world.cars(400, 900)
    with ThreadPoolExecutor(6) as threads:
        answers = list(
            threads.map(
                lambda n: detections.receive_detection(
                    world.database,
                    world.ports,
                    agency_id=world.agency_id,
                    detection=a_detection(
                        source_id=world.source_id, detection_id=f"sensor-{n % 6}", sound=a_sound(rounds=n % 6)
                    ),
                    arrival=Arrival(at=world.clock.now(), body_sha256=bytes([n % 6])),
                ),
                range(24),
            )
        )
    assert 1 == len({answer.incident_id for answer in answers})
    assert 18 == sum(answer.replayed for answer in answers)
    assert 1 == sum(answer.outcome is Outcome.OPENED and not answer.replayed for answer in answers)


def test_two_workers_and_a_clock_send_each_page_once(world: World) -> None:
    cars = world.cars(400, 900)
    world.jobs.is_away = True
    heard = world.hears()
    assert heard.incident_id is not None
    ids = {"agency_id": world.agency_id, "incident_id": heard.incident_id}
    with ThreadPoolExecutor(8) as threads:
        sent = list(
            threads.map(lambda _: send_due_pages(world.database, world.ports, threads=world.threads, **ids), range(8))
        )
    assert 2 == sum(sent)
    assert [[PageKind.ALERT], [PageKind.ALERT]] == [car.phone.kinds for car in cars]


def test_ten_clocks_escalate_once(world: World) -> None:
    world.cars(400, 900, 1_500, 2_000, 2_500, 3_000)
    heard = world.hears()
    world.clock.advance(30)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda _: escalations.escalate_due(world.database, world.ports), range(AT_ONCE)))
    assert 4 == len(world.incident(heard).alerts)
    assert 2 == world.incident(heard).incident.level


def _accept(world: World, phone: Phone, alert_id: UUID) -> Role | None:
    view = acknowledgments.acknowledge(world.database, world.ports, device=phone.device, alert_id=alert_id)
    return view.stored.alert.role


def _shuffled(ringing: list[tuple[Phone, UUID]]) -> list[tuple[Phone, UUID]]:
    return Random(7).sample(ringing, len(ringing))  # noqa: S311  an order, not a secret


def _asked_after_acknowledged(timeline: list[str]) -> bool:
    return "unit_asked" in timeline[timeline.index("alert_acknowledged") :]


def test_receipts_thumbs_and_workers_never_wait_for_each_other_in_a_circle(world: World) -> None:
    """A deadlock would end one of them with `unavailable`, after a second of an officer's time."""
    phones = [car.phone for car in world.cars(400, 900)]
    for n in range(20):
        heard = world.hears(f"SST-{n}", place=a_point(away_m=1_000 * n, bearing_deg=180))
        assert heard.incident_id is not None
        ids = {"agency_id": world.agency_id, "incident_id": heard.incident_id}
        thumbs = [(phone, phone.alert_id) for phone in phones if phone.alerts and phone.alerts[0].stored.alert.rings]
        with ThreadPoolExecutor(AT_ONCE) as threads:
            acts: list[Future[Any]] = [threads.submit(_receive, world, *thumb) for thumb in thumbs]
            acts += [threads.submit(_accept, world, *thumb) for thumb in thumbs]
            acts += [threads.submit(send_due_pages, world.database, world.ports, threads=world.threads, **ids)]
            acts += [threads.submit(world.updates, f"SST-{n}", place=a_point(away_m=1_000 * n, bearing_deg=180))]
            for act in acts:
                act.result()
        for phone in phones:
            phone.says(Status.AVAILABLE)


def _receive(world: World, phone: Phone, alert_id: UUID) -> None:
    acknowledgments.record_receipt(
        world.database, world.ports, device=phone.device, alert_id=alert_id, kind="received", at=world.clock.now()
    )
