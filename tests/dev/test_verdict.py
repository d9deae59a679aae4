"""A replay's verdict: what the API shows is held against what was posted, and each way of being wrong is found."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.dev.ledger import Ledger
from service.dev.player import Played
from service.dev.recorded import RecordedDetection
from service.dev.second_opinion import AcceptedFix, rank
from service.dev.verdict import Evidence, Verdict, judge
from service.domain.detection import Classification, Confidence
from service.domain.policy import Policy

NOON = datetime(2026, 7, 4, 12, tzinfo=UTC)
PLACE = (37.75, -122.45)
NORTH_DEG_A_M = 1 / 110_990


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def fix(away_m: float, *, at_s: float = -5) -> AcceptedFix:
    return AcceptedFix(at=at(at_s), lat=PLACE[0] + away_m * NORTH_DEG_A_M, lon=PLACE[1])


def ledger(**fixes: AcceptedFix) -> Ledger:
    """Each was posted and answered at the moment it tells of."""
    known = Ledger()
    for unit, each in fixes.items():
        known.enter(unit, each, sent=each.at, answered=each.at)
    return known


def evidence(known: Ledger, *, rung: set[str] | None = None, busy: set[str] | None = None) -> Evidence:
    return Evidence(
        ledger=known,
        own_units={"A", "B", "C"},
        may_be_busy=lambda _: busy or set(),
        rung=rung,
        slack=timedelta(seconds=1),
        policy=Policy(),
    )


def played(answer: Mapping[str, Any] | None = None) -> Played:
    detection = RecordedDetection(
        detection_id="D-1",
        occurred_at=NOON,
        day=date(2026, 7, 4),
        lat=PLACE[0],
        lon=PLACE[1],
        uncertainty_m=25,
        classification=Classification.MULTIPLE_GUNSHOTS,
        confidence=Confidence.HIGH,
        rounds=None,
    )
    return Played(
        detection=detection,
        sent_as="R-D-1",
        occurred_at=NOON,
        late=timedelta(0),
        answered_after_s=0.01,
        answer={"outcome": "opened", "incident_id": "I-1"} if answer is None else answer,
    )


def incident(*asked: tuple[str, float], **more: Any) -> dict[str, Any]:
    """An incident that asked these units, a call sign and a distance each, at noon; all of them rang."""
    sound = {"location": {"lat": PLACE[0], "lon": PLACE[1], "uncertainty_m": 25}, "occurred_at": NOON.isoformat()}
    units = [{"call_sign": unit, "distance_m": distance, "rank": n} for n, (unit, distance) in enumerate(asked, 1)]
    return {
        "incident_id": "I-1",
        "state": "open",
        "classification": "multiple_gunshots",
        "detections": [{"detection_id": "R-D-1", "received_at": NOON.isoformat(), "sound": sound}],
        "selection": {"asked": units},
        "alerts": [{"alert_id": f"alert of {unit}", "call_sign": unit} for unit, _ in asked],
        "pages": [{"alert_id": f"alert of {unit}", "kind": "alert", "state": "sent"} for unit, _ in asked],
        "timeline": [
            {"action": "unit_asked", "at": NOON.isoformat(), "details": {**unit, "reason": "near"}} for unit in units
        ],
    } | more


def told_m(away_m: float) -> float:
    """As the API tells a distance."""
    return round(rank("", fix(away_m), PLACE, now=NOON, policy=Policy()).distance_m, 1)


def verdict(seen: dict[str, Any], given: Evidence, **answer: Any) -> Verdict:
    return judge([played(answer or None)], {"I-1": seen}, given)


NEAREST_TWO = (("A", told_m(100)), ("B", told_m(200)))
THREE_CARS = {"A": fix(100), "B": fix(200), "C": fix(300)}


def test_a_replay_as_it_should_be() -> None:
    found = verdict(incident(*NEAREST_TWO), evidence(ledger(**THREE_CARS)))

    assert found.is_good
    assert (found.detections, found.choices, found.like_brute_force) == (1, 1, 1)
    assert found.outcomes == {"opened": 1}


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"detections": [{**incident()["detections"][0], "detection_id": "other"}]}, "does not know it"),
        ({"alerts": [], "timeline": []}, "nobody was asked, yet the incident is open"),
        ({"pages": []}, "A was asked and never rung: its pages are missing"),
        (
            {"pages": [{"alert_id": f"alert of {unit}", "kind": "alert", "state": "pending"} for unit in "AB"]},
            r"its pages are \['pending'\]",
        ),
    ],
)
def test_a_detection_that_is_not_accounted_for_is_found(changed: dict[str, Any], complaint: str) -> None:
    found = verdict(incident(*NEAREST_TWO, **changed), evidence(ledger(**THREE_CARS)))

    assert not found.is_good
    (lost,) = found.lost
    assert re.search(complaint, lost)


def test_a_detection_that_was_refused_is_lost() -> None:
    refused = replace(played(), answer=None, refusal="503 unavailable")

    found = judge([refused], {}, evidence(Ledger()))

    assert found.lost == ["D-1: refused: 503 unavailable"]
    assert found.outcomes == {"refused": 1}


def test_an_incident_that_cannot_be_found_loses_its_detection() -> None:
    found = judge([played()], {}, evidence(Ledger()))

    assert found.lost == ["D-1: its incident I-1 cannot be found"]


def test_fireworks_need_not_ring() -> None:
    quiet = incident(classification="fireworks", alerts=[], pages=[], timeline=[])

    assert verdict(quiet, evidence(ledger(**THREE_CARS))).is_good


def test_what_came_too_late_need_not_ring() -> None:
    quiet = incident(alerts=[], pages=[], timeline=[])

    assert verdict(quiet, evidence(Ledger()), outcome="stored", incident_id="I-1").is_good


def test_a_page_that_never_reached_its_phone_is_found() -> None:
    found = verdict(incident(*NEAREST_TWO), evidence(ledger(**THREE_CARS), rung={"alert of A"}))

    assert found.lost == ["D-1: the page for B was sent and never arrived"]


def test_asking_a_farther_unit_is_found() -> None:
    found = verdict(incident(("A", told_m(100)), ("C", told_m(300))), evidence(ledger(**THREE_CARS)))

    assert not found.is_good
    (wrong,) = found.wrongly_chosen
    assert "asked ['A', 'C'], should be ['A (100." in wrong


def test_giving_up_while_somebody_is_free_is_found() -> None:
    gave_up = {"action": "incident_unanswered", "at": at(0).isoformat(), "details": {}}
    seen = incident(state="unanswered", alerts=[], pages=[], timeline=[gave_up])

    assert verdict(seen, evidence(Ledger())).is_good
    assert len(verdict(seen, evidence(ledger(**THREE_CARS))).wrongly_chosen) == 1


def test_giving_up_is_judged_by_who_was_there_at_the_time() -> None:
    gave_up = {"action": "incident_unanswered", "at": at(-60).isoformat(), "details": {}}
    seen = incident(*NEAREST_TWO)
    seen["timeline"].insert(0, gave_up)
    seen["detections"][0]["received_at"] = at(-60).isoformat()

    found = verdict(seen, evidence(ledger(**THREE_CARS)))

    assert found.like_brute_force == 2


def test_who_was_asked_before_is_not_missed_at_the_next_level() -> None:
    later = {"action": "unit_asked", "at": at(30).isoformat()}
    seen = incident(*NEAREST_TWO)
    seen["selection"]["asked"].append({"call_sign": "C", "distance_m": told_m(300)})
    seen["timeline"].append({**later, "details": {"call_sign": "C", "rank": 1, "reason": "near"}})

    found = verdict(seen, evidence(ledger(**THREE_CARS)))

    assert found.like_brute_force == 2


def test_supervisors_are_no_choice() -> None:
    called = {"action": "unit_asked", "at": at(90).isoformat()}
    seen = incident(*NEAREST_TWO)
    seen["timeline"].append({**called, "details": {"call_sign": "S", "rank": 1, "reason": "supervisor; no fix"}})

    assert verdict(seen, evidence(ledger(**THREE_CARS))).choices == 1


def test_units_of_others_make_a_choice_impossible_to_judge() -> None:
    found = verdict(incident(("X", 50.0), ("A", told_m(100))), evidence(ledger(**THREE_CARS)))

    assert found.is_good
    assert (found.with_others, found.like_brute_force) == (1, 0)


def test_a_fix_on_its_way_may_have_counted_or_not() -> None:
    known = ledger(**THREE_CARS)
    known.enter("C", fix(10, at_s=0), sent=at(-0.5), answered=at(0.5))

    assert verdict(incident(*NEAREST_TWO), evidence(known)).like_brute_force == 1
    assert verdict(incident(("C", told_m(10)), ("A", told_m(100))), evidence(known)).like_brute_force == 1


def test_who_was_perhaps_busy_may_be_left_out() -> None:
    seen = incident(("B", told_m(200)), ("C", told_m(300)))

    assert verdict(seen, evidence(ledger(**THREE_CARS), busy={"A"})).like_brute_force == 1
    assert not verdict(seen, evidence(ledger(**THREE_CARS))).is_good


def test_the_place_is_the_best_located_of_what_had_been_heard_by_then() -> None:
    """A better located report that joined later moves the incident, and not the choice made before."""
    seen = incident(*NEAREST_TWO)
    (first,) = seen["detections"]
    moved = {"lat": PLACE[0] + 0.01, "lon": PLACE[1], "uncertainty_m": 5}
    sound = {**first["sound"], "location": moved}
    seen["detections"].append({"detection_id": "later", "received_at": at(10).isoformat(), "sound": sound})

    assert verdict(seen, evidence(ledger(**THREE_CARS))).is_good
