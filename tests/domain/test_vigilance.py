"""Which alarms stand: every rule of the auditor, played like chess."""

from typing import Any

import pytest
from builders import NOW, seconds

from service.domain.alarms import ABOUT, Alarm, Standing
from service.domain.vigilance import (
    CANARY_SILENT_AFTER_S,
    DEAD_AFTER_S,
    UNSEALED_AFTER_S,
    Canary,
    Condition,
    Finding,
    Process,
    ProcessKind,
    Seen,
    standing_alarms,
)


def a_process(kind: ProcessKind, *, age_s: float = 2, **condition: Any) -> Process:
    seen_at = NOW - seconds(age_s)
    return Process(
        kind=kind, host="one", started_at=NOW - seconds(900), seen_at=seen_at, condition=Condition(**condition)
    )


WORKER, CLOCK, API = (a_process(kind) for kind in (ProcessKind.WORKER, ProcessKind.CLOCK, ProcessKind.API))


def seen(*processes: Process, **changes: Any) -> Seen:
    """By an auditor who has been there for a while; an API is alive, a worker and a clock unless others are named."""
    usual: dict[str, Any] = {"watched_s": 900.0, "processes": (API, *(processes or (WORKER, CLOCK)))}
    return Seen(now=NOW, **usual | changes)


def alarms(seen: Seen) -> list[Alarm]:
    return [standing.alarm for standing in standing_alarms(seen)]


def urgency(seen: Seen) -> list[tuple[Alarm, bool]]:
    return [(standing.alarm, standing.is_urgent) for standing in standing_alarms(seen)]


def test_all_is_well() -> None:
    assert () == standing_alarms(seen())


def test_all_workers_are_dead() -> None:
    dead = a_process(ProcessKind.WORKER, age_s=DEAD_AFTER_S + 1)
    assert (Standing(alarm=Alarm.NO_WORKERS, since=dead.seen_at),) == standing_alarms(seen(CLOCK, dead))


def test_one_living_worker_is_enough() -> None:
    dead = a_process(ProcessKind.WORKER, age_s=600)
    assert [] == alarms(seen(CLOCK, dead, WORKER))


def test_a_worker_that_is_started_again_soon_alarms_nobody() -> None:
    assert [] == alarms(seen(CLOCK, a_process(ProcessKind.WORKER, age_s=DEAD_AFTER_S)))


def test_whoever_starts_everything_at_once_is_not_alarmed_by_what_starts_last() -> None:
    assert [] == alarms(Seen(now=NOW, watched_s=DEAD_AFTER_S - 1))
    assert [Alarm.NO_API, Alarm.NO_CLOCK] == alarms(Seen(now=NOW, watched_s=DEAD_AFTER_S))


def test_where_nobody_ever_saw_a_worker_none_is_missed() -> None:
    assert [] == alarms(seen(CLOCK))


def test_an_api_that_answers_nobody_is_missed() -> None:
    dead = a_process(ProcessKind.API, age_s=DEAD_AFTER_S + 1)
    expected = Standing(alarm=Alarm.NO_API, since=dead.seen_at)
    assert (expected,) == standing_alarms(seen(processes=(dead, WORKER, CLOCK)))
    assert expected.is_urgent


def test_without_workers_nobody_is_woken_as_long_as_a_clock_lives() -> None:
    dead = a_process(ProcessKind.WORKER, age_s=60)
    assert [(Alarm.NO_WORKERS, False)] == urgency(seen(CLOCK, dead))
    assert [(Alarm.NO_WORKERS, False), (Alarm.NO_CLOCK, True)] == urgency(seen(dead))


def test_who_was_heard_of_in_the_future_is_dead_since_the_clock_was_put_back() -> None:
    assert [Alarm.NO_CLOCK] == alarms(seen(WORKER, a_process(ProcessKind.CLOCK, age_s=-3_600)))


def test_push_is_down_since_the_first_who_found_it_so() -> None:
    early = a_process(ProcessKind.WORKER, push_down_since=NOW - seconds(90), push_reason="FCM answered 503")
    late = a_process(ProcessKind.CLOCK, push_down_since=NOW - seconds(30), push_reason="FCM could not be reached")
    expected = Standing(alarm=Alarm.PUSH_DOWN, since=NOW - seconds(90), detail="FCM answered 503")
    assert (expected,) == standing_alarms(seen(late, early))


