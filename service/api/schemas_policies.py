"""What does an administrator send and see of the agency's rules, and of what they would have meant?

The rules' fields are made of the domain's own, with their ranges: a rule that is added there cannot be forgotten here.
Whether a number is in its range says the domain too, so that all that is wrong is named in one answer.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, Self, get_type_hints
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, create_model

from service.api.fields import Whole
from service.domain.policy import Policy
from service.domain.preview import Step
from service.domain.ranges import Between, ranges_of
from service.domain.retention import Retention
from service.domain.selection import Asked
from service.operations.policies import Previewed, Rules

_STRICT = ConfigDict(extra="forbid")


def _model_of(rules: type[Any], meaning: str) -> type[BaseModel]:
    """A body of all the fields of a dataclass, each required: an agency's rules are set as a whole, never by halves."""
    hints, ranges = get_type_hints(rules), ranges_of(rules)
    made: dict[str, Any] = {
        field.name: (_number(hints[field.name], ranges[field.name]) if field.name in ranges else hints[field.name], ...)
        for field in fields(rules)
    }
    return create_model(f"{rules.__name__}Fields", __config__=_STRICT, __doc__=meaning, **made)


def _number(hint: Any, allowed: Between) -> Any:
    kind = Whole if hint is int else Whole | None
    return Annotated[kind, Field(json_schema_extra={"minimum": allowed.least, "maximum": allowed.most})]


if TYPE_CHECKING:
    # To mypy they are models of fields that it cannot know.
    PolicyFields = BaseModel
    RetentionFields = BaseModel
else:
    PolicyFields = _model_of(Policy, "By which rules units are asked; the defaults are Beatline's.")
    RetentionFields = _model_of(Retention, "What is kept how long; `incidents_days` of null keeps incidents for good.")


class RulesBody(BaseModel):
    """The policy as a whole; the retention as a whole, or null to leave it as it is."""

    model_config = _STRICT

    policy: PolicyFields
    retention: RetentionFields | None = None

    def to_policy(self) -> Policy:
        return Policy(**self.policy.model_dump())

    def to_retention(self) -> Retention | None:
        return None if self.retention is None else Retention(**self.retention.model_dump())


class RulesAnswer(BaseModel):
    """The policy holds for incidents that open from now on: each keeps the one that it opened with."""

    policy: PolicyFields
    retention: RetentionFields

    @classmethod
    def of(cls, rules: Rules) -> Self:
        return cls(
            policy=PolicyFields.model_validate(rules.policy.as_dict()),
            retention=RetentionFields.model_validate(rules.retention.as_dict()),
        )


class PreviewBody(BaseModel):
    model_config = _STRICT

    policy: PolicyFields
    incident_id: UUID

    def to_policy(self) -> Policy:
        return Policy(**self.policy.model_dump())


class WouldBeAsked(BaseModel):
    """`reason` in a dispatcher's words, as in an incident's selection."""

    unit_id: UUID
    call_sign: str
    rank: int
    distance_m: float | None
    fix_age_s: float | None
    reason: str

    @classmethod
    def of(cls, asked: Asked) -> Self:
        return cls(
            unit_id=asked.unit_id,
            call_sign=asked.call_sign,
            rank=asked.rank,
            distance_m=_tenths(asked.distance_m),
            fix_age_s=_tenths(asked.fix_age_s),
            reason=asked.reason,
        )


class WouldBeWarned(BaseModel):
    unit_id: UUID
    call_sign: str


class WouldNotBeAsked(BaseModel):
    unit_id: UUID
    call_sign: str
    reason: str


class StepAnswer(BaseModel):
    """`after_s` counts from when the incident opened."""

    level: int
    after_s: float
    asked: list[WouldBeAsked]
    warned: list[WouldBeWarned]

    @classmethod
    def of(cls, step: Step, call_signs: Mapping[UUID, str]) -> Self:
        return cls(
            level=step.level,
            after_s=step.after_s,
            asked=[WouldBeAsked.of(asked) for asked in step.asked],
            warned=[WouldBeWarned(unit_id=unit_id, call_sign=call_signs[unit_id]) for unit_id in step.warned],
        )


class PreviewAnswer(BaseModel):
    """Whom the incident would have asked if nobody had answered, everybody had stayed and gone on reporting.

    `why_silent`: no phone would have rung at all, for this reason. `held`: it would have waited for a dispatcher first.
    `unanswered` is when supervisors would have rung; null when it is silent, or when `cut_short`: the next level would
    have asked units farther than those whose positions were kept. `not_asked` is of the first level.
    """

    held: bool
    why_silent: str | None
    levels: list[StepAnswer]
    unanswered: StepAnswer | None
    cut_short: bool
    not_asked: list[WouldNotBeAsked]

    @classmethod
    def of(cls, previewed: Previewed) -> Self:
        shown, call_signs = previewed.preview, previewed.call_signs
        return cls(
            held=shown.held,
            why_silent=shown.why_silent,
            levels=[StepAnswer.of(step, call_signs) for step in shown.levels],
            unanswered=StepAnswer.of(shown.unanswered, call_signs) if shown.unanswered else None,
            cut_short=shown.cut_short,
            not_asked=[WouldNotBeAsked.model_validate(unit, from_attributes=True) for unit in shown.not_asked],
        )


def _tenths(number: float | None) -> float | None:
    return None if number is None else round(number, 1)
