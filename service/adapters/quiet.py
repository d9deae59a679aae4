"""What rings phones where an agency runs without a push service? Nothing: stream, catch-up and escalation carry."""

from service.domain.notice import Notice
from service.domain.unit import Platform, PushTarget
from service.ports import NotSent


class Quiet:
    """A `Push` that says so every time: no alarm, no retry, and no phone loses its target."""

    def warm(self) -> None:
        """Nothing to pay for."""

    def send(self, notice: Notice, *, target: PushTarget, platform: Platform) -> NotSent:  # noqa: ARG002  the port's
        return NotSent(reason="this installation runs without a push service")

    def close(self) -> None:
        """Nothing to let go of."""
