"""Faults of the FCM stand-in that chaos asks for over HTTP; what a sender makes of each: `tests/adapters/fcm`."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from ringing import a_sender, failure, ring

from service.adapters.fcm import Fcm
from service.dev.fcm_standin import FcmStandin
from service.ports import Sent


@pytest.fixture
def google() -> Iterator[FcmStandin]:
    with FcmStandin() as standin:
        yield standin


@pytest.fixture
def fcm(google: FcmStandin, tmp_path: Path) -> Iterator[Fcm]:
    with a_sender(tmp_path, google.url) as sender:
        yield sender


def test_the_whole_service_can_be_taken_away_and_given_back(google: FcmStandin, fcm: Fcm) -> None:
    httpx.post(f"{google.url}/faults", json={"target": "*", "answer": "unavailable", "times": None})
    assert failure(ring(fcm, "one")).can_retry
    assert failure(ring(fcm, "another")).can_retry

    httpx.delete(f"{google.url}/faults")
    assert isinstance(ring(fcm, "one"), Sent)


def test_a_phones_own_fault_comes_before_that_of_everybody(google: FcmStandin, fcm: Fcm) -> None:
    google.fail("*", answer="unavailable", times=None)
    google.fail("gone", answer="unregistered")

    assert failure(ring(fcm, "gone")).target_is_dead
    assert failure(ring(fcm, "gone")).can_retry


def test_every_connection_can_die_without_a_word_and_new_ones_are_good(google: FcmStandin, fcm: Fcm) -> None:
    ring(fcm, "before")
    httpx.delete(f"{google.url}/connections")

    assert failure(ring(fcm, "lost")).ambiguous
    assert isinstance(ring(fcm, "after"), Sent)


def test_what_is_to_be_checked_alone_is_listed_apart(google: FcmStandin, fcm: Fcm) -> None:
    fcm._probe()
    (check,) = httpx.get(f"{google.url}/checks").json()

    assert "beatline-canary" == check["target"]
    assert [] == httpx.get(f"{google.url}/deliveries").json()
