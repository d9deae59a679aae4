"""How does a connection of a pool follow the master? It is made anew once that has moved, or was away.

redis-py's own classes, each with one thing added, for threads and for the event loop. Whom to follow: `server`.
"""

from typing import Any, NamedTuple, Protocol

import redis
import redis.asyncio
from redis.asyncio.connection import SSLConnection as AsyncSSLConnection
from redis.asyncio.connection import UnixDomainSocketConnection as AsyncUnixConnection
from redis.connection import SSLConnection, UnixDomainSocketConnection


class Place(NamedTuple):
    """Where the master is. `era` grows whenever older connections are of no use any more."""

    era: int
    host: str | None
    port: int | None


class Guide(Protocol):
    """Tells where to connect now."""

    @property
    def place(self) -> Place: ...

    @property
    def is_lost(self) -> bool:
        """Nobody has told yet where the master is."""


class _Following:
    """For threads. What lies in a pool is of the era in which it was made; an older one may hang, or be a replica's."""

    host: Any
    port: Any

    def __init__(self, *, guide: Guide, **options: Any) -> None:
        super().__init__(**options)
        self._guide = guide
        self._era = -1

    def connect(self) -> None:
        place = _known_place(self._guide)
        if place.era != self._era:
            self.disconnect()  # type: ignore[attr-defined]  # of the class it is mixed into
            self._era = place.era
            if place.host is not None:
                self.host, self.port = place.host, place.port
        super().connect()  # type: ignore[misc]  # as above


class _AsyncFollowing:
    """The same for the event loop."""

    host: Any
    port: Any

    def __init__(self, *, guide: Guide, **options: Any) -> None:
        super().__init__(**options)
        self._guide = guide
        self._era = -1

    async def connect(self) -> None:
        place = _known_place(self._guide)
        if place.era != self._era:
            await self.disconnect(nowait=True)  # type: ignore[attr-defined]  # of the class it is mixed into
            self._era = place.era
            if place.host is not None:
                self.host, self.port = place.host, place.port
        await super().connect()  # type: ignore[misc]  # as above


class _Tcp(_Following, redis.Connection):
    pass


class _Tls(_Following, SSLConnection):
    pass


class _Unix(_Following, UnixDomainSocketConnection):
    pass


class _AsyncTcp(_AsyncFollowing, redis.asyncio.Connection):
    pass


class _AsyncTls(_AsyncFollowing, AsyncSSLConnection):
    pass


class _AsyncUnix(_AsyncFollowing, AsyncUnixConnection):
    pass


def connection_class(*, is_unix: bool, is_tls: bool) -> Any:
    """For threads."""
    return _Unix if is_unix else _Tls if is_tls else _Tcp


def async_connection_class(*, is_unix: bool, is_tls: bool) -> Any:
    """For the event loop."""
    return _AsyncUnix if is_unix else _AsyncTls if is_tls else _AsyncTcp


def _known_place(guide: Guide) -> Place:
    if guide.is_lost:
        raise redis.ConnectionError("no sentinel has told yet where the master is")
    return guide.place
