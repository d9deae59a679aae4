"""Somebody looked, somebody changed something, and later somebody else asks who it was."""

from typing import Any

import pytest
from builders import a_point
from intruder import Intruder
from keeping import drive, verified
from world import World

from service.domain.errors import Code, DomainError
from service.operations.record import list_journal, show_trails
from service.operations.sealing import seal_due
from service.store.journal import Search, StoredEntry
from service.store.users import UserRole


def read(world: World, *, limit: int = 200, **search: Any) -> list[StoredEntry]:
    """What an auditor is shown, newest first."""
    user = world.person(UserRole.AUDITOR).user
    page = list_journal(world.database, world.ports, user=user, search=Search(**search), limit=limit)
    return list(page.entries)


def test_an_auditor_who_reads_an_incident_is_in_the_journal_with_when_and_from_where(world: World) -> None:
    heard = world.hears()
    auditor = world.person(UserRole.AUDITOR)
    auditor.reads(heard)
    [looked] = read(world, incident_id=heard.incident_id, action="incident_read")
    assert (auditor.user.actor, world.clock.now(), "10.1.1.1") == (looked.entry.actor, looked.entry.at, looked.origin)


def test_an_auditor_who_reads_where_units_were_is_in_the_journal(world: World) -> None:
    (car,) = world.cars(800)
    heard = world.hears()
    car.phone.accepts()
    drive(car, world, 600)
    auditor = world.person(UserRole.AUDITOR)
    assert heard.incident_id is not None
    [trail] = show_trails(world.database, world.ports, user=auditor.user, incident_id=heard.incident_id)
    assert (car.call_sign, [a_point(away_m=600).lat]) == (trail.call_sign, [step.lat for step in trail.steps][-1:])
    [looked] = read(world, incident_id=heard.incident_id, action="trail_read")
    assert (auditor.user.actor, {"units": [str(car.unit_id)]}) == (looked.entry.actor, looked.entry.details)


def test_whoever_reads_the_journal_is_in_the_journal(world: World) -> None:
    heard = world.hears()
    first, second = world.person(UserRole.AUDITOR), world.person(UserRole.SUPERVISOR)
    asked = Search(incident_id=heard.incident_id, action="alert_acknowledged")
    list_journal(world.database, world.ports, user=first.user, search=asked, limit=10)
    page = list_journal(world.database, world.ports, user=second.user, search=Search(action="journal_read"), limit=10)
    [looked] = page.entries
    assert (first.user.actor, heard.incident_id) == (looked.entry.actor, looked.entry.incident_id)
    assert "alert_acknowledged" == looked.entry.details["action"]


def test_who_looked_is_no_part_of_what_happened(world: World) -> None:
    heard = world.hears()
    before = world.incident(heard).timeline
    world.person(UserRole.AUDITOR).reads(heard)
    assert before == world.incident(heard).timeline


def test_nobody_is_asked_for_an_incident_that_is_another_agency_s(world: World) -> None:
    with pytest.raises(DomainError) as refused:
        show_trails(world.database, world.ports, user=world.dispatcher.user, incident_id=world.source_id)
    assert Code.NOT_FOUND is refused.value.code


def test_a_whole_night_verifies_and_says_from_where_each_of_it_came(world: World) -> None:
    near, far = world.cars(400, 900)
    heard = world.hears()
    near.phone.receives()
    near.phone.accepts()
    far.phone.declines()
    world.dispatcher.confirms(heard, near)
    world.advance(90)
    drive(near, world, 200)
    near.phone.reports("on_scene")
    world.dispatcher.notes(heard, "caller says two men ran north")
    near.phone.reports("clear")
    world.dispatcher.closes(heard)
    seal_due(world.database, world.ports)
    assert verified(world).endswith("nothing is wrong, 1 to look at")  # the clock sealed it all at its end alone
    by_person = [stored for stored in read(world) if stored.entry.actor == world.dispatcher.user.actor]
    assert {"10.1.1.1"} == {stored.origin for stored in by_person}


def test_a_note_that_was_changed_afterwards_is_found(world: World, admin_database_url: str) -> None:
    heard = world.hears()
    world.dispatcher.notes(heard, "caller says two men ran north")
    seal_due(world.database, world.ports)
    [note] = read(world, action="note_added")
    intruder = Intruder(admin_database_url)
    intruder.does(
        """update journal set details = '{"text": "caller says three men ran south"}' where entry_id = %s""",
        note.entry_id,
    )
    assert verified(world).endswith("1 WRONG")


def test_the_clock_seals_while_the_night_goes_on(world: World) -> None:
    (car,) = world.cars(400)
    world.hears()
    for _ in range(5):
        world.advance(1)
        seal_due(world.database, world.ports)
    car.phone.accepts()
    seal_due(world.database, world.ports)
    assert verified(world).endswith("nothing is wrong")
