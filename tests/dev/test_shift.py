"""A shift of the demo's dispatcher: what was decided is done through the console's API, and nothing else is."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from fake_console import FakeConsole, event
from fixed_luck import Forgetful, Typical
from shown import Shown, alert, clear, concern, confirmed, going, incident, told, unit

from service.dev.city import luck_of
from service.dev.dispatcher import Dispatcher
from service.dev.shift import Shift
from service.dev.watch import Watch

HELLO = event("hello", {}, event_id="1")
ACKNOWLEDGMENT = "incidents/0192-abcdef/acknowledgments/alert-1A01/confirmation"
HELD = told(state="held", level=0)


async def work(console: FakeConsole, dispatcher: Dispatcher) -> None:
    """Most of a minute of it, at a hundred times its speed."""
    async with asyncio.TaskGroup() as tasks:

        def spawn(act: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
            return tasks.create_task(act)

        shift = Shift(desk=console.desk(), dispatcher=dispatcher, watch=Watch(speed=100), spawn=spawn)
        duties = [tasks.create_task(shift.look()), tasks.create_task(shift.act())]
        await asyncio.sleep(0.5)
        for duty in duties:
            duty.cancel()


def done(console: FakeConsole, dispatcher: Dispatcher | None = None) -> list[tuple[str, Any]]:
    """What was posted and deleted, after signing in."""
    asyncio.run(work(console, dispatcher or Dispatcher(random=Typical())))
    acts = zip(console.asked, console.said, strict=True)
    return [(asked, said) for asked, said in acts if not asked.startswith("GET") and asked != "POST session"]


def streaming(news: Shown) -> FakeConsole:
    return FakeConsole([HELLO, event("incident", news, event_id="2")])


@pytest.mark.parametrize(
    ("news", "act"),
    [
        (told(going(), state="open"), (f"POST {ACKNOWLEDGMENT}", None)),
        (HELD, ("POST incidents/0192-abcdef/release", None)),
        (
            told(clear(), state="open", disposition="victim"),
            ("POST incidents/0192-abcdef/closure", {"disposition": "victim"}),
        ),
        (
            told(confirmed(), state="open", concerns=[concern("stalled")]),
            (f"DELETE {ACKNOWLEDGMENT}", None),
        ),
    ],
)
def test_what_is_decided_is_done_by_the_api(news: Shown, act: tuple[str, Any]) -> None:
    assert done(streaming(news)) == [act]


def test_a_held_incident_may_be_dismissed_with_a_reason() -> None:
    seed = next(n for n in range(100) if luck_of("dispatcher", seed=n).choice(range(5)) == 2)

    ((asked, said),) = done(streaming(HELD), Dispatcher(random=luck_of("dispatcher", seed=seed)))

    assert asked == "POST incidents/0192-abcdef/cancellation"
    assert said["reason"]


def test_another_unit_that_is_sent_is_the_nearest_free_one() -> None:
    console = streaming(told(alert("1A01", "expired"), state="unanswered"))
    console.units = [unit("1A01", north_deg=0.001), unit("1A03", north_deg=0.006), unit("1A02", north_deg=0.005)]

    assert done(console) == [("POST incidents/0192-abcdef/dispatches", {"unit_ids": ["unit-1A02"]})]


def test_when_nobody_is_free_nobody_is_sent() -> None:
    assert done(streaming(told(alert("1A01", "expired"), state="unanswered"))) == []


def test_whoever_begins_a_shift_reads_what_is_going_on_and_what_was_forgotten() -> None:
    forgotten = incident(going(), concerns=[concern("unconfirmed")])

    acts = done(FakeConsole([HELLO], incidents=[forgotten]), Dispatcher(random=Forgetful()))

    assert acts == [(f"POST {ACKNOWLEDGMENT}", None)]


def test_a_dispatcher_reads_no_incident_that_the_stream_tells() -> None:
    console = streaming(told(going(), state="open"))

    done(console)

    assert not [asked for asked in console.asked if asked.startswith("GET incidents/")]
