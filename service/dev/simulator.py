"""Who lives in the simulated city? A process of its own that knows `demo.json` and speaks HTTP, and nothing else.

`python -m service.dev.simulator D/demo.json [--pushes URL]`. What one unit does is `patrol`, what the dispatcher does
`shift`, what goes on besides `goings_on`. Everybody enrols by a code of their own: the codes that `demo.json` lists are
for whoever reads it.
"""

import argparse
import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import httpx
import structlog

from service.dev import goings_on
from service.dev.city import Car, Grid, luck_of
from service.dev.clients import MODEL, Desk, Phone, Refused, Source
from service.dev.demo_file import DemoFile, Login
from service.dev.dispatcher import Dispatcher
from service.dev.goings_on import PhoneBook, new_target
from service.dev.officers import Officer
from service.dev.patrol import Patrol
from service.dev.shift import Shift
from service.dev.shots import heard
from service.dev.watch import Watch
from service.observe import configure_logging

log = structlog.get_logger()

BY_FEED = 6
"""Every sixth car is told of by its AVL feed; its phone sleeps in a pocket."""
CLOCK_AHEAD = timedelta(hours=1)
"""One phone's clock is off by so much: the service measures that and goes on."""
LOOKS_FOR_PEOPLE_EVERY_S = 3.0
CONNECTIONS = httpx.Limits(max_connections=40, max_keepalive_connections=40)


class City:
    """The simulated units of one demo, and the background in which they act."""

    def __init__(self, demo: DemoFile, *, seed: int, http: httpx.AsyncClient, tasks: asyncio.TaskGroup) -> None:
        self.demo = demo
        self.seed = seed
        self.http = http
        self.watch = Watch()
        self.grid = Grid()
        self.source = Source(http=http, watch=self.watch, source_id=demo.source.id, secret=demo.source.secret)
        self.patrols: dict[str, Patrol] = {}
        self.phones: PhoneBook = {}
        self._tasks = tasks

    def spawn(self, act: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._tasks.create_task(_tolerated(act))

    def luck(self, actor: str) -> Random:
        return luck_of(actor, seed=self.seed)

    async def settle(self, desk: Desk) -> None:
        """Every unit of the agency gets a simulated phone, a car and an officer; those of an earlier run go."""
        for device in (await desk.get("admin/devices"))["items"]:
            if device["model"] == MODEL and device["revoked_at"] is None:
                await desk.delete(f"admin/devices/{device['device_id']}")
        units = [unit for unit in (await desk.get("units"))["items"] if unit["status"] != "off_duty"]
        for number, unit in enumerate(units):
            code = (await desk.post("admin/enrolment-codes", {"unit_id": unit["unit_id"]}))["code"]
            await self._move_in(code, unit, number=number)

    async def _move_in(self, code: str, unit: Mapping[str, Any], *, number: int) -> None:
        luck = self.luck(unit["call_sign"])
        platform = luck.choice(["android", "android", "ios"])
        target = new_target()
        phone = await Phone.enrol(self.http, code=code, push={"kind": "fcm_token", "value": target}, platform=platform)
        await phone.put("status", {"status": "available"})
        patrol = Patrol(
            phone=phone,
            car=Car(grid=self.grid, random=luck, corner=self.grid.any_corner(luck)),
            officer=Officer(random=luck),
            watch=replace(self.watch, ahead=CLOCK_AHEAD) if number == 1 else self.watch,
            random=luck,
            spawn=self.spawn,
            reports=number % BY_FEED != BY_FEED - 1,
        )
        self.patrols[unit["unit_id"]] = self.phones[target] = patrol

    async def yield_to_people(self, desk: Desk) -> None:
        """For ever: where a person has enrolled a phone of their own, the simulated officer leaves it to them."""
        while True:
            devices = (await desk.get("admin/devices"))["items"]
            people = {device["unit_id"] for device in devices if device["model"] != MODEL and not device["revoked_at"]}
            for unit_id, patrol in self.patrols.items():
                patrol.answers = unit_id not in people
                if not patrol.answers:
                    await patrol.drive_where_told()
            await self.watch.sleep(LOOKS_FOR_PEOPLE_EVERY_S)


async def live(demo: DemoFile, *, seed: int, pushes_url: str | None) -> None:
    """Until cancelled. With `pushes_url` the phones ring by that stand-in's deliveries, else they ask by themselves."""
    async with AsyncExitStack() as stack:
        city_http = await stack.enter_async_context(_client(demo.base_url))
        setup, dispatch = [await _desk(stack, demo, login) for login in (demo.admin, demo.dispatcher)]
        push_service = await stack.enter_async_context(_client(pushes_url)) if pushes_url else None
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        city = City(demo, seed=seed, http=city_http, tasks=tasks)
        await city.settle(setup)
        log.info("city_settled", units=len(city.patrols))
        shift = Shift(
            desk=dispatch, dispatcher=Dispatcher(random=city.luck("dispatcher")), watch=city.watch, spawn=city.spawn
        )
        for going_on in (*_goings_on(city, setup, push_service), shift.look, shift.act):
            tasks.create_task(_for_ever(going_on))


async def _desk(stack: AsyncExitStack, demo: DemoFile, login: Login) -> Desk:
    http = await stack.enter_async_context(_client(demo.base_url))
    return await Desk.sign_in(http, email=login.email, password=login.password)


GoingOn = Callable[[], Coroutine[Any, Any, None]]


def _goings_on(city: City, desk: Desk, push_service: httpx.AsyncClient | None) -> Iterator[GoingOn]:
    patrols, watch, source = list(city.patrols.values()), city.watch, city.source
    for patrol in patrols:
        yield patrol.drive
    if fed := [patrol for patrol in patrols if not patrol.reports]:
        yield partial(goings_on.avl_feed, fed, source=source, watch=watch)
    sounds = heard(city.luck("sensors"), city.grid, network=f"SIM-{uuid4().hex[:6]}")
    hear = partial(goings_on.sensors, sounds, source=source, watch=watch, spawn=city.spawn)
    yield partial(city.yield_to_people, desk)
    if push_service is None:
        yield hear
        yield from (patrol.catch_up for patrol in patrols)
        return
    mishap = partial(
        goings_on.reinstall_nearest, phones=city.phones, push_service=push_service, watch=watch, spawn=city.spawn
    )
    yield partial(hear, mishap=mishap)
    yield partial(goings_on.pushes, city.phones, push_service=push_service)


async def _for_ever(act: GoingOn) -> None:
    """Whatever the service refuses, or however long it is away: the city goes on."""
    while True:
        await _tolerated(act())
        await asyncio.sleep(1.0)


async def _tolerated(act: Coroutine[Any, Any, None]) -> None:
    try:
        await act
    except Refused as refusal:
        # An incident that ended meanwhile, a service that restarts: what every client lives with.
        log.info("simulated_act_refused", status=refusal.status, code=refusal.code)


def _client(base_url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=base_url, limits=CONNECTIONS, timeout=10.0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m service.dev.simulator", description="A city for a running demo.")
    parser.add_argument("demo", type=Path, help="its demo.json")
    parser.add_argument("--pushes", metavar="URL", help="the stand-in whose deliveries ring the phones")
    parser.add_argument("--seed", type=int, default=1, help="the same seed drives, hears and answers the same")
    options = parser.parse_args()
    configure_logging()
    with suppress(KeyboardInterrupt):
        asyncio.run(live(DemoFile.read(options.demo), seed=options.seed, pushes_url=options.pushes))


if __name__ == "__main__":
    main()
