"""What every positions port promises: kept here once, run on the fake and on a real Redis."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from uuid import UUID

import pytest
from builders import AGENCY_ID, NOW, PLACE, a_fix, a_point, id_of, seconds
from fake_clock import FrozenClock
from fake_positions import FakePositions

from service.adapters.redis.positions import RedisPositions
from service.adapters.redis.server import RedisServer
from service.domain.geo import Point
from service.domain.unit import Track
from service.ports import Positions, PositionsUnavailable, UnitKey

OTHER_AGENCY_ID = id_of("other agency")


class Ask(Protocol):
    """Runs one coroutine of the port: all of them on the one loop that it is bound to."""

    def __call__(self, asked: Coroutine[Any, Any, Any], /) -> Any: ...


@contextmanager
def a_real_one(server: RedisServer, clock: FrozenClock) -> Iterator[tuple[RedisPositions, Ask]]:
    with asyncio.Runner() as runner:
        real = RedisPositions(server, clock=clock)
        yield real, runner.run
        runner.run(real.aclose())
        real.close()


@pytest.fixture(params=["fake", "real"])
def port(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[tuple[Positions, Ask]]:
    if request.param == "fake":
        yield FakePositions(clock=clock), asyncio.run
    else:
        with a_real_one(request.getfixturevalue("redis_server"), clock) as real:
            yield real


@pytest.fixture
def positions(port: tuple[Positions, Ask]) -> Positions:
    """Knows the agency, and nobody in it."""
    port[0].rebuild(AGENCY_ID, {})
    return port[0]


@pytest.fixture
def ask(port: tuple[Positions, Ask]) -> Ask:
    return port[1]


def unit(call_sign: str, agency_id: UUID = AGENCY_ID) -> UnitKey:
    return UnitKey(agency_id, id_of(call_sign))


def at(*, away_m: float = 0, age_s: float = 5) -> Track:
    return Track(last=a_fix(away_m=away_m, age_s=age_s))


def call_signs(positions: Positions, *among: str, limit: int = 10, place: Point = PLACE) -> list[str]:
    names = {id_of(name): name for name in among}
    return [names[found.unit_id] for found in positions.near(AGENCY_ID, place, limit=limit)]


def test_the_nearest_units_come_first(positions: Positions, ask: Ask) -> None:
    ask(positions.keep({unit("far"): at(away_m=3_000), unit("near"): at(away_m=20), unit("middle"): at(away_m=800)}))
    assert call_signs(positions, "near", "middle", "far") == ["near", "middle", "far"]


def test_of_all_who_would_rebuild_at_once_one_may(positions: Positions) -> None:
    assert [True, False, False] == [positions.may_rebuild(AGENCY_ID) for _ in range(3)]
    assert positions.may_rebuild(OTHER_AGENCY_ID)


def test_no_more_than_asked_for_and_those_are_the_nearest(positions: Positions, ask: Ask) -> None:
    ask(positions.keep({unit(f"{n}"): at(away_m=n * 100) for n in range(50)}))
    assert call_signs(positions, "0", "1", "2", limit=3) == ["0", "1", "2"]


@pytest.mark.parametrize("away_m", [5_000, 500_000, 19_000_000])
def test_a_unit_is_found_at_any_distance(positions: Positions, ask: Ask, away_m: float) -> None:
    ask(positions.keep({unit(f"{n}"): at(away_m=away_m + n) for n in range(5)}))
    assert call_signs(positions, "0", "1", limit=2) == ["0", "1"]


def test_a_unit_across_the_antimeridian_is_a_neighbour(positions: Positions, ask: Ask) -> None:
    taveuni = Point(lat=-16.8, lon=179.9999)
    ask(
        positions.keep(
            {
                unit("across"): Track(last=a_fix(point=Point(lat=-16.8, lon=-179.9999))),
                unit("same side"): Track(last=a_fix(point=a_point(away_m=5_000, bearing_deg=270, start=taveuni))),
                unit("farther"): Track(last=a_fix(point=a_point(away_m=9_000, bearing_deg=270, start=taveuni))),
            }
        )
    )
    assert call_signs(positions, "across", "same side", "farther", limit=2, place=taveuni) == ["across", "same side"]


def test_a_track_comes_back_as_it_was_kept(positions: Positions, ask: Ask) -> None:
    last = a_fix(accuracy_m=4.5, heading_deg=181.25, speed_mps=12.75)
    full = Track(last=last, suspect=a_fix(away_m=90_000, age_s=1, accuracy_m=None))
    ask(positions.keep({unit("3A12"): full}))
    assert ask(positions.tracks([unit("3A12")])) == {unit("3A12"): full}
    assert positions.near(AGENCY_ID, PLACE, limit=1) == [(id_of("3A12"), full)]


def test_a_unit_that_never_reported_has_no_track(positions: Positions, ask: Ask) -> None:
    assert ask(positions.tracks([unit("3A12")])) == {}
    assert positions.near(AGENCY_ID, PLACE, limit=10) == []


def test_an_unconfirmed_jump_alone_is_remembered_and_never_found(positions: Positions, ask: Ask) -> None:
    suspected = Track(suspect=a_fix())
    ask(positions.keep({unit("3A12"): suspected}))
    assert ask(positions.tracks([unit("3A12")])) == {unit("3A12"): suspected}
    assert positions.near(AGENCY_ID, PLACE, limit=10) == []


def test_a_newer_fix_stays_though_an_older_one_is_kept_later(positions: Positions, ask: Ask) -> None:
    newer = at(away_m=100, age_s=1)
    ask(positions.keep({unit("3A12"): newer}))
    ask(positions.keep({unit("3A12"): at(age_s=2)}))
    assert positions.near(AGENCY_ID, PLACE, limit=1) == [(id_of("3A12"), newer)]


def test_a_fix_of_the_same_time_brings_its_suspect_along(positions: Positions, ask: Ask) -> None:
    last = a_fix()
    ask(positions.keep({unit("3A12"): Track(last=last)}))
    ask(positions.keep({unit("3A12"): Track(last=last, suspect=a_fix(away_m=90_000, age_s=1))}))
    assert ask(positions.tracks([unit("3A12")]))[unit("3A12")].suspect is not None


def test_a_kept_fix_from_the_future_gives_way_to_one_of_now(positions: Positions, ask: Ask, clock: FrozenClock) -> None:
    clock.advance(3_600)
    ask(positions.keep({unit("3A12"): Track(last=a_fix(at=NOW + seconds(3_600)))}))
    clock.advance(-3_600)
    ask(positions.keep({unit("3A12"): at(age_s=0)}))
    assert ask(positions.tracks([unit("3A12")])) == {unit("3A12"): at(age_s=0)}


def test_agencies_do_not_see_each_other(positions: Positions, ask: Ask) -> None:
    positions.rebuild(OTHER_AGENCY_ID, {})
    ask(positions.keep({unit("ours"): at(), unit("theirs", OTHER_AGENCY_ID): at()}))
    assert call_signs(positions, "ours") == ["ours"]
    both = [unit("ours"), unit("theirs", OTHER_AGENCY_ID), unit("theirs")]
    assert ask(positions.tracks(both)) == {unit("ours"): at(), unit("theirs", OTHER_AGENCY_ID): at()}


def test_an_agency_that_was_never_rebuilt_is_unavailable_not_empty(positions: Positions, ask: Ask) -> None:
    with pytest.raises(PositionsUnavailable):
        positions.near(OTHER_AGENCY_ID, PLACE, limit=1)
    with pytest.raises(PositionsUnavailable):
        ask(positions.tracks([unit("3A12"), unit("theirs", OTHER_AGENCY_ID)]))
    with pytest.raises(PositionsUnavailable):
        ask(positions.keep({unit("theirs", OTHER_AGENCY_ID): at()}))


def test_a_rebuilt_agency_answers_with_what_the_store_had(positions: Positions, ask: Ask) -> None:
    positions.rebuild(OTHER_AGENCY_ID, {id_of(f"{n}"): at(away_m=n) for n in range(2_500)})
    assert len(positions.near(OTHER_AGENCY_ID, PLACE, limit=3_000)) == 2_500
    assert ask(positions.tracks([unit("7", OTHER_AGENCY_ID)])) == {unit("7", OTHER_AGENCY_ID): at(away_m=7)}


def test_rebuilding_twice_overwrites_nothing_newer(positions: Positions, ask: Ask) -> None:
    newer = at(away_m=100, age_s=1)
    ask(positions.keep({unit("3A12"): newer}))
    positions.rebuild(AGENCY_ID, {id_of("3A12"): at(age_s=60), id_of("3A13"): at(age_s=60)})
    assert ask(positions.tracks([unit("3A12")])) == {unit("3A12"): newer}
    assert call_signs(positions, "3A12", "3A13") == ["3A13", "3A12"]


def test_who_has_long_reported_nothing_is_forgotten_and_the_others_are_not(positions: Positions, ask: Ask) -> None:
    ask(positions.keep({unit("gone"): at(age_s=3_601), unit("here"): at(age_s=3_600)}))
    positions.forget(AGENCY_ID, before=NOW - seconds(3_600))
    assert ask(positions.tracks([unit("gone"), unit("here")])) == {unit("here"): at(age_s=3_600)}
    assert call_signs(positions, "gone", "here") == ["here"]


def test_an_old_jump_that_was_never_confirmed_is_forgotten_too(positions: Positions, ask: Ask) -> None:
    fresh = Track(suspect=a_fix(age_s=10))
    ask(positions.keep({unit("gone"): Track(suspect=a_fix(age_s=7_200)), unit("here"): fresh}))
    positions.forget(AGENCY_ID, before=NOW - seconds(3_600))
    assert ask(positions.tracks([unit("gone"), unit("here")])) == {unit("here"): fresh}


def test_who_was_forgotten_is_known_again_with_the_next_fix(positions: Positions, ask: Ask) -> None:
    ask(positions.keep({unit("3A12"): at(age_s=7_200)}))
    positions.forget(AGENCY_ID, before=NOW - seconds(3_600))
    ask(positions.keep({unit("3A12"): at()}))
    assert positions.near(AGENCY_ID, PLACE, limit=1) == [(id_of("3A12"), at())]


def test_of_many_units_each_is_looked_at_and_only_in_this_agency(positions: Positions, ask: Ask) -> None:
    old = {id_of(f"{n}"): at(age_s=7_200) for n in range(4_500)}
    positions.rebuild(AGENCY_ID, old | {id_of(f"fresh {n}"): at() for n in range(500)})
    positions.rebuild(OTHER_AGENCY_ID, {id_of("theirs"): at(age_s=7_200)})
    for _ in range(2):
        positions.forget(AGENCY_ID, before=NOW - seconds(3_600))
        assert len(positions.near(AGENCY_ID, PLACE, limit=10_000)) == 500
    assert ask(positions.tracks([unit("theirs", OTHER_AGENCY_ID)])) != {}


def test_of_an_agency_that_was_never_rebuilt_there_is_nothing_to_forget(positions: Positions) -> None:
    positions.forget(OTHER_AGENCY_ID, before=NOW)
    with pytest.raises(PositionsUnavailable):
        positions.near(OTHER_AGENCY_ID, PLACE, limit=1)


def test_nothing_to_keep_and_nobody_to_ask_for_is_fine(positions: Positions, ask: Ask) -> None:
    ask(positions.keep({}))
    assert ask(positions.tracks([])) == {}
