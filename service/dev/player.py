"""How is a record played through the public API? Fixes as an AVL feed, detections as webhooks, phones that ring.

Not for when things happen (`timeline`), nor for judging what came of them (`verdict`).
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from service.dev.clients import Refused, Source
from service.dev.ledger import Ledger
from service.dev.recorded import RecordedDetection
from service.dev.recorded_fleet import RecordedFix
from service.dev.second_opinion import AcceptedFix
from service.dev.timeline import Moment
from service.dev.watch import Watch

BATCH = 100
"""Fixes in one request: no unit may have more of them in one."""
HEAD_START_S = 1.0
"""Real seconds for telling what was known before the start, so that the first detection is not late for it."""
TICK_S = 0.05
"""Fixes that are due so soon after each other travel together. Real seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What was said about one detection. `late` is how far the replay was behind when it was posted."""

    detection: RecordedDetection
    sent_as: str
    occurred_at: datetime
    late: timedelta
    answered_after_s: float
    answer: Mapping[str, Any] | None
    refusal: str | None = None


@dataclass(slots=True, kw_only=True)
class Player:
    """`call_signs` says which unit of the service plays which recorded one; recorded units without one are left out.

    `start` is when the replay began, by its own clock; known once it plays.
    """

    source: Source
    watch: Watch
    run: str
    call_signs: Mapping[str, str]
    ledger: Ledger = field(default_factory=Ledger)
    played: list[Played] = field(default_factory=list)
    fixes_posted: int = 0
    fixes_refused: int = 0
    start: datetime = field(init=False)

    async def play(self, moments: Iterable[Moment], *, progress: Callable[[timedelta], None]) -> None:
        """Everything at its time; `progress` is told how far the replay is. Raises Refused when the feed is refused."""
        self.start = self.watch.now() + timedelta(seconds=HEAD_START_S * self.watch.speed)
        waiting: list[Moment] = []
        for moment in moments:
            ahead = self.start + moment.after - self.watch.now()
            if waiting and (self.watch.real_s(ahead) > TICK_S or len(waiting) >= BATCH):
                await self._post_fixes(waiting)
                waiting = []
            await self.watch.sleep_until(self.start + moment.after)
            progress(moment.after)
            if isinstance(moment.what, RecordedDetection):
                # Whatever was reported before the shot is known before the shot: the check rests on it.
                await self._post_fixes(waiting)
                waiting = []
                await self._post_detection(moment.what, self.start + moment.after)
            elif moment.what.unit in self.call_signs:
                waiting.append(moment)
        await self._post_fixes(waiting)

    async def _post_detection(self, detection: RecordedDetection, occurred_at: datetime) -> None:
        sent_as = f"{self.run}-{detection.detection_id}"
        body = {
            "detection_id": sent_as,
            "revision": 0,
            "kind": "detected",
            "occurred_at": occurred_at.isoformat(),
            "location": {"lat": detection.lat, "lon": detection.lon, "uncertainty_m": detection.uncertainty_m},
            "classification": detection.classification,
            "confidence": detection.confidence,
            "rounds": detection.rounds,
        }
        late, sent_s = self.watch.now() - occurred_at, time.perf_counter()
        answer, refusal = None, None
        try:
            answer = await self.source.post_detection(body)
        except Refused as refused:
            refusal = str(refused)
        self.played.append(
            Played(
                detection=detection,
                sent_as=sent_as,
                occurred_at=occurred_at,
                late=late,
                answered_after_s=time.perf_counter() - sent_s,
                answer=answer,
                refusal=refusal,
            )
        )

    async def _post_fixes(self, moments: Sequence[Moment]) -> None:
        by_unit: defaultdict[str, list[AcceptedFix]] = defaultdict(list)
        for moment in moments:
            assert isinstance(moment.what, RecordedFix)  # noqa: S101  detections are posted by themselves
            by_unit[self.call_signs[moment.what.unit]].append(_as_posted(moment.what, self.start + moment.after))
        if not by_unit:
            return
        sent = self.watch.now()
        answer = await self.source.post_positions(
            {"call_sign": call_sign, "fixes": [_body(fix) for fix in fixes]} for call_sign, fixes in by_unit.items()
        )
        self._enter(by_unit, answer, sent=sent)

    def _enter(
        self, by_unit: Mapping[str, Sequence[AcceptedFix]], answer: Mapping[str, Any], *, sent: datetime
    ) -> None:
        answered = self.watch.now()
        refused = {(each["call_sign"], each["index"]) for each in answer["rejected"]}
        for call_sign, fixes in by_unit.items():
            for index, fix in enumerate(fixes):
                if (call_sign, index) not in refused:
                    self.ledger.enter(call_sign, fix, sent=sent, answered=answered)
        self.fixes_posted += sum(map(len, by_unit.values()))
        self.fixes_refused += len(refused)


def _as_posted(fix: RecordedFix, at: datetime) -> AcceptedFix:
    return AcceptedFix(at=at, lat=fix.lat, lon=fix.lon, accuracy_m=fix.accuracy_m)


def _body(fix: AcceptedFix) -> dict[str, Any]:
    return {"lat": fix.lat, "lon": fix.lon, "at": fix.at.isoformat(), "accuracy_m": fix.accuracy_m}
