"""The clocks of those outside: the world's, a fast one for a replay, and a phone's that is wrong."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from service.dev.watch import Watch


def test_a_plain_watch_shows_the_time() -> None:
    assert abs(Watch().now().timestamp() - time.time()) < 0.5


def test_a_fast_watch_starts_with_the_world_and_runs_ahead() -> None:
    began = datetime.fromtimestamp(time.time() - 10, tz=UTC)

    ahead_s = (Watch(speed=60, started_at=began).now() - began).total_seconds()

    assert 600 <= ahead_s < 660


def test_a_fast_watch_makes_waiting_short() -> None:
    watch, began_s = Watch(speed=600), time.monotonic()

    asyncio.run(watch.sleep_until(watch.now() + timedelta(seconds=60)))

    assert 0.09 <= time.monotonic() - began_s < 1.0
    assert watch.real_s(timedelta(seconds=60)) == 0.1


def test_a_phone_s_clock_may_be_an_hour_ahead() -> None:
    assert timedelta(minutes=59) < Watch(ahead=timedelta(hours=1)).now() - Watch().now() < timedelta(minutes=61)
