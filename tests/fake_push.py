"""A push service in memory: what was sent to whom, and the answers a test has scripted. Passes the port's contract."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from service.domain.notice import Notice
from service.domain.unit import Platform, PushKind, PushTarget
from service.ports import NotSent, PushCondition, Sent

_SERVED = {PushKind.FCM_FID, PushKind.FCM_TOKEN, PushKind.CANARY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """One notice that arrived at one device."""

    target: PushTarget
    platform: Platform
    notice: Notice


@dataclass(slots=True)
class FakePush:
    """Takes everything, unless `fail` was told otherwise. `rings` are in the order of sending."""

    rings: list[Ring] = field(default_factory=list)
    attempts: int = 0
    is_found: PushCondition = field(default_factory=PushCondition)
    """What `condition` answers; a story says when the push service is away."""
    _scripts: defaultdict[str, deque[NotSent]] = field(default_factory=lambda: defaultdict(deque))
    _lasting: dict[str, NotSent] = field(default_factory=dict)
    _meanwhile: dict[str, Callable[[], None]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _away: NotSent | None = None
    _closed: bool = False

    def fail(self, value: str, answer: NotSent, *, times: int | None = 1) -> None:
        """Answer the next `times` sends to this target value like this (None: all of them), then take them again."""
        if times is None:
            self._lasting[value] = answer
        else:
            self._scripts[value].extend([answer] * times)

    def fail_all(self, answer: NotSent) -> None:
        """Answer every send like this, whoever it is for, from now on."""
        self._away = answer

    def behave(self) -> None:
        """Take everything again."""
        self._away = None
        self._scripts.clear()
        self._lasting.clear()

    def meanwhile(self, value: str, act: Callable[[], None]) -> None:
        """While the next send to this target is on its way, `act` happens."""
        self._meanwhile[value] = act

    def notices_for(self, value: str) -> list[Notice]:
        """What arrived at one target, oldest first."""
        return [ring.notice for ring in self.rings if ring.target.value == value]

    def warm(self) -> None:
        """Always is."""

    def send(self, notice: Notice, *, target: PushTarget, platform: Platform) -> Sent | NotSent:
        self._meanwhile.pop(target.value, lambda: None)()
        with self._lock:
            self.attempts += 1
            if self._closed:
                return NotSent(reason="the sender is closed", can_retry=True)
            if target.kind not in _SERVED or not target.value:
                return NotSent(reason="this device has no FCM target")
            script = self._scripts[target.value]
            answer = self._away or (script.popleft() if script else self._lasting.get(target.value))
            if target.kind is not PushKind.CANARY and (answer is None or answer.ambiguous):
                self.rings.append(Ring(target=target, platform=platform, notice=notice))
            return answer or Sent(message_id=f"fake/{self.attempts}")

    def condition(self) -> PushCondition:
        return self.is_found

    def close(self) -> None:
        self._closed = True
