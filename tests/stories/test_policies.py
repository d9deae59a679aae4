"""An administrator tries a policy out before it is set: what is foretold is what then happens."""

from typing import Any
from uuid import UUID

import pytest
from builders import a_fix, a_point, a_policy
from sqlalchemy import select
from world import MakeWorld, World

from service.domain.alert import PageKind
from service.domain.detection import Classification, Confidence
from service.domain.errors import Code, DomainError
from service.domain.incident import IncidentState
from service.domain.policy import Policy
from service.domain.preview import Preview
from service.domain.selection import Asked
from service.domain.unit import Track, UnitKind
from service.operations import policies, retention
from service.operations.administration import Operator
from service.operations.board import IncidentRecord
from service.operations.detections import Answer
from service.store.tables import JOURNAL

Told = list[tuple[int, float, list[tuple[str, int, float | None, float | None, str]]]]
"""Level by level: its number, after how many seconds, and of whom was asked: who, rank, distance, age of fix, why."""


STEP_S = 5
"""Every deadline here is a multiple of it."""


class Street:
    """Six cars and a supervisor that stay where they are, go on reporting, and answer nothing."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.by = Operator(agency_id=world.agency_id, actor="user:chief")
        far_and_old = [(420, 3), (430, 90), (700, 8), (1_500, 1), (2_600, 400), (9_000, 5)]
        self.places = [
            (world.car(f"3A1{n}", away_m=away_m, age_s=age_s), away_m, age_s)
            for n, (away_m, age_s) in enumerate(far_and_old)
        ]
        boss = world.car("1S10", kind=UnitKind.SUPERVISOR, away_m=5_000, age_s=20)
        self.places.append((boss, 5_000, 20))

    def wait(self, seconds: int) -> None:
        for _ in range(seconds // STEP_S):
            self.world.clock.advance(STEP_S)
            self._report()
            self.world.tick()

    def hears(self, detection_id: str, **sound: Any) -> Answer:
        """And nobody answers, until supervisors ring."""
        heard = self.world.hears(detection_id, **sound)
        self.wait(200)
        return heard

    def tries(self, policy: Policy, heard: Answer) -> Preview:
        assert heard.incident_id is not None
        previewed = policies.preview_policy(
            self.world.database, self.world.ports, by=self.by, policy=policy, incident_id=heard.incident_id
        )
        return previewed.preview

    def sets(self, policy: Policy) -> None:
        policies.set_rules(self.world.database, self.world.ports, by=self.by, policy=policy)

    def _report(self) -> None:
        fixes = {
            car.unit_id: Track(last=a_fix(point=a_point(away_m=away_m, bearing_deg=90), at=self.world.ago(age_s)))
            for car, away_m, age_s in self.places
        }
        self.world.positions.rebuild(self.world.agency_id, fixes)


@pytest.fixture
def street(world: World) -> Street:
    return Street(world)


def foretold(preview: Preview) -> Told:
    steps = [*preview.levels, *([preview.unanswered] if preview.unanswered else [])]
    return [(step.level, step.after_s, [_asked(each) for each in step.asked]) for step in steps]


def happened(record: IncidentRecord, steps: int) -> Told:
    """So many steps; after them the supervisors only ring again."""
    return [
        (
            selection.level,
            (selection.selected_at - record.incident.opened_at).total_seconds(),
            [
                (each["call_sign"], each["rank"], each["distance_m"], each["fix_age_s"], each["reason"])
                for each in selection.asked
            ],
        )
        for selection in record.selections[:steps]
    ]


def warned_first(record: IncidentRecord) -> list[UUID]:
    return [page.unit_id for page in record.pages if page.kind is PageKind.WARNING]


def _asked(each: Asked) -> tuple[str, int, float | None, float | None, str]:
    return each.call_sign, each.rank, _tenths(each.distance_m), _tenths(each.fix_age_s), each.reason


def _tenths(number: float | None) -> float | None:
    return None if number is None else round(number, 1)


CHANGES: list[dict[str, Any]] = [
    {"units_per_level": 1},
    {"units_per_level": 4, "levels": 2},
    {"levels": 1},
    {"acknowledgment_deadline_s": 10},
    {"max_distance_m": 600},
    {"max_distance_m": 20_000, "levels": 5},
    {"usable_fix_age_s": 60, "good_fix_age_s": 60},
    {"warning_radius_m": 2_000},
    {"good_fix_age_s": 5},
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_a_policy_preview_equals_what_then_happens(street: Street, changes: dict[str, Any]) -> None:
    before = street.hears("SST-1")
    policy = a_policy(**changes)
    preview = street.tries(policy, before)
    street.sets(policy)
    after = street.world.incident(street.hears("SST-2"))
    assert before.incident_id != after.incident.incident_id
    assert IncidentState.UNANSWERED is after.incident.state
    assert foretold(preview) == happened(after, len(foretold(preview)))
    assert sorted(unit for step in preview.levels for unit in step.warned) == sorted(warned_first(after))
    assert [(unit.call_sign, unit.reason) for unit in preview.not_asked] == [
        (unit["call_sign"], unit["reason"]) for unit in after.selections[0].not_asked
    ]


def test_a_preview_of_doubtful_shots_equals_what_then_happens(street: Street) -> None:
    before = street.hears("SST-1", confidence=Confidence.LOW)
    policy = a_policy(hold_low_confidence_s=25, units_per_level=3)
    preview = street.tries(policy, before)
    street.sets(policy)
    after = street.world.incident(street.hears("SST-2", confidence=Confidence.LOW))
    assert preview.held
    assert 25 == preview.levels[0].after_s
    assert foretold(preview) == happened(after, len(foretold(preview)))


@pytest.mark.parametrize("confidence", [Confidence.HIGH, Confidence.LOW])
def test_a_preview_of_the_policy_that_was_equals_what_did_happen(street: Street, confidence: Confidence) -> None:
    heard = street.hears("SST-1", confidence=confidence)
    preview = street.tries(Policy(), heard)
    record = street.world.incident(heard)
    assert IncidentState.UNANSWERED is record.incident.state
    assert 4 == len(foretold(preview))
    assert foretold(preview) == happened(record, 4)


def test_a_new_policy_leaves_the_incident_alone_that_is_open(street: Street) -> None:
    heard = street.world.hears("SST-1")
    street.sets(a_policy(units_per_level=1, acknowledgments_needed=1, levels=2))
    street.wait(40)
    record = street.world.incident(heard)
    assert Policy() == record.incident.policy
    assert [2, 2] == [len(selection.asked) for selection in record.selections]


def test_a_preview_rings_nobody_and_is_on_record(street: Street) -> None:
    heard = street.hears("SST-1")
    rings = len(street.world.push.rings)
    street.tries(a_policy(units_per_level=4), heard)
    street.world.tick()
    assert rings == len(street.world.push.rings)
    assert [("user:chief", heard.incident_id)] == looked_at(street.world)


def test_nothing_is_foretold_of_fireworks_for_which_nobody_was_looked_for(street: Street) -> None:
    heard = street.world.hears("SST-1", classification=Classification.FIREWORKS)
    with pytest.raises(DomainError, match="Nobody was ever looked for") as refused:
        street.tries(Policy(), heard)
    assert Code.ILLEGAL_MOVE is refused.value.code


def test_nothing_is_foretold_once_the_positions_of_that_night_are_gone(street: Street) -> None:
    heard = street.hears("SST-1")
    street.world.clock.advance(24 * 3_600)
    retention.purge_agency(street.world.database, street.world.ports, agency_id=street.world.agency_id)
    with pytest.raises(DomainError, match="no longer kept") as refused:
        street.tries(Policy(), heard)
    assert Code.ILLEGAL_MOVE is refused.value.code


def test_nobody_tries_a_policy_on_another_agency_s_incident(street: Street, make_world: MakeWorld) -> None:
    heard = street.world.hears("SST-1")
    other = Street(make_world())
    with pytest.raises(DomainError) as refused:
        other.tries(Policy(), heard)
    assert Code.NOT_FOUND is refused.value.code


def looked_at(world: World) -> list[tuple[str, UUID | None]]:
    with world.database.transaction(world.agency_id) as tx:
        rows = tx.session.execute(select(JOURNAL).where(JOURNAL.c.action == "policy_previewed"))
        return [(row.actor, row.incident_id) for row in rows]
