"""What can go wrong, in one type with stable codes. HTTP numbers live in `api/errors`, never here."""

from collections.abc import Mapping
from enum import StrEnum


class Code(StrEnum):
    """The stable word an integrator's program may branch on; it never changes once released."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    ILLEGAL_MOVE = "illegal_move"
    INCIDENT_OVER = "incident_over"
    DETECTION_CONFLICT = "detection_conflict"
    ALREADY_EXISTS = "already_exists"
    CODE_NOT_USABLE = "code_not_usable"
    TOO_LARGE = "too_large"
    THROTTLED = "throttled"
    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"


class DomainError(Exception):
    """A refusal with a reason.

    `message` is safe to show on a phone or to an integrator; `internal` is for the log alone.
    `retry_after_s` is set when the same request can succeed later. `fields`: why single fields are to blame, by path.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        internal: str = "",
        retry_after_s: float | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.internal = internal
        self.retry_after_s = retry_after_s
        self.fields = fields or {}


def not_found(what: str) -> DomainError:
    """The thing does not exist, or belongs to another agency: the answer is the same on purpose."""
    return DomainError(Code.NOT_FOUND, f"There is no such {what}.")


def illegal_move(what: str, *, current: str, wanted: str) -> DomainError:
    """A move that its state table (DESIGN §4) does not list."""
    return DomainError(Code.ILLEGAL_MOVE, f"This {what} is {current}; it cannot become {wanted}.")
