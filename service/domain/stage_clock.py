"""When did each stage of an incident come, from shot to closed? The one list of stages that everybody means.

Not for how long a stage may take: the policy says that, and `make bench` measures it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum


class Stage(StrEnum):
    """In the order in which they should come. `committed` is noted just before the commit, by the service's clock;
    `selected`, `handed_to_push`, `received_by_phone`, `displayed` and `answered` are those of the first unit.
    """

    SHOT = "shot"
    RECEIVED = "received"
    SELECTED = "selected"
    COMMITTED = "committed"
    HANDED_TO_PUSH = "handed_to_push"
    RECEIVED_BY_PHONE = "received_by_phone"
    DISPLAYED = "displayed"
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    ON_SCENE = "on_scene"
    CLOSED = "closed"


def stage_clock(times: Mapping[Stage, Iterable[datetime | None]]) -> dict[Stage, datetime | None]:
    """The first time of each stage, in their order; None for a stage that has not come."""
    return {stage: min((at for at in times.get(stage, ()) if at is not None), default=None) for stage in Stage}
