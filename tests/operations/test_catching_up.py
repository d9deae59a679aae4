"""A phone that heard nothing for a while asks what it missed, and misses nothing, and hears nothing twice."""

from uuid import UUID

from builders import a_point
from world import Phone, World

from service.operations.catching_up import Bookmark, alerts_since


def test_a_phone_learns_what_it_missed_and_only_that(world: World) -> None:
    (car,) = world.cars(400)
    first = world.hears("SST-1")
    seen, bookmark = _since(world, car.phone, None)
    assert [first.incident_id] == seen
    assert ([], bookmark) == _since(world, car.phone, bookmark)

    second = world.hears("SST-2", place=a_point(away_m=1_000))
    seen, bookmark = _since(world, car.phone, bookmark)
    assert [second.incident_id] == seen
    assert ([], bookmark) == _since(world, car.phone, bookmark)


def test_a_change_of_what_was_seen_is_seen_again(world: World) -> None:
    (car,) = world.cars(400)
    heard = world.hears()
    _, bookmark = _since(world, car.phone, None)
    world.advance(1)
    world.dismisses()
    seen, _ = _since(world, car.phone, bookmark)
    assert [heard.incident_id] == seen


def test_what_commits_late_with_an_earlier_time_is_not_missed(world: World) -> None:
    (car,) = world.cars(400)
    early = world.hears("SST-1")
    world.advance(2)
    late = world.hears("SST-2", place=a_point(away_m=1_000))
    # As if the first had not been committed yet when the phone asked: it has seen the later one alone.
    view = next(view for view in car.phone.alerts if view.incident.incident_id == late.incident_id)
    stored = view.stored
    bookmark = Bookmark(at=stored.changed_at, seen=frozenset({(stored.alert.alert_id, stored.changed_at)}))
    seen, _ = _since(world, car.phone, bookmark)
    assert [early.incident_id] == seen


def test_a_unit_without_alerts_has_no_bookmark(world: World) -> None:
    (car,) = world.cars(400)
    assert ([], None) == _since(world, car.phone, None)


def _since(world: World, phone: Phone, bookmark: Bookmark | None) -> tuple[list[UUID], Bookmark | None]:
    """The incidents that are new to the phone, newest change first, and its next bookmark."""
    views, following = alerts_since(world.database, device=phone.device, bookmark=bookmark, limit=50)
    return [view.incident.incident_id for view in views], following
