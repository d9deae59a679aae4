"""One siren in ten seconds, three in a minute, and one digest for the rest."""

from datetime import UTC, datetime, timedelta

import pytest

from service.domain import siren
from service.domain.alert import PageKind
from service.domain.policy import Policy

NOW = datetime(2026, 11, 20, 3, 12, tzinfo=UTC)
POLICY = Policy()


def ago(*seconds: float) -> list[datetime]:
    return [NOW - timedelta(seconds=each) for each in seconds]


def in_s(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "rang_s_ago",
    [(), (10,), (30, 20), (60, 20, 10)],
)
def test_a_siren_sounds_when_the_last_is_ten_seconds_past_and_two_at_most_in_the_minute(
    rang_s_ago: tuple[float, ...],
) -> None:
    assert siren.may_sound(ago(*rang_s_ago), now=NOW, policy=POLICY)


@pytest.mark.parametrize("rang_s_ago", [(9.9,), (30, 20, 10), (59.9, 20, 10)])
def test_a_siren_too_soon_or_a_fourth_in_the_minute_does_not_sound(rang_s_ago: tuple[float, ...]) -> None:
    assert not siren.may_sound(ago(*rang_s_ago), now=NOW, policy=POLICY)


@pytest.mark.parametrize(
    ("rang_s_ago", "in_seconds"),
    [((), 0), ((4,), 6), ((24, 14, 4), 6), ((30, 20, 10), 0), ((34, 24, 14, 4), 26)],
)
def test_a_digest_is_one_more_in_the_minute(rang_s_ago: tuple[float, ...], in_seconds: float) -> None:
    assert in_s(in_seconds) == siren.digest_at(ago(*rang_s_ago), now=NOW, policy=POLICY)


def test_a_quieter_agency_sets_its_own_numbers() -> None:
    policy = Policy(siren_every_s=30, sirens_per_minute=1)
    assert not siren.may_sound(ago(29), now=NOW, policy=policy)
    assert in_s(1) == siren.digest_at(ago(29), now=NOW, policy=policy)


def test_neither_a_call_for_help_nor_the_question_how_an_officer_is_waits() -> None:
    assert siren.is_limited(PageKind.ALERT, is_emergency=False)
    assert not siren.is_limited(PageKind.ALERT, is_emergency=True)
    assert not siren.is_limited(PageKind.WELFARE, is_emergency=False)
