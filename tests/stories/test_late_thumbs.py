"""A thumb, a page or a word that comes while a dispatcher merges and closes: it counts where the incident is now."""

import time
from concurrent.futures import ThreadPoolExecutor

from builders import a_point
from officer import presses
from sqlalchemy import text
from world import World

from service.domain.alert import AlertState, PageKind
from service.domain.detection import Confidence
from service.domain.disposition import Disposition
from service.domain.incident import IncidentState
from service.domain.unit import UnitKind
from service.operations import acknowledgments
from service.operations.acknowledgments import Finding
from service.store import alerts, incidents

PATIENCE_S = 10


def test_a_thumb_that_waited_for_a_merge_answers_the_incident_that_lives_on(world: World) -> None:
    near, _ = world.cars(400, 900)
    first = world.hears("SST-1")
    second = world.hears("SST-2", place=a_point(away_m=900, bearing_deg=0), confidence=Confidence.LOW)
    assert first.incident_id
    assert second.incident_id
    alert_id = world.dispatcher.alert_id(first, near)
    with ThreadPoolExecutor(1) as thumb:
        with world.database.transaction(world.agency_id) as tx:
            incidents.lock(tx, first.incident_id)
            accepting = thumb.submit(near.phone.accepts_alert, alert_id)
            _wait_for_somebody_to_wait(world)
            alerts.hand_over(tx, [alert_id], to=second.incident_id, now=world.clock.now())
        view = accepting.result(PATIENCE_S)
    assert second.incident_id == view.incident.incident_id
    assert AlertState.ACKNOWLEDGED is view.stored.alert.state


def test_a_page_tried_again_after_a_merge_does_not_ring_for_the_incident_that_is_closed(world: World) -> None:
    near, _ = world.cars(400, 900)
    world.jobs.is_away = True
    first = world.hears("SST-1")
    second = world.hears("SST-2", place=a_point(away_m=900, bearing_deg=0))
    with world.database.transaction(world.agency_id) as tx:
        world.claim_all(tx)
    world.dispatcher.merges(first, into=second)
    world.jobs.is_away = False
    world.advance(10)
    assert first.incident_id not in {
        ring.notice.incident_id for ring in near.phone.rings if ring.notice.kind is PageKind.ALERT
    }


def test_what_was_dismissed_and_came_back_in_doubt_rings_when_it_is_certain(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears()
    world.dismisses()
    world.updates(revision=2, confidence=Confidence.LOW)
    assert 1 == near.phone.kinds.count(PageKind.ALERT)
    world.updates(revision=3, confidence=Confidence.HIGH)
    assert 2 == near.phone.kinds.count(PageKind.ALERT)
    assert IncidentState.OPEN is world.incident(heard).incident.state


def test_an_officer_s_late_word_does_not_change_what_it_was_closed_with(world: World) -> None:
    near, _ = world.cars(400, 900)
    heard = world.hears()
    near.phone.accepts()
    alert_id = near.phone.alert_id
    world.dispatcher.closes(heard, Disposition.EVIDENCE_FOUND)
    acknowledgments.report_disposition(
        world.database,
        world.ports,
        device=near.phone.device,
        alert_id=alert_id,
        found=Finding(disposition=Disposition.NO_EVIDENCE),
    )
    seen = world.incident(heard)
    assert Disposition.EVIDENCE_FOUND is seen.incident.disposition
    assert "disposition_reported" == seen.timeline[-1].action


def test_a_sergeant_who_calls_for_help_is_not_asked_to_help_others(world: World) -> None:
    sergeant = world.car("1S10", away_m=3_000, kind=UnitKind.SUPERVISOR)
    presses(sergeant.phone)
    heard = world.hears(place=a_point(away_m=9_000, bearing_deg=180))
    assert sergeant.unit_id not in {alert.alert.unit_id for alert in world.incident(heard).alerts}


def _wait_for_somebody_to_wait(world: World) -> None:
    until_s = time.monotonic() + PATIENCE_S
    waiting = text(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )
    while time.monotonic() < until_s:
        with world.database.outside() as connection:
            if connection.execute(waiting).scalar_one():
                return
    raise AssertionError("nobody waited for the incident")
