"""The feed port in one process: passes the same contract suite as the real one. `is_away` is a test's to set."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection
from uuid import UUID

from service.ports import FeedUnavailable, News

LOOK_EVERY_S = 0.005


class FakeFeed:
    """While it `is_away` it loses what is announced, as a dead Redis does."""

    def __init__(self) -> None:
        self.is_away = False
        self.announced: list[News] = []

    def announce(self, news: News) -> None:
        if not self.is_away:
            self.announced.append(news)

    async def listen(self, agencies: Callable[[], Collection[UUID]]) -> AsyncGenerator[News | None, None]:
        heard = len(self.announced)
        while True:
            if self.is_away:
                raise FeedUnavailable("taken away by the test")
            fresh = self.announced[heard:]
            heard += len(fresh)
            wanted = agencies()
            for news in fresh:
                if news.agency_id in wanted:
                    yield news
            yield None
            await asyncio.sleep(LOOK_EVERY_S)

    async def aclose(self) -> None:
        """There is nothing to let go of."""

    def close(self) -> None:
        """As above."""
