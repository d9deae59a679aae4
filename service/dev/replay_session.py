"""What happens in one replay? Phones enrol, the record is played, incidents are fetched and judged."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import httpx

from service.dev import timeline
from service.dev.clients import Desk, Incident, Phone, Source
from service.dev.demo_file import DemoFile
from service.dev.player import Player
from service.dev.recorded import RecordedDetection
from service.dev.recorded_fleet import Fleet
from service.dev.replay_phones import ReplayPhones
from service.dev.verdict import Evidence, Verdict, judge
from service.dev.watch import Watch
from service.domain.policy import Policy

IN_DOUBT_S = 0.1
"""Real seconds between posting a fix and its counting, for certain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything that is known when a replay is over; incidents by id."""

    player: Player
    incidents: Mapping[str, Incident]
    verdict: Verdict


class Session:
    """One replay into one server. Recorded units are played by the server's, in the order of their call signs."""

    def __init__(self, demo: DemoFile, *, watch: Watch, fleet: Fleet, answer: bool) -> None:
        self.demo = demo
        self.watch = watch
        self.fleet = fleet
        self.call_signs = dict(zip(fleet.units, (unit.call_sign for unit in demo.units), strict=False))
        self._answer = answer
        self._run = f"R{uuid4().hex[:6]}"

    async def play(self, heard: Sequence[RecordedDetection], *, progress: Callable[[timedelta], None]) -> Outcome:
        """Raises Refused when the server cannot be played into."""
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=self.demo.base_url, timeout=10.0))
            push_service = await stack.enter_async_context(httpx.AsyncClient(base_url=self.demo.fcm_url))
            source = Source(http=http, watch=self.watch, source_id=self.demo.source.id, secret=self.demo.source.secret)
            player = Player(source=source, watch=self.watch, run=self._run, call_signs=self.call_signs)
            phones = ReplayPhones(phones=await self._enrol(http), watch=self.watch, answer=self._answer)
            follows = await _keeps_deliveries(push_service)
            following = asyncio.create_task(phones.follow(push_service)) if follows else None
            await player.play(timeline.moments(heard, self.fleet), progress=progress)
            await self.watch.sleep_until(player.start + timeline.length(heard))
            progress(timeline.length(heard))
            if following is not None:
                following.cancel()
                await asyncio.wait([following])
            incidents = await self._incidents(player)
        verdict = judge(player.played, incidents, self._evidence(player, phones, follows=follows))
        return Outcome(player=player, incidents=incidents, verdict=verdict)

    async def _enrol(self, http: httpx.AsyncClient) -> dict[str, Phone]:
        """A phone for every unit that plays one, by codes of their own: listed ones stay unused."""
        ids = {unit.call_sign: unit.id for unit in self.demo.units}
        phones = {}
        async with httpx.AsyncClient(base_url=self.demo.base_url) as desk_http:
            desk = await Desk.sign_in(desk_http, email=self.demo.admin.email, password=self.demo.admin.password)
            for call_sign in self.call_signs.values():
                code = (await desk.post("admin/enrolment-codes", {"unit_id": ids[call_sign]}))["code"]
                target = f"{self._run}-{call_sign}"
                phone = await Phone.enrol(http, code=code, push={"kind": "fcm_token", "value": target})
                await phone.put("status", {"status": "available"})
                phones[target] = phone
        return phones

    async def _incidents(self, player: Player) -> dict[str, Incident]:
        named = {each.answer["incident_id"] for each in player.played if each.answer and each.answer["incident_id"]}
        async with httpx.AsyncClient(base_url=self.demo.base_url) as http:
            login = self.demo.dispatcher
            desk = await Desk.sign_in(http, email=login.email, password=login.password)
            return {incident_id: await desk.get(f"incidents/{incident_id}") for incident_id in sorted(named)}

    def _evidence(self, player: Player, phones: ReplayPhones, *, follows: bool) -> Evidence:
        return Evidence(
            ledger=player.ledger,
            own_units=set(self.call_signs.values()),
            may_be_busy=phones.may_be_busy,
            rung=phones.rung if follows else None,
            slack=timedelta(seconds=IN_DOUBT_S * self.watch.speed),
            policy=Policy(),
        )


async def _keeps_deliveries(push_service: httpx.AsyncClient) -> bool:
    """Whether this push service is a stand-in that lets phones read what it took."""
    try:
        return (await push_service.get("/deliveries")).is_success
    except httpx.TransportError:
        return False
