"""May this request be worked on now, must it wait, or is it refused? Fair shares of the threads, one table (`lanes`).

Who waits does so on the event loop: it holds no thread and no connection to the database, and its body is in memory
already, so that nobody holds a thread who sends slowly. Lines are bounded, and so is the time in them; beyond that the
answer is `overloaded`, before memory grows. Not for how that is asked of each request: `admitted`.
"""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Hashable, Iterator
from dataclasses import KW_ONLY, dataclass, field
from itertools import count
from typing import NamedTuple, TypeVar

import structlog

from service.api.lanes import Lane
from service.domain.errors import Code, DomainError

STRANGERS_AT_ONCE = 6
"""Whom no credential has let in yet has these threads, all together: for a sign-in, an enrolment, a first message."""
STRANGERS_MAY_WAIT = 1_500
"""After a restart everybody is a stranger until the first answer: all phones of some large agencies."""
ONE_ADDRESS_MAY_WAIT = 100
"""Strangers there, over all lanes. All phones of an agency may share one address of their mobile network, and are
strangers together after a restart: a hundred are a quarter of a second's work, those refused come again within four
seconds, and whoever was answered once is none of them. To fill the places of all strangers takes fifteen addresses."""
STRANGERS_REPORTING = 300
"""Positions at work in a lane that takes no thread, each waiting for its token to be looked up; of one address as many
as may wait there."""
MAY_WAIT_IN_ALL = 3_000
"""Some 20 KiB each, with a small body."""
STRANGERS_RANK = 3
"""Whatever lane a stranger asks for: nobody gets before officers by calling an officer's address."""
RETRY_AFTER_S = (1, 4)
"""Not all of those who are refused in the same moment come back in the same moment."""
LOG_EVERY_S = 10.0
"""A storm of refusals is one line in the log, not a second storm; `beatline_requests_refused_total` counts them."""
_log = structlog.get_logger()
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose share it is: an agency's, or that of the network address of somebody who is not known.

    Equal are those who share: `credential` is which one of the agency's is asking.
    """

    whose: Hashable
    _: KW_ONLY
    is_known: bool
    credential: Hashable = field(default=None, compare=False, repr=False)


class _Turn(NamedTuple):
    number: int
    one: Hashable
    came: "asyncio.Future[None]"


class Admission:
    """On one event loop. `threads` is how many requests are worked on at once."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._numbers = count()
        self._working = 0
        self._strangers = self._strangers_reporting = 0
        self._in_lane: Counter[Lane] = Counter()
        self._of_caller: Counter[Caller] = Counter()
        self._of_caller_in_lane: Counter[tuple[Lane, Caller]] = Counter()
        self._lines: dict[tuple[Lane, Caller], deque[_Turn]] = {}
        self._waiting: Counter[bool] = Counter()
        self._waiting_of_one: Counter[Hashable] = Counter()
        self._log_again_at_s = 0.0
        self.refused: Counter[tuple[Lane, str]] = Counter()

    def in_flight(self, lane: Lane) -> int:
        return self._in_lane[lane]

    def waiting(self, lane: Lane) -> int:
        return sum(len(line) for (its_lane, _), line in self._lines.items() if its_lane is lane)

    def refuse_when_full(self, lane: Lane, caller: Caller) -> None:
        """Raises DomainError(overloaded) when there is neither a place nor room to wait for one."""
        line = self._lines.get((lane, caller), ())
        if not line and self._has_place(lane, caller):
            return
        if len(line) >= lane.may_wait:
            raise self.refusal(lane, "line_full")
        if self._waiting.total() >= MAY_WAIT_IN_ALL:
            raise self.refusal(lane, "all_lines_full")
        if not caller.is_known and self._waiting[False] >= STRANGERS_MAY_WAIT:
            raise self.refusal(lane, "too_many_strangers")
        if self._waiting_of_one[_one(lane, caller)] >= _one_may_wait(lane, caller):
            raise self.refusal(lane, "too_many_of_one")

    def enter_at_once(self, lane: Lane, caller: Caller) -> bool:
        """True when it may be worked on now; whoever entered must `leave`. False when it must wait: `enter`."""
        if (lane, caller) in self._lines or not self._has_place(lane, caller):
            return False
        self._take_place(lane, caller)
        return True

    async def enter(self, lane: Lane, caller: Caller) -> None:
        """Returns when it may be worked on; whoever entered must `leave`.

        Raises DomainError(overloaded), which says when to come again, when too many wait or the wait is too long.
        """
        self.refuse_when_full(lane, caller)
        if not self.enter_at_once(lane, caller):
            await self._wait(lane, caller)

    def leave(self, lane: Lane, caller: Caller) -> None:
        self._count(lane, caller, -1)
        self._let_in()

    def refusal(self, lane: Lane, why: str) -> DomainError:
        """To be raised; it is counted as refused."""
        self.refused[lane, why] += 1
        if time.monotonic() >= self._log_again_at_s:
            self._log_again_at_s = time.monotonic() + LOG_EVERY_S
            _log.warning("requests_refused", lane=lane.name, why=why, so_far=self.refused.total())
        return DomainError(
            Code.OVERLOADED,
            "Too much is asked of this server at this moment; send the same again.",
            retry_after_s=random.randint(*RETRY_AFTER_S),  # noqa: S311  spreads load, guards nothing
        )

    # -- places -----------------------------------------------------------------------------------------------------

    def _has_place(self, lane: Lane, caller: Caller) -> bool:
        if self._in_lane[lane] >= lane.in_all or self._of_caller_in_lane[lane, caller] >= lane.at_once:
            return False
        if lane.rank is None:
            return caller.is_known or self._has_place_to_report(lane, caller)
        if not caller.is_known and self._strangers >= STRANGERS_AT_ONCE:
            return False
        return self._working < max(1, self._threads - lane.leaves_free)

    def _has_place_to_report(self, lane: Lane, stranger: Caller) -> bool:
        return (
            self._strangers_reporting < STRANGERS_REPORTING
            and self._of_caller_in_lane[lane, stranger] < ONE_ADDRESS_MAY_WAIT
        )

    def _take_place(self, lane: Lane, caller: Caller) -> None:
        self._count(lane, caller, +1)

    def _count(self, lane: Lane, caller: Caller, change: int) -> None:
        _change(self._in_lane, lane, change)
        _change(self._of_caller_in_lane, (lane, caller), change)
        if lane.rank is not None:
            _change(self._of_caller, caller, change)
            self._working += change
            self._strangers += 0 if caller.is_known else change
        elif not caller.is_known:
            self._strangers_reporting += change

    # -- lines ------------------------------------------------------------------------------------------------------

    async def _wait(self, lane: Lane, caller: Caller) -> None:
        turn = _Turn(next(self._numbers), _one(lane, caller), asyncio.get_running_loop().create_future())
        self._lines.setdefault((lane, caller), deque()).append(turn)
        _change(self._waiting, caller.is_known, +1)
        _change(self._waiting_of_one, turn.one, +1)
        try:
            async with asyncio.timeout(lane.patience_s):
                await turn.came
        except TimeoutError:
            if turn.came.cancelled():  # else its turn came at the same moment
                raise self.refusal(lane, "waited_too_long") from None
        except asyncio.CancelledError:
            if not turn.came.cancelled():
                self.leave(lane, caller)
            raise
        finally:
            if turn.came.cancelled():
                self._leave_line(lane, caller, turn)

    def _leave_line(self, lane: Lane, caller: Caller, turn: _Turn) -> None:
        """A second call does nothing: who gives up may be called up before it has said so."""
        line = self._lines.get((lane, caller), deque())
        if turn not in line:
            return
        line.remove(turn)
        if not line:
            del self._lines[lane, caller]
        _change(self._waiting, caller.is_known, -1)
        _change(self._waiting_of_one, turn.one, -1)

    def _let_in(self) -> None:
        """All who have a place now: by rank; then who has least going on; then who has waited for longest."""
        while ready := list(self._ready()):
            _, _, _, lane, caller = min(ready, key=lambda each: each[:3])
            turn = self._lines[lane, caller][0]
            self._leave_line(lane, caller, turn)
            if not turn.came.cancelled():  # else it gave up a moment ago
                self._take_place(lane, caller)
                turn.came.set_result(None)

    def _ready(self) -> Iterator[tuple[int, int, int, Lane, Caller]]:
        for (lane, caller), line in self._lines.items():
            if self._has_place(lane, caller):
                rank = (lane.rank or 0) if caller.is_known else STRANGERS_RANK
                yield rank, self._of_caller[caller], line[0].number, lane, caller


def _one(lane: Lane, caller: Caller) -> Hashable:
    """Who is one and the same: an address, whatever it wants; a credential, for what it wants."""
    return (lane, caller, caller.credential) if caller.is_known else caller


def _one_may_wait(lane: Lane, caller: Caller) -> int:
    if not caller.is_known:
        return ONE_ADDRESS_MAY_WAIT
    return lane.may_wait if lane.one_may_wait is None or caller.credential is None else lane.one_may_wait


def _change(counter: Counter[Key], key: Key, change: int) -> None:
    """What has come down to nothing is forgotten: keys are addresses too, and there are many of these."""
    counter[key] += change
    if not counter[key]:
        del counter[key]
