"""What has been handed to the push service, and how is it made to misbehave? The FCM stand-in, over its HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

NEVER_SO_MANY = 10**9


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message that the push service took for one target, at `received_at` (seconds since 1970)."""

    index: int
    target: str
    message: Mapping[str, Any]
    received_at: float

    @property
    def data(self) -> Mapping[str, str]:
        """What the phone's app reads: kind, incident_id, alert_id, sequence, …"""
        data: Mapping[str, str] = self.message["data"]
        return data


class PushService:
    """From any thread."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=35.0, trust_env=False)

    def deliveries(self, since: int) -> list[Delivery]:
        """What was taken after that number, oldest first."""
        answer = self._http.get("/deliveries", params={"since": since}).raise_for_status()
        return [Delivery(**each) for each in answer.json()]

    def fail(self, target: str, *, answer: str, times: int | None, retry_after_s: float | None) -> None:
        """As `FcmApp.fail` of `service.dev.fcm_app`."""
        fault = {"target": target, "answer": answer, "times": times, "retry_after_s": retry_after_s}
        self._http.post("/faults", json=fault).raise_for_status()

    def behave(self) -> None:
        self._http.delete("/faults").raise_for_status()

    def is_there(self) -> bool:
        try:
            return self._http.get("/deliveries", params={"since": NEVER_SO_MANY}).is_success
        except httpx.TransportError:
            return False

    def close(self) -> None:
        self._http.close()
