"""When does each recorded thing happen in a replay, with idle gaps shortened? Pure. Not for playing it: `replay`.

Between two detections that are far apart nothing happens that anybody would wait for. What lies more than AFTERMATH
after the one and more than LEAD before the other is cut out, and PAUSE is put in its place:

* LEAD is longer than the oldest fix that ranks with the others (300 s), so each fix that counts keeps its exact age;
* of what is cut out, each unit's last fix stays, since a unit that has been silent for an hour is still known: it is
  younger than it was, but never so young that it would rank with the others;
* PAUSE is long enough that such a fix, brought closer, is not taken for a jump no car could drive (85 m/s).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.dev.recorded import RecordedDetection
from service.dev.recorded_fleet import Fleet, RecordedFix

RUN_UP = timedelta(seconds=10)
LEAD = timedelta(seconds=360)
AFTERMATH = timedelta(seconds=180)
"""Three levels of 30 s, the supervisors, and time to settle."""
PAUSE = timedelta(seconds=300)
_KNOWN_SINCE = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """`what` happens `after` the start of the replay; negative for a fix that is known when it starts."""

    after: timedelta
    what: RecordedDetection | RecordedFix


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Recorded time that is played in full: `start` comes `after` the start of the replay."""

    start: datetime
    end: datetime
    after: timedelta

    def moment(self, at: datetime) -> timedelta:
        return self.after + (at - self.start)


def stretches_around(detections: Sequence[RecordedDetection]) -> list[Stretch]:
    """What is played of the record, in order. The first detection is heard RUN_UP after the start."""
    stretches: list[Stretch] = []
    for detection in detections:
        start, end = detection.occurred_at - LEAD, detection.occurred_at + AFTERMATH
        last = stretches[-1] if stretches else None
        if last is None:
            stretches.append(Stretch(start=start, end=end, after=RUN_UP - LEAD))
        elif start - last.end <= PAUSE:
            stretches[-1] = replace(last, end=end)
        else:
            stretches.append(Stretch(start=start, end=end, after=last.moment(last.end) + PAUSE))
    return stretches


def moments(detections: Sequence[RecordedDetection], fleet: Fleet | None) -> Iterator[Moment]:
    """Everything that happens, in order; a fix comes before a detection of the same instant."""
    known_since = detections[0].occurred_at - _KNOWN_SINCE if detections else None
    for number, stretch in enumerate(stretches_around(detections)):
        if fleet is not None and known_since is not None:
            left_out = fleet.last_before(stretch.start, since=known_since)
            yield from sorted((_carried(fix, stretch, exact=number == 0) for fix in left_out), key=_order)
            known_since = stretch.end
        yield from _played(detections, fleet, stretch)


def length(detections: Sequence[RecordedDetection]) -> timedelta:
    """How long the replay takes by its own clock."""
    stretches = stretches_around(detections)
    return stretches[-1].moment(stretches[-1].end) if stretches else timedelta(0)


def _carried(fix: RecordedFix, stretch: Stretch, *, exact: bool) -> Moment:
    """A fix from before the stretch; unless `exact`, brought closer, yet well after what was played before it."""
    before = stretch.start - fix.at
    return Moment(after=stretch.after - (before if exact else min(before, PAUSE / 2)), what=fix)


def _played(detections: Sequence[RecordedDetection], fleet: Fleet | None, stretch: Stretch) -> Iterator[Moment]:
    fixes = fleet.between(stretch.start, stretch.end) if fleet else []
    shots = [shot for shot in detections if stretch.start <= shot.occurred_at < stretch.end]
    played = [Moment(after=stretch.moment(fix.at), what=fix) for fix in fixes]
    played += [Moment(after=stretch.moment(shot.occurred_at), what=shot) for shot in shots]
    # The sort is stable: a fix was there before a detection of the same instant.
    yield from sorted(played, key=_order)


def _order(moment: Moment) -> timedelta:
    return moment.after
