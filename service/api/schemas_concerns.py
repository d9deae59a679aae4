"""What is a dispatcher shown of a unit that nobody looks after? The same in lists, in the whole, and on the stream."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel

from service.operations.concerns import Standing


class ConcernShown(BaseModel):
    """`unconfirmed`: nobody has confirmed it; `stalled`: it does not come closer; `silent`: its officer was asked
    whether all is well, and does not answer. It is gone as soon as somebody has seen to it. `since` is how long it has
    been so, `told_at` when it was said last: what goes on being so is said again, each time after a longer while.
    """

    kind: Literal["unconfirmed", "stalled", "silent"]
    alert_id: UUID
    unit_id: UUID
    call_sign: str
    since: datetime
    told_at: datetime

    @classmethod
    def of(cls, standing: Standing) -> Self:
        alert, worry = standing.alert, standing.worry
        return cls(
            kind=worry.concern.value,
            alert_id=alert.alert_id,
            unit_id=alert.unit_id,
            call_sign=alert.call_sign,
            since=worry.since,
            told_at=worry.told_at,
        )
