"""Which incidents does somebody see who watches, and how are they now? Told by the stream, read only to be shown.

Whoever reads the whole of an incident is in the journal for it: so that is done for what is on the screen, and again
only when it has changed. Not for how it looks: `view`.
"""

from collections.abc import Mapping
from typing import Any

from service.dev.clients import Desk, Incident, Refused
from service.dev.follow import Follower
from service.domain.incident import LIVING

LISTED = 40
"""Incidents that are over, as many as any screen has lines."""


class Board:
    """`follow` beside everything else. What was known is shown while the service is away."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._brief: dict[str, Incident] = {}
        self._whole: dict[str, Incident] = {}
        self._changed: set[str] = set()

    async def follow(self) -> None:
        """For ever."""
        async for told in Follower(desk=self._desk).events():
            if told.event == "incident":
                self._take({**told.data["incident"], "alerts": told.data["alerts"]})
            elif told.event == "reset" or (told.event == "hello" and told.event_id):
                await self._read_again()

    async def read_list(self) -> None:
        """Raises Refused."""
        for summary in reversed((await self._desk.get("incidents", limit=LISTED))["items"]):
            self._take(summary)

    def listed(self) -> list[Incident]:
        """What is known of them without asking; those that live before those that are over, and the newest first."""
        newest_first = sorted(self._brief.values(), key=lambda incident: str(incident["incident_id"]), reverse=True)
        return sorted(newest_first, key=lambda incident: incident["state"] not in LIVING)

    async def whole(self, incident_id: str) -> Incident | None:
        """All about it as it is now; as it was last known, or None, while the service is away."""
        if incident_id in self._changed:
            self._changed.discard(incident_id)  # at once: what changes while it is read is another change
            try:
                self._whole[incident_id] = await self._desk.get(f"incidents/{incident_id}")
            except Refused:
                self._changed.add(incident_id)
        return self._whole.get(incident_id)

    def known_whole(self) -> list[Incident]:
        return list(self._whole.values())

    def _take(self, incident: Mapping[str, Any]) -> None:
        self._brief[incident["incident_id"]] = incident
        self._changed.add(incident["incident_id"])
        for over in [each for each in self.listed() if each["state"] not in LIVING][LISTED:]:
            for known in (self._brief, self._whole):
                known.pop(over["incident_id"], None)
            self._changed.discard(over["incident_id"])

    async def _read_again(self) -> None:
        try:
            await self.read_list()
        except Refused:
            return  # the stream will end as well, and this begins again
