"""How does a phone that heard nothing for a while learn what it missed? By asking for what changed since its bookmark.

Two transactions can commit in another order than that of their times, so "later than the last I saw" would miss the
one that commits late. So everything of the last moments is looked at again, and what was seen of it is left out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from service.operations.acknowledgments import AlertView
from service.operations.registry import SignedInDevice
from service.store import alerts, incidents
from service.store.alerts import StoredAlert
from service.store.database import Database

UNSETTLED = timedelta(seconds=15)
"""No transaction lasts longer: a statement ends after 1.5 s, and an idle one after 1 s."""


AT_MOST = 1_000
"""More than a unit is asked in a year; a phone that was away for longer begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """Up to `at` everything was seen that was committed; `seen` names what of the last moments that was."""

    at: datetime
    seen: frozenset[tuple[UUID, datetime]] = frozenset()


def alerts_since(
    database: Database, *, device: SignedInDevice, bookmark: Bookmark | None, limit: int
) -> tuple[list[AlertView], Bookmark | None]:
    """The unit's alerts that changed since the bookmark, newest change first, and the next bookmark.

    Without a bookmark the newest `limit`; with one everything since, up to `AT_MOST`. No bookmark comes back for a unit
    that never had an alert.
    """
    since = bookmark.at - UNSETTLED if bookmark else None
    with database.transaction(device.agency_id) as tx:
        changed = alerts.of_unit(tx, device.unit_id, since=since, limit=AT_MOST if bookmark else limit)
        known = incidents.by_id(tx, {each.incident_id for each in changed})
    seen = bookmark.seen if bookmark else frozenset()
    fresh = [each for each in changed if _mark(each) not in seen]
    views = [AlertView(stored=each, incident=known[each.incident_id]) for each in fresh]
    return views, _next(changed, bookmark)


def _next(changed: list[StoredAlert], bookmark: Bookmark | None) -> Bookmark | None:
    if not changed:
        return bookmark
    latest = max(each.changed_at for each in changed)
    return Bookmark(at=latest, seen=frozenset(_mark(each) for each in changed if each.changed_at > latest - UNSETTLED))


def _mark(stored: StoredAlert) -> tuple[UUID, datetime]:
    return stored.alert.alert_id, stored.changed_at
