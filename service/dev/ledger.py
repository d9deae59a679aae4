"""Which fixes does the service know of, as far as whoever posted them can tell? For a second opinion on its choices."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.dev.second_opinion import AcceptedFix


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A fix that was accepted somewhen between being `sent` and being `answered`."""

    fix: AcceptedFix
    sent: datetime
    answered: datetime


class Ledger:
    """Accepted fixes, unit by unit, in the order in which they were posted; all times by the replay's clock."""

    def __init__(self) -> None:
        self._known: defaultdict[str, list[_Known]] = defaultdict(list)

    def enter(self, unit: str, fix: AcceptedFix, *, sent: datetime, answered: datetime) -> None:
        self._known[unit].append(_Known(fix=fix, sent=sent, answered=answered))

    def known(self, when: datetime, *, give_or_take: timedelta) -> dict[str, list[AcceptedFix | None]]:
        """Each unit's last fix then: more than one where one was on its way, None where there was perhaps none yet."""
        return {
            unit: self._candidates(entries, when - give_or_take, when + give_or_take)
            for unit, entries in self._known.items()
        }

    def _candidates(self, entries: list[_Known], surely: datetime, possibly: datetime) -> list[AcceptedFix | None]:
        first = bisect_right(entries, surely, key=lambda entry: entry.answered)
        last = bisect_right(entries, possibly, key=lambda entry: entry.sent)
        candidates: list[AcceptedFix | None] = [entry.fix for entry in entries[max(0, first - 1) : last]]
        return candidates if first else [*candidates, None]
