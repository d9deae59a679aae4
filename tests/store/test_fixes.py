"""The copy of positions: what is written is read back, newer wins, and agencies are apart."""

from uuid import UUID

import pytest
from builders import NOW, a_fix, id_of, seconds
from world import MakeWorld, World

from service.domain.geo import Point
from service.domain.unit import Track
from service.operations import registry
from service.store import fixes


def a_unit(world: World, call_sign: str) -> UUID:
    """One that has never reported."""
    return registry.create_unit(world.database, world.ports, agency_id=world.agency_id, call_sign=call_sign)


@pytest.fixture
def unit_id(world: World) -> UUID:
    return a_unit(world, "3A12")


def keep(world: World, tracks: dict[UUID, Track]) -> None:
    with world.database.transaction(world.agency_id) as tx:
        fixes.keep(tx, tracks, now=world.clock.now())


def kept(world: World) -> dict[UUID, Track]:
    with world.database.transaction(world.agency_id) as tx:
        return fixes.all_tracks(tx)


def test_a_track_is_read_back_as_it_was_written(world: World, unit_id: UUID) -> None:
    last = a_fix(accuracy_m=4.5, heading_deg=181.25, speed_mps=12.75)
    track = Track(last=last, suspect=a_fix(away_m=90_000, age_s=1.000001, accuracy_m=None))
    keep(world, {unit_id: track})
    assert {unit_id: track} == kept(world)


def test_a_pole_and_the_antimeridian_are_places_like_others(world: World, unit_id: UUID) -> None:
    track = Track(last=a_fix(point=Point(lat=-90, lon=180)))
    keep(world, {unit_id: track})
    assert {unit_id: track} == kept(world)


def test_many_units_are_written_in_one_statement(world: World) -> None:
    tracks = {a_unit(world, f"3A{number}"): Track(last=a_fix(away_m=number)) for number in range(20)}
    keep(world, tracks)
    assert tracks == kept(world)


def test_a_newer_fix_stays_though_an_older_one_is_written_later(world: World, unit_id: UUID) -> None:
    newer = Track(last=a_fix(age_s=1))
    keep(world, {unit_id: newer})
    keep(world, {unit_id: Track(last=a_fix(age_s=2, away_m=50))})
    assert {unit_id: newer} == kept(world)


def test_the_same_fix_twice_is_written_twice(world: World, unit_id: UUID) -> None:
    keep(world, {unit_id: Track(last=a_fix())})
    keep(world, {unit_id: Track(last=a_fix(), suspect=a_fix(away_m=90_000, age_s=1))})
    assert {unit_id: Track(last=a_fix(), suspect=a_fix(away_m=90_000, age_s=1))} == kept(world)


def test_a_fix_that_a_wrong_clock_left_in_the_future_gives_way(world: World, unit_id: UUID) -> None:
    keep(world, {unit_id: Track(last=a_fix(at=NOW + seconds(3_600)))})
    keep(world, {unit_id: Track(last=a_fix())})
    assert {unit_id: Track(last=a_fix())} == kept(world)


def test_an_unconfirmed_jump_alone_is_nothing_to_keep(world: World, unit_id: UUID) -> None:
    keep(world, {unit_id: Track(suspect=a_fix())})
    assert {} == kept(world)


def test_some_units_are_read_without_the_others(world: World, unit_id: UUID) -> None:
    keep(world, {unit_id: Track(last=a_fix(age_s=1)), a_unit(world, "3A14"): Track(last=a_fix(age_s=2))})
    silent = a_unit(world, "3A16")
    with world.database.transaction(world.agency_id) as tx:
        assert {unit_id: Track(last=a_fix(age_s=1))} == fixes.tracks_of(tx, [unit_id, silent])
        assert {} == fixes.tracks_of(tx, [])


def test_a_unit_that_is_gone_keeps_no_other_from_being_written(world: World, unit_id: UUID) -> None:
    keep(world, {id_of("gone"): Track(last=a_fix()), unit_id: Track(last=a_fix())})
    assert {unit_id} == set(kept(world))


def test_another_agency_neither_sees_nor_moves_a_unit(world: World, make_world: MakeWorld, unit_id: UUID) -> None:
    other = make_world()
    keep(world, {unit_id: Track(last=a_fix(age_s=9))})
    keep(other, {unit_id: Track(last=a_fix(away_m=50))})
    assert {} == kept(other)
    assert {unit_id: Track(last=a_fix(age_s=9))} == kept(world)
