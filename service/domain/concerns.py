"""What is still to be worried about, of all that the console was told of a unit? Pure; when it is told: `care`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from service.domain.care import Concern, Duty, awaits_answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Worry:
    """`since` is how long it has been so, `told_at` when the console was told last."""

    concern: Concern
    since: datetime
    told_at: datetime


def worries(duty: Duty) -> Iterator[Worry]:
    """What nobody has seen to yet, the most pressing first. A question whose time is not over is no worry."""
    silent_at = _silent_at(duty)
    if silent_at:
        yield Worry(concern=Concern.SILENT, since=silent_at, told_at=silent_at)
    if duty.stalled_nudged_at and not duty.on_scene_at and duty.not_closer_since < duty.stalled_nudged_at:
        yield Worry(concern=Concern.STALLED, since=duty.not_closer_since, told_at=duty.stalled_nudged_at)
    if duty.unconfirmed_nudged_at and not duty.confirmed_at:
        yield Worry(concern=Concern.UNCONFIRMED, since=duty.acknowledged_at, told_at=duty.unconfirmed_nudged_at)


def _silent_at(duty: Duty) -> datetime | None:
    """When the officer was found silent who has said nothing since; asked anew meanwhile, they are no less silent."""
    silent_at, answered_at = duty.welfare_silent_at, duty.welfare_answered_at
    if silent_at is None or not awaits_answer(duty.welfare_asked_at, answered_at):
        return None
    return silent_at if answered_at is None or answered_at < silent_at else None
