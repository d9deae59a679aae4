"""What does one simulated unit do? Drives, reports where it is, rings, answers, goes there, clears.

Not for which units there are, nor for how pushes arrive: `simulator`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

from service.dev.city import GPS_NOISE_M, Car, blurred
from service.dev.clients import Phone
from service.dev.officers import Intention, Officer
from service.dev.watch import Watch
from service.domain.geo import Point

FIX_EVERY_S = (2.0, 5.0)
"""DESIGN §5 calls a fix good for 60 s; patrol cars report far more often."""

CATCH_UP_EVERY_S = 2.0
GETS_OUT_S = (4.0, 10.0)
BUSY = Intention(response="declined", after_s=2.0, reason="on another incident")
HELP_IS_THERE_AFTER_S = (60.0, 90.0)
_KINDS = {"queued": "alert", "sent": "alert", "received": "alert", "recalled": "recall"}

Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
"""Runs something in the background, where a refusal is logged and goes no further."""


@dataclass(slots=True, kw_only=True)
class Patrol:
    """A car, its officer, and the phone in it.

    `watch` is what the phone believes the time to be. `answers` turns false once a person has enrolled a phone of
    their own on this unit: the person decides, and the car drives where they said that they go. `reports` is false
    where the car's own AVL feed tells its position.
    """

    phone: Phone
    car: Car
    officer: Officer
    watch: Watch
    random: Random
    spawn: Spawn
    answers: bool = True
    reports: bool = True
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _answering: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def drive(self) -> None:
        """For ever: move, and tell where we are every few seconds."""
        before = self.watch.now()
        while True:
            await self.watch.sleep(self.random.uniform(*FIX_EVERY_S))
            now = self.watch.now()
            self.car.drive((now - before).total_seconds())
            before = now
            if self.reports:
                # The phone says what its own clock shows as it sends; the service measures how far off that is.
                await self.phone.report(self.fix(), sent_at=now.isoformat())

    def fix(self) -> dict[str, Any]:
        """What the receiver in the car says now."""
        place = blurred(self.car.place, self.random)
        return {
            "lat": place.lat,
            "lon": place.lon,
            "at": self.watch.now().isoformat(),
            "accuracy_m": round(GPS_NOISE_M + self.random.uniform(0.0, 8.0), 1),
            "heading_deg": self.car.heading_deg,
            "speed_mps": self.car.speed_mps,
        }

    def ring(self, data: Mapping[str, str]) -> None:
        """A push has arrived: a receipt, and what its kind asks for, in the background. Again: nothing.

        A drill wants nothing but the receipt: nobody goes.
        """
        heard = data["incident_id"], data["sequence"]
        alert_id = data.get("alert_id")
        if heard in self._seen or not alert_id:
            return
        self._seen.add(heard)
        self.spawn(self._confirm_receipt(alert_id))
        if data["kind"] == "recall" and self._is_answering(alert_id):
            self._answering[alert_id].cancel()
        elif data["kind"] == "welfare" and self.answers:
            self.spawn(self._answer_welfare(alert_id))
        elif self.answers and self._is_news(data["kind"], alert_id):
            self._answering[alert_id] = self.spawn(self._answer(alert_id, data))

    async def catch_up(self) -> None:
        """Ask what pushes may not have told: for ever, as a phone does whose pushes go elsewhere."""
        path = "alerts"
        while True:
            answer = await self.phone.get(path)
            for alert in reversed(answer["items"]):
                self.ring(_as_push(alert))
            if answer["next"]:
                path = f"alerts?since={quote(answer['next'])}"
            await self.watch.sleep(CATCH_UP_EVERY_S)

    async def drive_where_told(self) -> None:
        """To what the unit has acknowledged, by whichever of its phones, until it is clear."""
        alerts = (await self.phone.get("alerts"))["items"]
        going = [alert for alert in alerts if alert["state"] == "acknowledged" and alert["cleared_at"] is None]
        if going:
            place = going[0]["incident"]["location"]
            self.car.respond_to(Point(lat=place["lat"], lon=place["lon"]))
        else:
            self.car.resume_patrol()

    def _is_news(self, kind: str, alert_id: str) -> bool:
        """The first that is heard of an alert, whatever was lost before it; or being asked again."""
        if kind == "alert":
            return not self._is_answering(alert_id)
        return kind in {"update", "digest"} and alert_id not in self._answering

    def _is_answering(self, alert_id: str) -> bool:
        task = self._answering.get(alert_id)
        return task is not None and not task.done()

    async def _confirm_receipt(self, alert_id: str) -> None:
        for kind in ("received", "displayed"):
            await self.phone.post(f"alerts/{alert_id}/receipt", {"kind": kind, "at": self._now()})
            await self.watch.sleep(0.2)

    async def _answer_welfare(self, alert_id: str) -> None:
        after_s = self.officer.answers_welfare_after_s()
        if after_s is not None:
            await self.watch.sleep(after_s)
            await self.phone.post(f"alerts/{alert_id}/welfare", {"answer": "all_right", "at": self._now()})

    async def _answer(self, alert_id: str, data: Mapping[str, str]) -> None:
        intention = self._intention()
        if intention.response is None:
            return
        await self.watch.sleep(intention.after_s)
        if intention.response == "accepted" and self.car.bound_for is not None:
            intention = BUSY  # with what rang at the same time
        body = {"response": intention.response, "reason": intention.reason, "at": self._now()}
        alert = await self.phone.post(f"alerts/{alert_id}/acknowledgment", body)
        if intention.response == "accepted":
            place = Point(lat=float(data["lat"]), lon=float(data["lon"]))
            await self._respond(alert_id, place, leads=alert["role"] == "primary")

    def _intention(self) -> Intention:
        return self.officer.hears_the_phone() if self.car.bound_for is None else BUSY

    async def _respond(self, alert_id: str, place: Point, *, leads: bool) -> None:
        """Until clear; a recall cancels it, and a refusal (the incident is over) ends it: the car is free again."""
        self.car.respond_to(place)
        try:
            await self._progress(alert_id, "en_route")
            while not self.car.has_arrived:
                await self.watch.sleep(1.0)
            await self.watch.sleep(self.random.uniform(*GETS_OUT_S))
            await self._progress(alert_id, "on_scene")
            if self.officer.is_attacked():
                await self._call_for_help()
            await self._work_the_scene(alert_id, leads=leads)
            await self._progress(alert_id, "clear")
        finally:
            self.car.resume_patrol()

    async def _call_for_help(self) -> None:
        """The phone stays silent from then on; whoever comes sees to it that it is over."""
        place = self.car.place
        location = {"lat": place.lat, "lon": place.lon, "accuracy_m": GPS_NOISE_M}
        await self.phone.post("emergency", {"at": self._now(), "location": location})
        await self.watch.sleep(self.random.uniform(*HELP_IS_THERE_AFTER_S))

    async def _work_the_scene(self, alert_id: str, *, leads: bool) -> None:
        found = self.officer.finds()
        await self.watch.sleep(self.officer.stays_s(found if leads else "nothing"))
        if leads:
            body = {"disposition": found, "note": "from the simulated city"}
            await self.phone.post(f"alerts/{alert_id}/disposition", body)

    async def _progress(self, alert_id: str, status: str) -> None:
        await self.phone.post(f"alerts/{alert_id}/progress", {"status": status, "at": self._now()})

    def _now(self) -> str:
        return self.watch.now().isoformat()


def _as_push(alert: Mapping[str, Any]) -> dict[str, str]:
    """An alert of the list in the words of a push."""
    place = alert["incident"]["location"]
    return {
        "kind": _kind(alert),
        "incident_id": alert["incident_id"],
        "alert_id": alert["alert_id"],
        "sequence": str(alert["sequence"]),
        "lat": str(place["lat"]),
        "lon": str(place["lon"]),
    }


def _kind(alert: Mapping[str, Any]) -> str:
    if alert["incident"].get("drill"):
        return "drill"
    return "welfare" if alert["welfare"] else _KINDS.get(alert["state"], "update")
