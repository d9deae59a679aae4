"""Between which numbers may an agency set a rule? Said beside each rule's default, and read from there by everybody.

Not for what two rules must not be together: that each set of rules says itself (`policy.problems`).
"""

from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class Between:
    """Stands in the annotation of a rule: `levels: Annotated[int, Between(1, 10)] = 3`. Both ends are allowed."""

    least: int
    most: int


def ranges_of(rules: type[Any]) -> dict[str, Between]:
    """Those rules of a dataclass that have a range, in the order in which they stand."""
    hints = get_type_hints(rules, include_extras=True)
    return {name: between for name, hint in hints.items() if (between := _range_in(hint)) is not None}


def out_of_range(rules: Any) -> dict[str, str]:
    """By name, the reason for each number that is too low or too high; None, where a rule may be that, is neither."""
    return {
        name: f"must be between {allowed.least:,} and {allowed.most:,}"
        for name, allowed in ranges_of(type(rules)).items()
        if (number := getattr(rules, name)) is not None and not allowed.least <= number <= allowed.most
    }


def _range_in(hint: Any) -> Between | None:
    extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((extra for extra in extras if isinstance(extra, Between)), None)
