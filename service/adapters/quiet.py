"""What rings phones where an agency runs without a push service? Nothing: stream, catch-up and escalation carry."""

from service.domain.notice import Notice
from service.domain.unit import Platform, PushKind, PushTarget
from service.ports import NotSent, PushCondition, Sent


class Quiet:
    """A `Push` that says so every time: no alarm, no retry, and no phone loses its target."""

    def warm(self) -> None:
        """Nothing to pay for."""

    def send(self, notice: Notice, *, target: PushTarget, platform: Platform) -> Sent | NotSent:  # noqa: ARG002  the port's
        if target.kind is PushKind.CANARY:
            # It was to come this far: everything before a push service has done its part.
            return Sent(message_id="nobody")
        return NotSent(reason="this installation runs without a push service")

    def condition(self) -> PushCondition:
        return PushCondition(reason="no push service is configured")

    def close(self) -> None:
        """Nothing to let go of."""
