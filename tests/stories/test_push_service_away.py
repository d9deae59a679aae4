"""FCM is away for ten minutes: phones that look still see their alerts, escalation goes on, and nothing rings twice."""

from collections import Counter

from world import World

from service.domain.alert import PageKind, PageState
from service.domain.incident import IncidentState
from service.domain.unit import Status, UnitKind
from service.ports import NotSent

AWAY = NotSent(reason="not tried, the push service is away: it cannot be reached", can_retry=True, retry_after_s=0.5)
STEP_S = 30
SOON_S = 4


def minutes_pass(world: World, minutes: float) -> None:
    """From one deadline of a level to the next."""
    for _ in range(int(minutes * 60 / STEP_S)):
        world.clock.advance(STEP_S)
        world.tick()


def rung_twice(world: World) -> list[tuple[str, object, int]]:
    rings = Counter((ring.target.value, ring.notice.incident_id, ring.notice.sequence) for ring in world.push.rings)
    return [ring for ring, times in rings.items() if times > 1]


def test_phones_that_look_see_the_alert_although_nothing_rang(world: World) -> None:
    near, _ = world.cars(400, 900)
    world.push.fail_all(AWAY)
    heard = world.hears()
    world.advance(10)

    assert [] == world.push.rings
    assert [heard.incident_id] == [view.stored.incident_id for view in near.phone.alerts]
    near.phone.accepts()
    assert near.call_sign in {unit.call_sign for unit in world.units() if unit.incident_id == heard.incident_id}


def test_escalation_goes_on_as_if_all_phones_had_rung(world: World) -> None:
    cars = world.cars(400, 900, 1_500, 2_000, 2_500, 3_000)
    world.push.fail_all(AWAY)
    heard = world.hears()
    asked = []
    for _ in range(3):
        asked.append(sum(1 for car in cars if car.phone.alerts))
        minutes_pass(world, 0.5)

    assert [2, 4, 6] == asked
    assert IncidentState.UNANSWERED is world.incident(heard).incident.state


def test_pages_that_nobody_could_send_are_dead_and_the_record_says_why(world: World) -> None:
    world.cars(600, 900)
    warned = [world.car(away_m=away_m) for away_m in (300, 400)]
    for car in warned:
        car.phone.says(Status.UNAVAILABLE)
    world.push.fail_all(AWAY)
    heard = world.hears()
    minutes_pass(world, 2.5)
    record = world.incident(heard)
    warnings = [page for page in record.pages if page.kind is PageKind.WARNING]
    dead = {
        entry.details["page_id"]: entry.details["reason"] for entry in record.timeline if entry.action == "page_dead"
    }

    assert [PageState.DEAD] * 2 == [page.state for page in warnings]
    assert {str(page.page_id): AWAY.reason for page in warnings} == dead


def test_a_page_of_an_alert_that_ran_out_unheard_is_never_sent_late(world: World) -> None:
    near, _, third = world.cars(400, 900, 1_500)
    world.push.fail_all(AWAY)
    world.hears()
    minutes_pass(world, 0.5)
    world.push.behave()
    world.advance(SOON_S)

    assert [] == near.phone.kinds
    assert [PageKind.ALERT] == third.phone.kinds


def test_after_ten_minutes_it_is_back_and_everything_rings_that_still_matters_and_nothing_twice(world: World) -> None:
    world.cars(400, 900)
    boss = world.car("S1", away_m=2_000, kind=UnitKind.SUPERVISOR)
    world.push.fail_all(AWAY)
    forgotten = world.hears()
    minutes_pass(world, 10)
    assert [] == world.push.rings

    world.push.behave()
    minutes_pass(world, 1)
    assert {forgotten.incident_id} == {ring.notice.incident_id for ring in boss.phone.rings}

    fresh = world.car("3A12", away_m=100)
    new = world.hears("SST-2")
    assert [new.incident_id] == [ring.notice.incident_id for ring in fresh.phone.rings]
    minutes_pass(world, 2)
    assert [] == rung_twice(world)