def test_pushes_are_refused_by_our_own_fault() -> None:
    refused = seen(pages_refused=3, agencies_refused=1)
    assert (Standing(alarm=Alarm.PUSH_REFUSED, detail="3 pages"),) == standing_alarms(refused)


def test_one_page_of_one_agency_that_is_refused_wakes_nobody() -> None:
    assert [(Alarm.PAGES_REFUSED, False)] == urgency(seen(pages_refused=1, agencies_refused=1))
    assert [(Alarm.PUSH_REFUSED, True)] == urgency(seen(pages_refused=2, agencies_refused=2))


def test_what_a_dead_process_found_does_not_count() -> None:
    dead = a_process(ProcessKind.WORKER, age_s=60, push_down_since=NOW - seconds(90))
    assert [] == alarms(seen(WORKER, CLOCK, dead))


def test_redis_is_away_for_some() -> None:
    without = a_process(ProcessKind.API, redis_away_since=NOW - seconds(40))
    expected = Standing(alarm=Alarm.REDIS_AWAY, since=NOW - seconds(40), detail="1 process of 4 cannot reach it")
    assert (expected,) == standing_alarms(seen(WORKER, CLOCK, without))


@pytest.mark.parametrize("finding", [Finding.INCIDENT_LOST, Finding.UNIT_LOST, Finding.PAGE_LOST])
def test_something_waits_for_nobody(finding: Finding) -> None:
    expected = Standing(alarm=Alarm.DEADLINE_MISSING, detail="1 row")
    assert (expected,) == standing_alarms(seen(neglected={finding: 1}))


def test_deadlines_pass_and_nobody_looks() -> None:
    found = {Finding.INCIDENT_OVERDUE: 2, Finding.UNIT_OVERDUE: 1, Finding.PAGE_OVERDUE: 4}
    expected = (
        Standing(alarm=Alarm.DEADLINE_OVERDUE, detail="3 rows"),
        Standing(alarm=Alarm.PAGE_OVERDUE, detail="4 pages"),
    )
    assert expected == standing_alarms(seen(neglected=found))


def test_escalations_are_late() -> None:
    assert [] == alarms(seen(escalation_late_s=2.0))
    assert (Standing(alarm=Alarm.ESCALATION_LATE, detail="by up to 8 s"),) == standing_alarms(
        seen(escalation_late_s=8.2)
    )


def test_the_journal_is_not_sealed() -> None:
    assert [] == alarms(seen(unsealed_since=NOW - seconds(UNSEALED_AFTER_S)))
    assert [Alarm.JOURNAL_UNSEALED] == alarms(seen(unsealed_since=NOW - seconds(UNSEALED_AFTER_S + 1)))


def test_the_canary_is_silent() -> None:
    hatched_at = NOW - seconds(86_400)
    sang = Canary(hatched_at=hatched_at, arrived_at=NOW - seconds(CANARY_SILENT_AFTER_S))
    fell = Canary(hatched_at=hatched_at, arrived_at=NOW - seconds(CANARY_SILENT_AFTER_S + 1))
    assert [] == alarms(seen(canary=sang))
    assert [Alarm.CANARY_SILENT] == alarms(seen(canary=fell))


def test_a_canary_that_never_sang_is_missed_too() -> None:
    assert [] == alarms(seen(canary=Canary(hatched_at=NOW - seconds(CANARY_SILENT_AFTER_S))))
    assert [Alarm.CANARY_SILENT] == alarms(seen(canary=Canary(hatched_at=NOW - seconds(CANARY_SILENT_AFTER_S + 1))))


def test_after_a_night_in_which_everything_stood_still_the_canary_gets_its_time() -> None:
    canary = Canary(hatched_at=NOW - seconds(86_400), arrived_at=NOW - seconds(40_000))
    assert [] == alarms(seen(canary=canary, watched_s=60.0))


def test_where_no_canary_is_kept_none_is_missed() -> None:
    assert [] == alarms(seen(canary=None))


def test_in_a_replay_of_hundredfold_speed_nobody_is_dead_for_that() -> None:
    worker, clock = (a_process(kind, age_s=500) for kind in (ProcessKind.WORKER, ProcessKind.CLOCK))
    assert [] == alarms(seen(worker, clock, second=seconds(100), escalation_late_s=30))


def test_every_alarm_says_what_it_means_and_how_bad_it_is() -> None:
    assert set(Alarm) == set(ABOUT)
    for about in ABOUT.values():
        assert about.title[0].isupper()
        assert not about.title.endswith(".")
        assert about.meaning.endswith(".")
