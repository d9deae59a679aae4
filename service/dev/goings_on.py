"""What goes on in the simulated city besides its patrols? Sensors hear, AVL feeds report, pushes arrive, phones break.

Each function is one of these, for ever. Who takes part: `simulator`.
"""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any
from uuid import uuid4

import httpx

from service.dev.clients import Source, call
from service.dev.patrol import Patrol, Spawn
from service.dev.shots import Message, Sound
from service.dev.watch import Watch
from service.domain.geo import Point, rough_distance_m

AVL_EVERY_S = 3.0
MISHAP_EVERY = 4
UNKNOWN_FOR_S = 45.0
DISPATCHER_LOOKS_EVERY_S = 2.0
LONG_POLL_S = 20.0

PhoneBook = dict[str, Patrol]
"""Patrols by the push target of their phone."""
Mishap = Callable[[Point], Coroutine[Any, Any, None]]
"""Something goes wrong near a place, just before shots are heard there."""


async def sensors(
    sounds: Iterator[Sound], *, source: Source, watch: Watch, spawn: Spawn, mishap: Mishap | None = None
) -> None:
    """Post what is heard, each message when its sensor would have it ready; now and then `mishap` comes first."""
    for number, sound in enumerate(sounds, start=1):
        await watch.sleep(sound.quiet_s)
        if mishap is not None and number % MISHAP_EVERY == 0:
            await mishap(sound.place)
        occurred_at = watch.now().isoformat()
        for message in sound.messages:
            spawn(_post(message, occurred_at, source=source, watch=watch))


async def _post(message: Message, occurred_at: str, *, source: Source, watch: Watch) -> None:
    await watch.sleep(message.after_s)
    await source.post_detection({**message.body, "occurred_at": occurred_at})


async def avl_feed(patrols: Sequence[Patrol], *, source: Source, watch: Watch) -> None:
    """Cars whose phones sleep in a pocket: the computer-aided dispatch system tells where they are, signed."""
    while True:
        await watch.sleep(AVL_EVERY_S)
        await source.post_positions({"call_sign": each.phone.call_sign, "fixes": [each.fix()]} for each in patrols)


async def pushes(phones: PhoneBook, *, push_service: httpx.AsyncClient) -> None:
    """Carry what the stand-in of the push service has taken to the phones that it is for."""
    since = 0
    while True:
        query = {"since": since, "wait_s": LONG_POLL_S}
        for delivery in await call(push_service, "GET", "/deliveries", params=query, timeout=LONG_POLL_S + 5):
            since = delivery["index"]
            if patrol := phones.get(delivery["target"]):
                patrol.ring(delivery["message"]["data"])


async def reinstall_nearest(
    place: Point, *, phones: PhoneBook, push_service: httpx.AsyncClient, watch: Watch, spawn: Spawn
) -> None:
    """The free unit nearest to `place` has installed its app anew: the push service no longer knows the phone.

    Who watches sees the next unit asked at once in its place; after a while the app tells its new target.
    """
    free = [target for target, patrol in phones.items() if patrol.car.bound_for is None]
    target = min(free, key=lambda target: rough_distance_m(phones[target].car.place, place), default=None)
    if target is not None:
        await call(push_service, "POST", "/faults", json={"target": target, "answer": "unregistered", "times": None})
        spawn(_open_app(target, phones=phones, watch=watch))


async def _open_app(forgotten: str, *, phones: PhoneBook, watch: Watch) -> None:
    await watch.sleep(UNKNOWN_FOR_S)
    patrol = phones.pop(forgotten)
    phones[target := new_target()] = patrol
    await patrol.phone.put("push", {"kind": "fcm_token", "value": target})


def new_target() -> str:
    """As opaque as a real one."""
    return f"simulated-{uuid4().hex}"
