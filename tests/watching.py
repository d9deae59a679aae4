"""People and phones that watch a world, without a server between: what the hub tells each of them, as text.

Time is real here, since what is watched is; the world's own clock stands still.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

from builders import seconds
from world import World

from service.auth.tokens import new_session_token, token_hash
from service.operations.credentials import Credential
from service.operations.lookout import Picture
from service.operations.sights import AlertSight, IncidentSight, Sight, TooMuch, UnitSight, WarningSight
from service.operations.watchers import Watcher, Watching
from service.operations.watching import Hub
from service.store import sessions, users
from service.store.database import Transaction
from service.store.directory import Door
from service.store.journal import news_of
from service.store.users import UserRole

PATIENCE_S = 5.0


class Pen:
    """Draws sights as words, and remembers how many."""

    def __init__(self) -> None:
        self.drawn: list[str] = []
        self.breaks_at = ""

    def draw(self, sight: Sight) -> Picture:
        words = _words(sight)
        self.drawn.append(words)
        if self.breaks_at and self.breaks_at in words:
            self.breaks_at = ""
            raise RuntimeError("broken by the test")
        return Picture(whole=f"{words}\n".encode(), shows=words.encode())


def _words(sight: Sight) -> str:
    match sight:
        case IncidentSight():
            happened = [f"{entry.action} {entry.details.get('detection_id', '')}" for entry in sight.entries]
            return f"{sight.incident.state}: {', '.join(happened)}"
        case UnitSight():
            return f"{sight.unit.call_sign} is {sight.unit.status}"
        case AlertSight():
            page = f" ({'loud ' if sight.page.loud else ''}{sight.page.kind})" if sight.page else ""
            return f"{sight.view.stored.alert.state}{page}"
        case WarningSight():
            return f"{sight.page.kind} of an {sight.incident.state} incident"
        case TooMuch():
            return "too much"


class Announcing:
    """What `runtime` gives a database: it tells the world's feed of every commit, once there is a world."""

    world: World | None = None

    def __call__(self, tx: Transaction) -> None:
        news = news_of(tx)
        if self.world is not None and news is not None:
            self.world.feed.announce(news)


@asynccontextmanager
async def a_hub(world: World, pen: Pen | None = None, **bounds: Any) -> AsyncIterator[Hub]:
    async with Hub(world.database, world.ports, draw=(pen or Pen()).draw, **bounds) as hub:
        yield hub


async def watch(
    hub: Hub,
    world: World,
    *,
    unit_id: UUID | None = None,
    credential: Credential | None = None,
    after: UUID | None = None,
) -> Watcher:
    """Somebody who missed nothing, or is told what."""
    who = Watching(agency_id=world.agency_id, unit_id=unit_id, credential=credential)
    joined = await hub.join(who, after=after)
    for told in joined.missed or ():
        joined.watcher.tell(told)
    return joined.watcher


async def told(watcher: Watcher, until: str) -> list[str]:
    """Line by line, up to the first that has these words."""
    lines: list[str] = []
    async with asyncio.timeout(PATIENCE_S):
        while not any(until in line for line in lines):
            lines += b"".join(await watcher.next()).decode().splitlines()
            assert not watcher.ended.done() or lines, "it ended"
    return lines


async def ending(watcher: Watcher) -> str:
    async with asyncio.timeout(PATIENCE_S):
        return await asyncio.shield(watcher.ended)


async def act(what: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """In a thread, as routes and workers do: the event loop goes on."""
    return await asyncio.to_thread(what, *arguments, **named)


class Session(NamedTuple):
    """Of somebody who has signed in: what a browser keeps, and what the server knows it by."""

    token: str
    credential: Credential


def sign_in(world: World, *, lasts_s: float = 3_600) -> Session:
    token, now = new_session_token(), world.clock.now()
    key, expires_at = token_hash(token).hex(), now + seconds(lasts_s)
    with world.database.transaction(world.agency_id) as tx:
        user = users.add(
            tx, email=f"{key}@sfpd.example", name="Lee", role=UserRole.DISPATCHER, password_hash="none", now=now
        )
        sessions.add(tx, key, user_id=user.user_id, now=now, expires_at=expires_at)
    return Session(token, Credential(door=Door.SESSION_TOKEN, key=key, name="a session", expires_at=expires_at))


def sign_out(world: World, session: Session) -> None:
    with world.database.transaction(world.agency_id) as tx:
        sessions.end(tx, session.credential.key)
