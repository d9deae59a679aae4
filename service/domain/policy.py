"""An agency's rules of DESIGN §5 as numbers; an incident keeps a copy, so that a later change spares it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The defaults are DESIGN §5's. Names carry their units; durations are seconds of the agency's clock."""

    units_per_level: int = 2
    acknowledgments_needed: int = 2
    acknowledgment_deadline_s: int = 30
    levels: int = 3
    max_distance_m: int = 8_000
    good_fix_age_s: int = 60
    usable_fix_age_s: int = 300
    accurate_within_m: int = 50
    warning_radius_m: int = 500
    hold_low_confidence_s: int = 60
    join_within_s: int = 60
    join_within_m: int = 200
    join_total_s: int = 600
    join_total_m: int = 500
    stale_after_s: int = 900
    future_after_s: int = 30
    page_lifetime_s: int = 120
    push_content: Literal["full", "minimal"] = "full"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; `from_dict` is its inverse."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Fields that are missing take the default, unknown ones are dropped: a stored policy outlives releases."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})
