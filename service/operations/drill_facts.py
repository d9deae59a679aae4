"""What is known of a drill's units and phones, gathered for `domain.drill_words` to judge. Reading alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.drill import Path, PhoneFacts, UnitFacts
from service.domain.drill_phones import version_of
from service.domain.policy import Policy
from service.domain.unit import Platform, clock_offset
from service.store import alerts, devices, fixes, incidents, pages, receipts, units
from service.store.alerts import StoredAlert
from service.store.database import Transaction
from service.store.devices import StoredDevice
from service.store.drills import StoredDrill
from service.store.pages import StoredPage
from service.store.receipts import Receipt


def facts_of(tx: Transaction, drill: StoredDrill) -> list[UnitFacts]:
    """In the order in which they were asked for; a unit that is gone since is left out."""
    unit_ids = [unit.unit_id for unit in drill.units]
    known = units.by_id(tx, unit_ids)
    tracks = fixes.tracks_of(tx, unit_ids)
    answers = {each.alert.unit_id: _answer(each) for each in alerts.stages_of_incident(tx, drill.drill_id)}
    incident = incidents.find(tx, drill.drill_id)
    phones = _Phones(tx, drill)
    return [
        UnitFacts(
            unit_id=unit.unit_id,
            call_sign=unit.call_sign,
            status=known[unit.unit_id].status,
            left_alone=unit.left_alone,
            phones=phones.of(unit.unit_id),
            fix=tracks[unit.unit_id].last if unit.unit_id in tracks else None,
            answer=answers.get(unit.unit_id),
            policy=incident.policy if incident else Policy(),
        )
        for unit in drill.units
        if unit.unit_id in known
    ]


class _Phones:
    """All phones of the agency, with what this drill has made of them."""

    def __init__(self, tx: Transaction, drill: StoredDrill) -> None:
        self._drill = drill
        everybody = [listed.device for listed in devices.listed(tx)]
        self._by_unit: defaultdict[UUID, list[StoredDevice]] = defaultdict(list)
        for device in everybody:
            self._by_unit[device.unit_id].append(device)
        in_service = [device for device in everybody if device.revoked_at is None and device.push_lost_at is None]
        self._holders = {device.target: device.device_id for device in in_service}
        self._newest = _newest_versions(in_service)
        self._pages = {page.device_id: page for page in pages.of_incident(tx, drill.drill_id)}
        self._receipts: defaultdict[UUID, list[Receipt]] = defaultdict(list)
        for receipt in receipts.of_incident(tx, drill.drill_id):
            self._receipts[receipt.device_id].append(receipt)

    def of(self, unit_id: UUID) -> Sequence[PhoneFacts]:
        return [self._phone(device) for device in reversed(self._by_unit[unit_id])]

    def _phone(self, device: StoredDevice) -> PhoneFacts:
        page = self._pages.get(device.device_id)
        said = self._receipts[device.device_id]
        about = device.about
        return PhoneFacts(
            device_id=device.device_id,
            platform=about.platform,
            model=about.model,
            app_version=about.app_version,
            newest_version=self._newest.get(about.platform, about.app_version),
            push_kind=device.target.kind,
            enrolled_at=device.enrolled_at,
            last_seen_at=device.last_seen_at,
            push_lost_at=device.push_lost_at,
            revoked_at=device.revoked_at,
            is_replaced=self._holders.get(device.target, device.device_id) != device.device_id
            and bool(device.target.value),
            path=_path(page) if page else None,
            received_s=self._since_start(said, "received"),
            displayed_s=self._since_start(said, "displayed"),
            clock_off=_clock_off(said),
        )

    def _since_start(self, said: Iterable[Receipt], kind: str) -> float | None:
        times = [receipt.recorded_at for receipt in said if receipt.kind == kind]
        return _seconds(self._drill.started_at, min(times)) if times else None


def _path(page: StoredPage) -> Path:
    return Path(
        state=page.state,
        attempt=page.attempt,
        claimed_s=_seconds(page.created_at, page.claimed_at) if page.claimed_at else None,
        handed_over_s=_seconds(page.created_at, page.settled_at) if page.message_id and page.settled_at else None,
        failure=page.failure,
    )


def _seconds(since: datetime, until: datetime) -> float:
    return round(max(0.0, (until - since).total_seconds()), 3)


def _clock_off(said: Sequence[Receipt]) -> timedelta:
    """By the receipt that travelled the least: a slow network is no slow clock."""
    return min((clock_offset(each.at, now=each.recorded_at) for each in said), key=abs, default=timedelta(0))


def _newest_versions(in_service: Iterable[StoredDevice]) -> Mapping[Platform, str]:
    newest: dict[Platform, str] = {}
    for device in in_service:
        about = device.about
        if version_of(about.app_version) > version_of(newest.get(about.platform, "")):
            newest[about.platform] = about.app_version
    return newest


def _answer(stored: StoredAlert) -> str | None:
    if stored.alert.acknowledged_at is not None:
        return "received"
    return "declined" if stored.declined_at is not None else None
