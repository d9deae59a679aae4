"""What do the phones of a replay's units do? They ring and say so; asked to, they accept and are clear some time later.

Not for simulated officers with a mind of their own: `patrol`.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from service.dev.clients import Phone, Refused, call
from service.dev.watch import Watch

ACCEPTS_AFTER_S = 8.0
CLEAR_AFTER_S = 240.0
LONG_POLL_S = 10.0


@dataclass(slots=True, kw_only=True)
class Busy:
    """From when on a unit may have counted as busy, and until when; both by the replay's clock."""

    since: datetime
    until: datetime | None = None


@dataclass(slots=True, kw_only=True)
class ReplayPhones:
    """`phones` by their push targets. `rung`: alerts whose page reached a phone."""

    phones: Mapping[str, Phone]
    watch: Watch
    answer: bool
    busy: defaultdict[str, list[Busy]] = field(default_factory=lambda: defaultdict(list))
    rung: set[str] = field(default_factory=set)

    async def follow(self, push_service: httpx.AsyncClient) -> None:
        """For ever: what the push service takes arrives here."""
        since = 0
        async with asyncio.TaskGroup() as tasks:
            while True:
                query = {"since": since, "wait_s": LONG_POLL_S}
                for delivery in await call(push_service, "GET", "/deliveries", params=query, timeout=LONG_POLL_S + 5):
                    since = delivery["index"]
                    if phone := self.phones.get(delivery["target"]):
                        tasks.create_task(self._ring(phone, delivery["message"]["data"]))

    def may_be_busy(self, when: datetime) -> set[str]:
        """Call signs of units that had accepted something and were perhaps not clear."""
        return {
            unit
            for unit, spells in self.busy.items()
            if any(spell.since <= when and (spell.until is None or when <= spell.until) for spell in spells)
        }

    async def _ring(self, phone: Phone, data: Mapping[str, Any]) -> None:
        alert_id = data.get("alert_id")
        if alert_id is None:
            return
        first = alert_id not in self.rung
        self.rung.add(alert_id)
        try:
            await phone.post(f"alerts/{alert_id}/receipt", {"kind": "received", "at": self._now()})
            if self.answer and first and data["kind"] in {"alert", "digest"}:
                await self._go(phone, alert_id)
        except Refused:
            # The incident is over, or covered by others: what every phone lives with.
            return

    async def _go(self, phone: Phone, alert_id: str) -> None:
        await self.watch.sleep(ACCEPTS_AFTER_S)
        spell = Busy(since=self.watch.now())
        self.busy[phone.call_sign].append(spell)
        try:
            await phone.post(f"alerts/{alert_id}/acknowledgment", {"response": "accepted"})
            await self.watch.sleep(CLEAR_AFTER_S)
            await phone.post(f"alerts/{alert_id}/progress", {"status": "clear"})
        finally:
            spell.until = self.watch.now()

    def _now(self) -> str:
        return self.watch.now().isoformat()
