"""How long does an agency keep what (DESIGN §5), and what has been kept long enough? Not for how it is purged."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from service.domain.ranges import Between

LEAST_JOURNAL_DAYS = 30
"""Whoever wants to hide something must not be able to let the record of it run out first; the database says so too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The defaults are DESIGN §5's. `incidents_days` counts from an incident's end; None: they are kept for good.

    A legal hold on an incident stands above all of these. Each says between what an administrator may set it.
    """

    journal_days: Annotated[int, Between(LEAST_JOURNAL_DAYS, 36_500)] = 365
    fixes_h: Annotated[int, Between(1, 720)] = 24
    snapshots_days: Annotated[int, Between(1, 3_650)] = 30
    incidents_days: Annotated[int | None, Between(1, 36_500)] = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; `from_dict` is its inverse."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Fields that are missing take the default, unknown ones are dropped: stored rules outlive releases."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})

    def positions_before(self, now: datetime) -> datetime:
        """Where somebody was before this is kept no longer."""
        return now - timedelta(hours=self.fixes_h)

    def journal_before(self, now: datetime) -> datetime:
        """What was sealed before this is kept no longer: a midnight, so that there is one receipt a day at most."""
        moment = now.astimezone(UTC) - timedelta(days=self.journal_days)
        return moment.replace(hour=0, minute=0, second=0, microsecond=0)

    def incidents_before(self, now: datetime) -> datetime | None:
        """Incidents that ended before this are kept no longer; None: all of them are."""
        return None if self.incidents_days is None else now - timedelta(days=self.incidents_days)
