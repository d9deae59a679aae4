"""An agency's rules of DESIGN §5 as numbers; an incident keeps a copy, so that a later change spares it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, Literal, Self

from service.domain.ranges import Between, out_of_range


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The defaults are DESIGN §5's. Names carry their units; durations are seconds of the agency's clock.

    Each number says between what an administrator may set it; what two of them must not be together: `problems`.
    """

    units_per_level: Annotated[int, Between(1, 20)] = 2
    acknowledgments_needed: Annotated[int, Between(1, 20)] = 2
    acknowledgment_deadline_s: Annotated[int, Between(5, 600)] = 30
    levels: Annotated[int, Between(1, 10)] = 3
    max_distance_m: Annotated[int, Between(100, 200_000)] = 8_000
    good_fix_age_s: Annotated[int, Between(5, 3_600)] = 60
    usable_fix_age_s: Annotated[int, Between(5, 86_400)] = 300
    accurate_within_m: Annotated[int, Between(1, 10_000)] = 50
    warning_radius_m: Annotated[int, Between(0, 10_000)] = 500
    hold_low_confidence_s: Annotated[int, Between(5, 3_600)] = 60
    join_within_s: Annotated[int, Between(1, 3_600)] = 60
    join_within_m: Annotated[int, Between(1, 5_000)] = 200
    join_total_s: Annotated[int, Between(1, 86_400)] = 600
    join_total_m: Annotated[int, Between(1, 20_000)] = 500
    stale_after_s: Annotated[int, Between(60, 86_400)] = 900
    future_after_s: Annotated[int, Between(1, 3_600)] = 30
    page_lifetime_s: Annotated[int, Between(5, 3_600)] = 120
    siren_every_s: Annotated[int, Between(1, 60)] = 10
    sirens_per_minute: Annotated[int, Between(1, 60)] = 3
    unconfirmed_after_s: Annotated[int, Between(10, 3_600)] = 60
    stalled_after_s: Annotated[int, Between(30, 3_600)] = 180
    welfare_after_s: Annotated[int, Between(60, 14_400)] = 600
    welfare_answer_s: Annotated[int, Between(15, 600)] = 60
    emergency_units: Annotated[int, Between(1, 20)] = 4
    emergency_radius_m: Annotated[int, Between(0, 50_000)] = 3_000
    push_content: Literal["full", "minimal"] = "full"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; `from_dict` is its inverse."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Fields that are missing take the default, unknown ones are dropped: a stored policy outlives releases."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


def problems(policy: Policy) -> dict[str, str]:
    """By field, why an agency cannot live by this policy; empty when it can."""
    return _contradictions(policy) | out_of_range(policy)


def _contradictions(policy: Policy) -> dict[str, str]:
    """What each number may be, but not beside another one; the field to blame is the one more likely to be changed."""
    all_asked = policy.units_per_level * policy.levels
    rules = (
        (
            "acknowledgments_needed",
            policy.acknowledgments_needed <= all_asked,
            f"must be at most {all_asked}: {policy.levels} levels ask {policy.units_per_level} units each",
        ),
        ("good_fix_age_s", policy.good_fix_age_s <= policy.usable_fix_age_s, "must be at most usable_fix_age_s"),
        ("join_within_s", policy.join_within_s <= policy.join_total_s, "must be at most join_total_s"),
        ("join_within_m", policy.join_within_m <= policy.join_total_m, "must be at most join_total_m"),
        (
            "page_lifetime_s",
            policy.page_lifetime_s >= policy.acknowledgment_deadline_s,
            "must be at least acknowledgment_deadline_s: a page must not die while its answer is waited for",
        ),
    )
    return {field: reason for field, holds, reason in rules if not holds}
