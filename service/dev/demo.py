"""`beatline demo`: how does somebody see all of Beatline at work on one machine, in a minute?

Everything runs in processes of its own, as in production: stores, API, workers, clocks, a stand-in for the push
service, a simulated city. This process starts them, writes `demo.json`, shows what happens, and takes them all along
when it ends. Not for how any of them works.
"""

import asyncio
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Annotated

import httpx
from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console

from service import runtime
from service.dev.board import Board
from service.dev.children import told_to_stop
from service.dev.clients import MODEL, Desk
from service.dev.demo_file import FILE_NAME, DemoFile
from service.dev.demo_home import home_of_demo
from service.dev.embedded import StoresFailed
from service.dev.installation import Installation, InstallationFailed, free_port, refuse_taken_port
from service.dev.seed import call_signs, on_duty, planted
from service.dev.watching import tell_lines, until, watch_live

Tend = Callable[[], None]


def demo(
    *,
    port: Annotated[int, Parameter(validator=Number(gte=0, lte=65_535))] = 0,
    data_dir: Path | None = None,
    units: Annotated[int, Parameter(validator=Number(gte=1, lte=500))] = 24,
    simulation: bool = True,
    fcm_url: str | None = None,
) -> None:
    """Everything on this machine, and a city in which shots are heard. Ctrl-C ends it and leaves nothing behind.

    Parameters
    ----------
    port
        Port of the API on 127.0.0.1; by default any free one.
    data_dir
        Folder for demo.json and all data, kept when the demo ends; by default a private temporary one.
    units
        Patrol units in the city.
    simulation
        Without it no unit moves, no shot is heard, and no dispatcher acts until a client does it.
    fcm_url
        Send pushes to this server (URL/token and URL/v1/projects/beatline-demo/messages:send) instead of a stand-in.

    """
    console = Console()
    try:
        with told_to_stop() as done, home_of_demo(data_dir) as home:
            (home / FILE_NAME).unlink(missing_ok=True)  # until it is true again
            if port:
                refuse_taken_port(port)
            installation = Installation(
                home, port=port or free_port(), fcm_url=fcm_url and fcm_url.rstrip("/"), keeps_data=data_dir is not None
            )
            _run(installation, count=units, simulation=simulation, console=console, done=done)
    except (InstallationFailed, StoresFailed) as failure:
        sys.exit(f"beatline demo: {failure}")


def _run(installation: Installation, *, count: int, simulation: bool, console: Console, done: Event) -> None:
    console.print("Starting PostgreSQL, Valkey, the API, a worker, a push service …")
    with ExitStack() as stack:
        stack.enter_context(installation)
        demo_file = _seeded(installation, count=count, supervisor=simulation)
        installation.wait_until_ready(give_up=done)
        if done.is_set():
            return
        _revoke_simulated_phones(demo_file)
        path = installation.home / FILE_NAME
        demo_file.write(path)
        stack.callback(path.unlink, missing_ok=True)
        if simulation:
            _start_city(installation, path)
        heading = _heading(installation, demo_file)
        asyncio.run(_show(demo_file, heading, console=console, done=done, tend=installation.tend))
    console.print("The demo has ended.")


def _seeded(installation: Installation, *, count: int, supervisor: bool) -> DemoFile:
    with runtime.running(installation.settings(), sends=False) as here:
        seed = planted(here, installation.home)
        units = on_duty(here, seed, call_signs(count), supervisor=supervisor)
    return DemoFile(
        base_url=installation.base_url,
        fcm_url=installation.fcm_url,
        agency_id=seed.agency_id,
        source=seed.source,
        admin=seed.admin,
        dispatcher=seed.dispatcher,
        units=units,
    )


def _revoke_simulated_phones(demo_file: DemoFile) -> None:
    """Those of an earlier run on the same data: nobody would answer them any more."""
    with httpx.Client(base_url=demo_file.base_url) as http:
        login = {"email": demo_file.admin.email, "password": demo_file.admin.password}
        http.post("/v1/session", json=login).raise_for_status()
        for device in http.get("/v1/admin/devices").raise_for_status().json()["items"]:
            if device["model"] == MODEL and device["revoked_at"] is None:
                http.delete(f"/v1/admin/devices/{device['device_id']}").raise_for_status()


def _start_city(installation: Installation, path: Path) -> None:
    pushes = ["--pushes", installation.fcm_url] if installation.has_standin else []
    installation.children.start("city", [sys.executable, "-m", "service.dev.simulator", str(path), *pushes])


def _heading(installation: Installation, demo_file: DemoFile) -> list[str]:
    dispatcher, unit = demo_file.dispatcher, demo_file.units[-1]
    return [
        f"Beatline demo · {installation.base_url} · API: /openapi.json · Ctrl-C ends it",
        f"Console: {installation.base_url}/  {dispatcher.email}  {dispatcher.password}",
        f"Phone of {unit.call_sign}: {installation.base_url}/responder  {unit.enrolment_code}",
        f"For scripts: {installation.home / FILE_NAME}   Log: {installation.log}",
    ]


async def _show(demo_file: DemoFile, heading: list[str], *, console: Console, done: Event, tend: Tend) -> None:
    """Live in a terminal, line by line elsewhere, until `done`."""
    login = demo_file.dispatcher
    async with httpx.AsyncClient(base_url=demo_file.base_url, timeout=5.0) as http:
        # What cannot be read now is asked for again by the next look.
        desk = Desk(http=http, email=login.email, password=login.password, patience_s=0.0)
        if console.is_terminal:
            await until(done, watch_live(Board(desk), heading, console=console), tend=tend)
            return
        for line in heading:
            console.print(line, highlight=False, markup=False, soft_wrap=True)
        await until(done, tell_lines(desk, console=console), tend=tend)
