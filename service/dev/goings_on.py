"""What goes on in the simulated city besides its patrols? Sensors hear, AVL feeds report, pushes arrive, phones break.

Each function is one of these, for ever. Who takes part: `simulator`.
"""

from collections.abc import Iterator, Sequence
from random import Random
from uuid import uuid4

import httpx

from service.dev.clients import Source, call
from service.dev.patrol import Patrol, Spawn
from service.dev.shots import Message, Sound
from service.dev.watch import Watch

AVL_EVERY_S = 3.0
BROKEN_PHONE_EVERY_S = 75.0
BROKEN_FOR_S = 45.0
DISPATCHER_LOOKS_EVERY_S = 2.0
LONG_POLL_S = 20.0

PhoneBook = dict[str, Patrol]
"""Patrols by the push target of their phone."""


async def sensors(sounds: Iterator[Sound], *, source: Source, watch: Watch, spawn: Spawn) -> None:
    """Post what is heard, each message when its sensor would have it ready."""
    for sound in sounds:
        await watch.sleep(sound.quiet_s)
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


async def broken_phones(phones: PhoneBook, *, push_service: httpx.AsyncClient, watch: Watch, random: Random) -> None:
    """Now and then somebody installs the app anew: the push service no longer knows the phone, until it says so.

    Who watches sees the next unit asked at once, in place of the one that cannot ring.
    """
    while True:
        await watch.sleep(random.uniform(0.7, 1.3) * BROKEN_PHONE_EVERY_S)
        target = random.choice(sorted(phones))
        fault = {"target": target, "answer": "unregistered", "times": None}
        await call(push_service, "POST", "/faults", json=fault)
        await watch.sleep(BROKEN_FOR_S)
        patrol = phones.pop(target)
        phones[renewed := new_target()] = patrol
        await patrol.phone.put("push", {"kind": "fcm_token", "value": renewed})


def new_target() -> str:
    """As opaque as a real one."""
    return f"simulated-{uuid4().hex}"
