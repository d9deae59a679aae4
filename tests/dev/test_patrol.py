"""A simulated unit: its phone rings, it goes to one thing at a time, says how it goes, and calls for help."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import httpx
from fixed_luck import Typical

from service.dev.city import Car, Grid, luck_of
from service.dev.clients import Phone
from service.dev.officers import Officer
from service.dev.patrol import Patrol
from service.dev.watch import Watch
from service.domain.geo import Point

GRID = Grid()
HERE, THERE = (10, 10), (14, 10)
Act = Callable[[Patrol], Coroutine[Any, Any, None]]


class Sturdy(Officer):
    """Accepts whatever rings, finds nothing, and is never attacked."""

    def is_attacked(self) -> bool:
        return False


class Attacked(Sturdy):
    def is_attacked(self) -> bool:
        return True


class PhoneService:
    """What the phone has said, and the alerts that it is told when it asks."""

    def __init__(self, *alerts: dict[str, Any]) -> None:
        self.alerts = alerts
        self.said: list[tuple[str, Any]] = []
        self.receipts: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1/me/")
        if request.method == "GET":
            return httpx.Response(200, json={"items": list(self.alerts), "next": None})
        said = json.loads(request.content)
        if path.endswith("/receipt"):
            self.receipts.append(said["kind"])
        else:
            self.said.append((path, said.get("status") or said.get("response") or said.get("answer")))
        return httpx.Response(200, json={"role": "primary"})


def minutes_of(act: Act, service: PhoneService, *, officer: type[Officer] = Sturdy) -> Patrol:
    """Two minutes of a patrol, at two hundred times its speed, after `act`; the unit afterwards."""

    async def live() -> Patrol:
        async with client(service) as http, asyncio.TaskGroup() as tasks:
            phone = Phone(http=http, device_id="D", unit_id="U", call_sign="1A01", _headers={})
            patrol = Patrol(
                phone=phone,
                car=Car(grid=GRID, random=luck_of("car", seed=1), corner=HERE),
                officer=officer(random=Typical(1), willing=1.0, absent=0.0),
                watch=Watch(speed=200),
                random=luck_of("radio", seed=1),
                spawn=tasks.create_task,
                reports=False,
            )
            driving = tasks.create_task(patrol.drive())
            await act(patrol)
            await asyncio.sleep(0.6)
            driving.cancel()
            return patrol

    return asyncio.run(live())


def client(service: PhoneService) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url="http://demo", transport=httpx.MockTransport(service))


def push(incident: str, *, kind: str = "alert", sequence: int = 1) -> dict[str, str]:
    place = GRID.at(*THERE)
    return {
        "kind": kind,
        "incident_id": incident,
        "alert_id": f"alert of {incident}",
        "sequence": str(sequence),
        "lat": str(place.lat),
        "lon": str(place.lon),
    }


async def shots(patrol: Patrol) -> None:
    patrol.ring(push("I-1"))


def test_a_unit_goes_and_says_so_until_it_is_clear() -> None:
    service = PhoneService()

    minutes_of(shots, service)

    assert service.said == [
        ("alerts/alert of I-1/acknowledgment", "accepted"),
        ("alerts/alert of I-1/progress", "en_route"),
        ("alerts/alert of I-1/progress", "on_scene"),
        ("alerts/alert of I-1/disposition", None),
        ("alerts/alert of I-1/progress", "clear"),
    ]


def test_of_two_alerts_that_ring_at_once_a_unit_goes_to_one() -> None:
    async def two_shots(patrol: Patrol) -> None:
        patrol.ring(push("I-1"))
        patrol.ring(push("I-2"))

    service = PhoneService()
    minutes_of(two_shots, service)

    assert service.said.count(("alerts/alert of I-1/acknowledgment", "accepted")) == 1
    assert service.said.count(("alerts/alert of I-2/acknowledgment", "declined")) == 1


def test_an_officer_who_is_asked_says_that_all_is_well() -> None:
    async def question(patrol: Patrol) -> None:
        patrol.ring(push("I-1", kind="welfare", sequence=7))

    service = PhoneService()
    minutes_of(question, service)

    assert service.said == [("alerts/alert of I-1/welfare", "all_right")]


def test_an_officer_who_is_attacked_calls_for_help() -> None:
    service = PhoneService()

    minutes_of(shots, service, officer=Attacked)

    assert ("emergency", None) in service.said


def test_a_drill_is_confirmed_and_nobody_goes() -> None:
    async def rehearsal(patrol: Patrol) -> None:
        patrol.ring(push("I-1", kind="drill"))

    service = PhoneService()
    patrol = minutes_of(rehearsal, service)

    assert ["received", "displayed"] == service.receipts
    assert [] == service.said
    assert patrol.car.bound_for is None


def test_a_drill_that_is_found_by_catching_up_sends_nobody_either() -> None:
    place = GRID.at(*THERE)
    alert = {
        "alert_id": "A-1",
        "incident_id": "I-1",
        "sequence": 1,
        "state": "queued",
        "welfare": None,
        "incident": {"location": {"lat": place.lat, "lon": place.lon}, "drill": True},
    }

    async def look(patrol: Patrol) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.3):
                await patrol.catch_up()

    service = PhoneService(alert)
    minutes_of(look, service)

    assert ["received", "displayed"] == service.receipts
    assert [] == service.said


def test_where_a_person_answers_the_car_drives_to_what_they_have_acknowledged() -> None:
    place = GRID.at(*THERE)
    alert = {
        "state": "acknowledged",
        "cleared_at": None,
        "incident": {"location": {"lat": place.lat, "lon": place.lon}},
    }

    patrol = minutes_of(Patrol.drive_where_told, PhoneService(alert))

    assert patrol.car.has_arrived
    assert patrol.car.bound_for == GRID.corner_near(Point(lat=place.lat, lon=place.lon))


def test_where_a_person_is_clear_the_car_patrols_again() -> None:
    alert = {"state": "acknowledged", "cleared_at": "now", "incident": {"location": {"lat": 37.75, "lon": -122.45}}}

    assert minutes_of(Patrol.drive_where_told, PhoneService(alert)).car.bound_for is None
