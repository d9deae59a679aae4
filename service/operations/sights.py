"""What does a line of the journal mean to whoever watches? What changed, as it is now: not as it was then.

A console sees every incident and unit of its agency; a phone sees what its own unit is asked and told. Pure reading:
who watches, and when somebody looks, is for `lookout`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from service.domain.incident import Incident
from service.operations.acknowledgments import AlertView
from service.store import alerts, devices, incidents, names, units
from service.store.alerts import StoredAlert
from service.store.database import Transaction
from service.store.news import StoredEntry
from service.store.units import StoredUnit

PAGES_QUEUED = "pages_queued"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSight:
    """For consoles. `entries` are what happened, `names` those of who did it."""

    entry_id: UUID
    entries: Sequence[StoredEntry]
    names: Mapping[str, str]
    incident: Incident
    alerts: Sequence[StoredAlert]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSight:
    """For consoles: a unit of which something was said, though it may be as it was."""

    entry_id: UUID
    unit: StoredUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTold:
    """What phones of a unit are to show, and whether they ring for it: all that a push would say besides the facts."""

    kind: str
    loud: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSight:
    """For the unit that was asked. `page` is None when nothing is to ring or to be shown anew, as when it answers."""

    entry_id: UUID
    view: AlertView
    page: PageTold | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningSight:
    """For a unit that is told of an incident without being asked."""

    entry_id: UUID
    unit_id: UUID
    incident: Incident
    page: PageTold


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMuch:
    """For everybody: more happened than can be told; whoever watches reads everything again."""

    entry_id: UUID


Sight = IncidentSight | UnitSight | AlertSight | WarningSight | TooMuch


def watcher_of(sight: Sight) -> UUID | None:
    """The unit whose phones it is for; None when it is for the consoles."""
    match sight:
        case AlertSight():
            return sight.view.stored.alert.unit_id
        case WarningSight():
            return sight.unit_id
        case _:
            return None


def sights_of(tx: Transaction, entries: Sequence[StoredEntry], *, phones_of: Collection[UUID]) -> list[Sight]:
    """In the order of their latest entries. `phones_of` are the units that somebody watches for."""
    by_incident: defaultdict[UUID, list[StoredEntry]] = defaultdict(list)
    for entry in entries:
        if entry.incident_id is not None:
            by_incident[entry.incident_id].append(entry)
    known = incidents.by_id(tx, by_incident) if by_incident else {}
    asked = alerts.stages_of_incidents(tx, known) if known else {}
    called = names.of_actors(tx, {entry.actor for entry in entries})
    found: list[Sight] = []
    for incident_id, incident in known.items():
        happened, its_alerts = by_incident[incident_id], asked[incident_id]
        if not incident.is_drill:  # which is for the phones it rings, and no incident
            found.append(
                IncidentSight(
                    entry_id=happened[-1].entry_id, entries=happened, names=called, incident=incident, alerts=its_alerts
                )
            )
        found += _of_phones(happened, incident, its_alerts, phones_of)
    found += _of_units(tx, entries, [alert for its_alerts in asked.values() for alert in its_alerts])
    return sorted(found, key=lambda sight: sight.entry_id)


def _of_phones(
    happened: Sequence[StoredEntry], incident: Incident, its_alerts: Iterable[StoredAlert], phones_of: Collection[UUID]
) -> Iterator[Sight]:
    entry_id, pages = happened[-1].entry_id, _pages(happened)
    for alert in its_alerts:
        unit_id = alert.alert.unit_id
        page = pages.pop(unit_id, None)
        if unit_id in phones_of:
            yield AlertSight(entry_id=entry_id, view=AlertView(stored=alert, incident=incident), page=page)
    for unit_id, page in pages.items():
        if unit_id in phones_of:
            yield WarningSight(entry_id=entry_id, unit_id=unit_id, incident=incident, page=page)


def _pages(happened: Iterable[StoredEntry]) -> dict[UUID, PageTold]:
    """The last one of each unit; loud when any of them was, since the phone has heard none of them yet."""
    found: dict[UUID, PageTold] = {}
    for entry in happened:
        for told in entry.details.get("units", ()) if entry.action == PAGES_QUEUED else ():
            unit_id = UUID(told["unit_id"])
            was_loud = unit_id in found and found[unit_id].loud
            found[unit_id] = PageTold(kind=told["kind"], loud=told["loud"] or was_loud, reason=told.get("reason", ""))
    return found


def _of_units(tx: Transaction, entries: Sequence[StoredEntry], its_alerts: Iterable[StoredAlert]) -> Iterator[Sight]:
    """Units that an entry names: by themselves, by an alert of theirs, or by one of their phones."""
    named, alerts_named, phones_named = (_named(entries, name) for name in ("unit_id", "alert_id", "device_id"))
    for alert in (each.alert for each in its_alerts if each.alert.alert_id in alerts_named):
        named[alert.unit_id] = alerts_named[alert.alert_id]
    if phones_named:
        phones = devices.by_id(tx, phones_named)
        named |= {phone.unit_id: phones_named[device_id] for device_id, phone in phones.items()}
    for unit_id, unit in units.by_id(tx, named).items():
        yield UnitSight(entry_id=named[unit_id], unit=unit)


def _named(entries: Iterable[StoredEntry], name: str) -> dict[UUID, UUID]:
    """The ids that entries have under this name, and the last entry that has each."""
    return {UUID(entry.details[name]): entry.entry_id for entry in entries if entry.details.get(name)}
