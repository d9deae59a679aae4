"""What Beatline replaces: push, positions, jobs, feed, clock. PostgreSQL is no port: it is the truth.

Each port has one contract suite (`tests/ports`) that its fake and its real adapter both pass.
"""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from service.domain.geo import Point
from service.domain.notice import Notice
from service.domain.unit import Platform, PushTarget, Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The push service took it. `message_id` is its name for the message."""

    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """The push service did not take it, or nobody knows.

    `target_is_dead`: the phone is gone from this address, for ever. `can_retry`: the same send may succeed later,
    not before `retry_after_s` when that is set. `ambiguous`: it may have arrived all the same (timeout, cut
    connection). `our_fault`: the message or our credentials are wrong; nobody's phone is to blame: raise an alarm.
    """

    reason: str
    can_retry: bool = False
    target_is_dead: bool = False
    retry_after_s: float | None = None
    ambiguous: bool = False
    our_fault: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PushCondition:
    """How this process finds the push service as a whole, never one phone. `down_since` is None unless it is away.

    `reason` is in words for a console: why it is away, or that it is well, or that there is none.
    """

    down_since: datetime | None = None
    reason: str = "well"


class Push(Protocol):
    """Makes one device ring. Thread-safe; one instance lives as long as its process."""

    def warm(self) -> None:
        """Pay for imports, token and connections before the first alert; failing to is logged, never raised."""

    def send(self, notice: Notice, *, target: PushTarget, platform: Platform) -> Sent | NotSent:
        """One attempt, at most 3 s in all, never retried inside, never raising.

        A target of kind `canary` is only checked by the push service: everything is real but the phone.
        """

    def condition(self) -> PushCondition:
        """What the last attempts have shown; asks nobody."""

    def close(self) -> None:
        """Let go of connections; a second call does nothing."""


class PositionsUnavailable(Exception):
    """Positions cannot be read or kept now (down, hung for 250 ms, or wiped and not yet rebuilt): use the store."""


class FeedUnavailable(Exception):
    """The feed is away (down, hung or wiped): read the journal instead."""


class UnitKey(NamedTuple):
    """A unit of an agency."""

    agency_id: UUID
    unit_id: UUID


class UnitTrack(NamedTuple):
    """One unit's track, as `near` gives it."""

    unit_id: UUID
    track: Track


class Positions(Protocol):
    """Where units are now. May vanish at any instant; what must survive is in the store."""

    def near(self, agency_id: UUID, point: Point, *, limit: int) -> list[UnitTrack]:
        """Up to `limit` units with a believed fix, about nearest first, at any distance.

        The order is by a sphere (off by up to 0.6 %): rank again by geodesic. Fewer than `limit` means that there are
        no more. Raises PositionsUnavailable after 250 ms. Source: Redis GEOSEARCH.
        """

    async def tracks(self, units: Sequence[UnitKey]) -> dict[UnitKey, Track]:
        """Tracks of those units that have one. Raises PositionsUnavailable after 250 ms."""

    async def keep(self, tracks: Mapping[UnitKey, Track]) -> None:
        """Store tracks; a stored fix newer than the given one stays. Raises PositionsUnavailable after 250 ms."""

    def may_rebuild(self, agency_id: UUID) -> bool:
        """Whether it is the caller's to rebuild: it can be done now, and nobody was told so within the last 2 s.

        Of all who notice a wipe at once, one pays for it. False also while positions cannot be kept.
        """

    def rebuild(self, agency_id: UUID, tracks: Mapping[UUID, Track]) -> None:
        """Take an agency's tracks from the store, and answer for it from now on; newer fixes already here stay."""

    def forget(self, agency_id: UUID, *, before: datetime) -> None:
        """Tracks whose fix is older: units that report no more. A second call does nothing; thread-safe as `rebuild`.

        Of a track without a believed fix its suspect counts. Raises PositionsUnavailable; call it again later then.
        """

    async def aclose(self) -> None:
        """Let go of what belongs to the event loop that called `tracks` and `keep`; a second call does nothing."""


class Jobs(Protocol):
    """A nudge to the workers; the clock makes it sure. Raises whatever it likes: callers log and go on."""

    def page(self, agency_id: UUID, incident_id: UUID) -> None:
        """Ask a worker to send all due pages of an incident, soon. At most 0.25 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A transaction of this agency has changed something. `entry_id` is its last journal entry.

    What it did stands in the journal and nowhere else: so nothing is missed when news are lost, and nothing that
    is purged lives on in whatever carries them.
    """

    agency_id: UUID
    entry_id: UUID


class Feed(Protocol):
    """Carries news from whoever committed something to everybody who watches; may lose any of it at any instant.

    What was lost is found in the journal. `announce` from any thread; `listen` and `aclose` on one event loop.
    """

    def announce(self, news: News) -> None:
        """After a commit. Returns at once, never raises, and never waits for anybody."""

    def listen(self, agencies: Callable[[], Collection[UUID]]) -> AsyncGenerator[News | None, None]:
        """News of these agencies from now on, whoever announces them, until it is closed; one listener a process.

        `agencies` is asked again at least every half second. Yields None at least as often: nothing came, and whatever
        was announced before is here. Raises FeedUnavailable when it is away; listening again begins with now.
        """

    async def aclose(self) -> None:
        """Let go of what belongs to the event loop; a second call does nothing."""

    def close(self) -> None:
        """Announce what waits, within 0.5 s, and let go of the rest; a second call does nothing."""


class DeadMansSwitch(Protocol):
    """Somebody outside who calls a person when we fall silent. Not one of the `Ports`: the auditor alone knows it."""

    def ping(self) -> bool:
        """All is well now. Whether that was heard; waits for seconds at most, never raises."""

    def close(self) -> None:
        """Let go of connections; a second call does nothing."""


class Clock(Protocol):
    """The time that decides: PostgreSQL's in production, frozen in tests, scaled in a replay."""

    def now(self) -> datetime:
        """Aware, in UTC. Monotonic enough: never jumps with this host's own clock."""

    def real(self, seconds: float) -> timedelta:
        """How far this clock moves in so many real seconds: for I/O (leases, retries), which no replay can hurry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The outside world as operations see it; `runtime` puts it together."""

    push: Push
    positions: Positions
    jobs: Jobs
    feed: Feed
    clock: Clock
