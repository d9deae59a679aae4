"""The words in which a dispatcher reads why a free unit is asked, or is not. Who is chosen is `selection`'s matter."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.policy import Policy
from service.domain.ranking import Sighting

_NUMERALS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one unit is not asked; `group` says it without the unit's own numbers, so that equals can be counted."""

    text: str
    group: str


def plain(text: str) -> Reason:
    return Reason(text, text)


def why_asked(sighting: Sighting, *, policy: Policy) -> str:
    """Its distance, and whatever makes this choice less good than it looks: "1,240 m; fix 94 s old"."""
    parts = [_metres(sighting.distance.exact_m)]
    if sighting.age_s > policy.good_fix_age_s:
        parts.append(_age(sighting))
    if sighting.is_vague(policy):
        parts.append(_accuracy(sighting))
    if not sighting.is_inside(policy):
        parts.append(f"{_beyond(policy)}; nobody nearer")
    return "; ".join(parts)


def why_supervisor_asked(sighting: Sighting | None) -> str:
    if sighting is None:
        return "supervisor; no fix"
    return f"supervisor; {_metres(sighting.distance.exact_m)}; {_age(sighting)}"


def why_passed_over(sighting: Sighting, asked: Sequence[Sighting], *, policy: Policy) -> Reason:
    """What set the unit back behind those who are asked: where it is, the age of its fix, or only the order."""
    if not sighting.is_inside(policy) and (not asked or asked[0].is_inside(policy)):
        return plain(_beyond(policy))
    if sighting.is_old(policy) and (not asked or not asked[0].is_old(policy)):
        return Reason(_age(sighting), f"fix older than {policy.usable_fix_age_s:,} s")
    enough = _enough(len(asked))
    if sighting.is_vague(policy):
        return Reason(f"{_accuracy(sighting)}; {enough}", enough)
    return plain(enough)


def _enough(count: int) -> str:
    if count == 0:
        return "nobody had to be asked"
    number = _NUMERALS[count] if count < len(_NUMERALS) else f"{count:,}"
    return f"{number} nearer unit was asked" if count == 1 else f"{number} nearer units were asked"


def _beyond(policy: Policy) -> str:
    return f"beyond {_metres(policy.max_distance_m)}"


def _age(sighting: Sighting) -> str:
    return f"fix {sighting.age_s:,.0f} s old"


def _accuracy(sighting: Sighting) -> str:
    return f"accurate to {_metres(sighting.accuracy_m)} only"


def _metres(count: float) -> str:
    return f"{count:,.0f} m"
