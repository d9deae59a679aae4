"""What does the demo's dispatcher do all shift? Follows the stream, and does what `dispatcher` decides.

Signed in as any person at a desk, and seeing no more than a console does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from service.dev.clients import Desk, Incident
from service.dev.dispatcher import (
    Act,
    Alert,
    Close,
    Confirm,
    Dismiss,
    Dispatcher,
    Release,
    Remark,
    SendAnother,
    StandDown,
    nearest_free,
)
from service.dev.follow import Follower
from service.dev.patrol import Spawn
from service.dev.watch import Watch
from service.domain.incident import LIVING

ACTS_EVERY_S = 0.5


@dataclass(slots=True, kw_only=True)
class Shift:
    """`look` and `act` each go on for ever, beside each other."""

    desk: Desk
    dispatcher: Dispatcher
    watch: Watch
    spawn: Spawn
    _known: dict[str, tuple[Incident, Sequence[Alert]]] = field(default_factory=dict)

    async def look(self) -> None:
        follower = Follower(desk=self.desk)
        async for told in follower.events():
            if told.event == "incident":
                self._take(told.data["incident"], told.data["alerts"])
            elif told.event == "reset" or (told.event == "hello" and told.event_id):
                await self._read_everything()

    async def act(self) -> None:
        while True:
            await self.watch.sleep(ACTS_EVERY_S)
            for incident_id, act in self.dispatcher.due(self.watch.now()):
                self.spawn(self._do(incident_id, act))

    def _take(self, incident: Incident, alerts: Sequence[Alert]) -> None:
        self._known.pop(incident["incident_id"], None)
        if incident["state"] in LIVING:
            self._known[incident["incident_id"]] = incident, alerts
        self.dispatcher.read(incident, alerts, now=self.watch.now())

    async def _read_everything(self) -> None:
        """Who begins a shift reads what is going on."""
        listed = await self.desk.get("incidents", state=sorted(LIVING), limit=200)
        for summary in listed["items"]:
            whole = await self.desk.get(f"incidents/{summary['incident_id']}")
            self._take(whole, whole["alerts"])

    async def _do(self, incident_id: str, act: Act) -> None:
        path = f"incidents/{incident_id}"
        match act:
            case Confirm(alert_id):
                await self.desk.post(f"{path}/acknowledgments/{alert_id}/confirmation")
            case StandDown(alert_id):
                await self.desk.delete(f"{path}/acknowledgments/{alert_id}/confirmation")
            case SendAnother():
                await self._send_another(incident_id)
            case Release():
                await self.desk.post(f"{path}/release")
            case Dismiss(reason):
                await self.desk.post(f"{path}/cancellation", {"reason": reason})
            case Remark(text):
                await self.desk.post(f"{path}/notes", {"text": text})
            case Close(disposition):
                await self.desk.post(f"{path}/closure", {"disposition": disposition})

    async def _send_another(self, incident_id: str) -> None:
        units = (await self.desk.get("units"))["items"]
        known = self._known.get(incident_id)
        unit_id = nearest_free(*known, units) if known else None
        if unit_id is not None:
            await self.desk.post(f"incidents/{incident_id}/dispatches", {"unit_ids": [unit_id]})
