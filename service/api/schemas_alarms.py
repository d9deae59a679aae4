"""What is whoever asks told of an alarm: the same in a list, and on the stream of a console."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from pydantic import BaseModel

from service.domain.alarms import Alarm, Severity, Standing


class AlarmShown(BaseModel):
    """`title` and `meaning` are for people; `detail` is what was found, may be empty. `since` null: nobody knows."""

    alarm: Alarm
    severity: Severity
    title: str
    meaning: str
    detail: str
    since: datetime | None


class AlarmsAnswer(BaseModel):
    """All that stand now, urgent ones first; none when all is well."""

    items: list[AlarmShown]

    @classmethod
    def of(cls, standing: Iterable[Standing]) -> Self:
        return cls(
            items=[
                AlarmShown(
                    alarm=each.alarm,
                    severity=each.about.severity,
                    title=each.about.title,
                    meaning=each.about.meaning,
                    detail=each.detail,
                    since=each.since,
                )
                for each in standing
            ]
        )
