"""Messages overtake each other and come twice: in every order that they can come in, the same comes of them."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import permutations

import pytest
from arrivals import Message, Town, dismissed, expected, heard, named
from builders import NOW, a_point, a_sound, seconds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from service.dev.embedded import Stores
from service.domain.detection import Classification, Confidence, Sound
from service.domain.geo import Point
from service.store.database import Database

NEAR, BETWEEN, FAR = a_point(), a_point(away_m=190), a_point(away_m=380)
"""The first and the last are too far from each other to be one incident, and each is near the one between."""
SITES = [
    [a_point(away_m=90, bearing_deg=bearing_deg, start=a_point(away_m=far_m)) for bearing_deg in (0, 120, 240)]
    for far_m in (0, 3_000)
]
"""Two places of shots; wherever a detection is corrected to within one of them, it stays near all others there."""

SHOTS_DISMISSED_AND_BACK = (heard("A"), heard("B"), dismissed("A"), heard("A", revision=2))
THE_ONE_BETWEEN = (
    heard("A", place=NEAR, uncertainty_m=5),
    heard("B", place=BETWEEN, uncertainty_m=4),
    heard("C", place=FAR, uncertainty_m=5),
    dismissed("A"),
    heard("A", revision=2, place=NEAR, uncertainty_m=5),
)


def sounds(*places: Point) -> SearchStrategy[Sound]:
    return st.builds(
        a_sound,
        occurred_at=st.integers(0, 25).map(lambda age_s: NOW - seconds(age_s)),
        place=st.sampled_from(places),
        uncertainty_m=st.sampled_from([1, 4]),
        classification=st.sampled_from(Classification),
        confidence=st.sampled_from(Confidence),
        rounds=st.none() | st.integers(1, 9),
        address=st.sampled_from([None, "Quesada Ave", "Third Street"]),
        tactical_notes=st.sampled_from([(), ("full_auto",), ("moving", "full_auto")]),
    )


@st.composite
def histories(
    draw: DrawFn, of: str, heard_as: SearchStrategy[Sound], *, source: str = "sensors", stands: bool = False
) -> list[Message]:
    """All that is said of one detection: up to two corrections or dismissals. `stands`: in the end it was something."""
    later = draw(st.lists(st.none() | heard_as, max_size=2))
    said = [draw(heard_as), *later, *([draw(heard_as)] if stands and later and later[-1] is None else [])]
    return [Message(of=of, revision=revision, sound=sound, source=source) for revision, sound in enumerate(said)]


@st.composite
def at_two_sites(draw: DrawFn) -> list[Message]:
    """Several detections, each at one of two places; two sources use the same names."""
    names = draw(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(["sensors", "others"])), unique=True))
    messages: list[Message] = []
    for of, source in names:
        site = draw(st.sampled_from(SITES))
        messages += draw(histories(of, sounds(*site), source=source))
    return messages


@st.composite
def in_a_chain(draw: DrawFn) -> list[Message]:
    """Two that only a third makes one, and that is no mistake in the end: what it has put together stays together."""
    ends = [draw(histories(of, sounds(place))) for of, place in (("A", NEAR), ("C", FAR))]
    between = draw(histories("B", sounds(BETWEEN), stands=True))
    return [message for history in (*ends, between) for message in history]


@st.composite
def arrivals(draw: DrawFn) -> list[Message]:
    """In any order, and some of them twice."""
    messages = draw(at_two_sites() | in_a_chain())
    again = draw(st.lists(st.sampled_from(messages), max_size=2)) if messages else []
    return draw(st.permutations([*messages, *again]))


@pytest.fixture(scope="module")
def town(stores: Stores, template_database: str) -> Iterator[Town]:
    """One for all orders: building it takes longer than to play one."""
    stores.create_database("arrivals", template=template_database)
    with closing(Database(stores.url("arrivals", role="beatline_app"), pool_size=12)) as database:
        town = Town(database)
        with closing(town.world):
            yield town
    stores.drop_database("arrivals")


@pytest.mark.parametrize("order", list(permutations(SHOTS_DISMISSED_AND_BACK)), ids=named)
def test_shots_that_are_dismissed_and_come_back_join_their_neighbour(town: Town, order: Sequence[Message]) -> None:
    assert expected(order) == town.deliver(order)


@pytest.mark.parametrize("order", list(permutations(THE_ONE_BETWEEN)), ids=named)
def test_two_that_the_one_between_them_makes_one_are_one(town: Town, order: Sequence[Message]) -> None:
    assert expected(order) == town.deliver(order)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(order=arrivals())
def test_whatever_is_said_in_whatever_order_comes_to_the_same(town: Town, order: Sequence[Message]) -> None:
    assert expected(order) == town.deliver(order)
