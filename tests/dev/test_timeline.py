"""A replay's timeline: idle gaps are shortened, and what the fixes mean to a selection stays."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from service.dev.recorded import RecordedDetection
from service.dev.recorded_fleet import Fleet, RecordedFix
from service.dev.timeline import AFTERMATH, LEAD, PAUSE, RUN_UP, Moment, length, moments
from service.domain.detection import Classification, Confidence
from service.domain.policy import Policy

NOON = datetime(2026, 7, 4, 12, tzinfo=UTC)
HOUR_S = 3_600


def detection(at_s: float) -> RecordedDetection:
    return RecordedDetection(
        detection_id=f"D-{at_s}",
        occurred_at=NOON + timedelta(seconds=at_s),
        day=date(2026, 7, 4),
        lat=37.7,
        lon=-122.4,
        uncertainty_m=25,
        classification=Classification.UNKNOWN,
        confidence=Confidence.HIGH,
        rounds=None,
    )


def fix(at_s: float, unit: str = "A1") -> RecordedFix:
    return RecordedFix(unit=unit, at=NOON + timedelta(seconds=at_s), lat=37.7, lon=-122.4)


def played(*happened: RecordedDetection | RecordedFix) -> list[Moment]:
    detections = [what for what in happened if isinstance(what, RecordedDetection)]
    return list(moments(detections, Fleet(what for what in happened if isinstance(what, RecordedFix))))


def ages_s(happened: list[Moment]) -> dict[str, float]:
    """How old each unit's newest fix is when the last detection is heard."""
    heard = max(moment.after for moment in happened if isinstance(moment.what, RecordedDetection))
    return {
        moment.what.unit: (heard - moment.after).total_seconds()
        for moment in happened
        if isinstance(moment.what, RecordedFix) and moment.after <= heard
    }


def test_the_first_detection_is_heard_soon() -> None:
    (heard,) = played(detection(0))

    assert heard.after == RUN_UP


def test_what_is_close_together_keeps_its_distance() -> None:
    first, second = played(detection(0), detection(500))

    assert timedelta(seconds=500) == second.after - first.after


def test_hours_of_silence_become_minutes() -> None:
    first, second = played(detection(0), detection(10 * HOUR_S))

    assert second.after - first.after == AFTERMATH + PAUSE + LEAD
    assert length([detection(0), detection(10 * HOUR_S)]) == second.after + AFTERMATH


def test_a_fix_that_counts_keeps_its_age_across_a_gap() -> None:
    happened = played(detection(0), detection(HOUR_S), fix(HOUR_S - 299), fix(HOUR_S - 5, unit="B2"))

    assert ages_s(happened) == {"A1": 299, "B2": 5}


def test_a_unit_long_silent_stays_known_and_stays_too_old_to_rank() -> None:
    happened = played(detection(0), detection(10 * HOUR_S), fix(HOUR_S))

    assert ages_s(happened)["A1"] > Policy().usable_fix_age_s


def test_of_a_gap_only_the_last_fix_of_each_unit_is_told() -> None:
    happened = played(detection(0), detection(10 * HOUR_S), fix(HOUR_S), fix(2 * HOUR_S), fix(3 * HOUR_S, unit="B2"))

    assert [(moment.what.at - NOON).total_seconds() for moment in happened if isinstance(moment.what, RecordedFix)] == [
        2 * HOUR_S,
        3 * HOUR_S,
    ]


def test_closing_a_gap_makes_no_car_fly() -> None:
    """Fixes that were hours apart stay so far apart that a city can be crossed in between."""
    happened = played(detection(0), fix(170), detection(10 * HOUR_S), fix(HOUR_S), fix(10 * HOUR_S - 359))

    times = [moment.after for moment in happened if isinstance(moment.what, RecordedFix)]

    assert min(after - before for before, after in pairwise(times)) >= timedelta(seconds=150)


def test_what_led_up_to_the_first_detection_is_known_at_the_start() -> None:
    happened = played(fix(-3 * HOUR_S), fix(-100, unit="B2"), detection(0))

    assert ages_s(happened) == {"A1": 3 * HOUR_S, "B2": 100}


def test_everything_comes_in_order_and_a_fix_before_a_detection_of_the_same_instant() -> None:
    happened = played(detection(0), fix(0), fix(30), detection(20))

    assert [moment.after for moment in happened] == sorted(moment.after for moment in happened)
    assert isinstance(happened[0].what, RecordedFix)


def test_without_detections_nothing_is_played() -> None:
    assert played(fix(0)) == []
    assert timedelta(0) == length([])
