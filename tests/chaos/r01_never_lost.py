"""R1: a detection that was answered 202 is never lost, whatever dies, hangs or forgets while it is on its way.

Sensors of several cities post without a pause through a balancer and repeat what was not answered; two storms of faults
rage all the while. Afterwards, when all is quiet, each answered detection is looked for in PostgreSQL, and each alert
of its incident at the push service.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from random import Random

from chaos.faults import raging
from chaos.handed import looked_for, unsettled_pages
from chaos.outside import Agency, Taken
from chaos.row import Row, Scale
from chaos.stand import Plan, Stand, Wish, standing
from service.domain.geo import METRES_PER_DEGREE

QUIET_WITHIN_S = 240.0
"""After the last fault: two levels, a digest that waits a minute, and pages that failed eight times."""
ESCALATES = {"levels": 2, "acknowledgment_deadline_s": 20}
NEVER_HUSHED = {"sirens_per_minute": 60, "siren_every_s": 1}
"""A short run has no minute to wait for a digest, and ends before the first deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """So many detections in all, by so many sensors at a time in each agency; `an_incident` of them belong together."""

    detections: int
    agencies: int
    units: int
    sensors: int
    policy: Mapping[str, int]
    an_incident: int = 12


FULL = Load(detections=10_400, agencies=4, units=64, sensors=13, policy=ESCALATES)
SHORT = Load(detections=300, agencies=1, units=25, sensors=10, policy=NEVER_HUSHED)


def measure(scale: Scale) -> Row:
    load = SHORT if scale.short else FULL
    with standing(Plan(apis=1 if scale.short else 2, workers=1 if scale.short else 2)) as stand:
        agencies = stand.found(
            *(
                Wish(name=f"City {n}", units=load.units, middle=(37.0 + n, -122.0), spacing_m=600, policy=load.policy)
                for n in range(load.agencies)
            )
        )
        targets = [phone.target for agency in agencies for phone in agency.phones]
        with raging(stand, scale, targets=targets):
            taken = _heard(agencies, load, scale)
        _until_quiet(stand, escalates=not scale.short)
        finding = looked_for(stand, taken)
        gone = [*finding.lost, *finding.unrung]
        calls = sum(each.calls for each in taken)
        return Row(
            promise="R1",
            what=f"an answered 202 is never lost: {len(taken):,} detections, answered after {calls:,} calls",
            faults=stand.faults,
            worst=f"{len(finding.lost)} lost, {len(finding.unrung)} alerts not handed over, "
            f"{finding.unsettled} pages left",
            bound="0",
            holds=finding.nothing_lost,
            note=f"seed {scale.seed}: {'; '.join(gone[:5])}" if gone else "",
        )


def _heard(agencies: Sequence[Agency], load: Load, scale: Scale) -> list[Taken]:
    """All sensors at once, each until every one of its detections was answered."""
    each = load.detections // (load.agencies * load.sensors)
    sensors = [(agency, scale.luck(f"{agency.name} {n}")) for agency in agencies for n in range(load.sensors)]
    with ThreadPoolExecutor(len(sensors), thread_name_prefix="sensor") as threads:
        heard = [threads.submit(_report, agency, luck, each, load.an_incident) for agency, luck in sensors]
        return list(chain.from_iterable(future.result() for future in heard))


def _report(agency: Agency, luck: Random, count: int, an_incident: int) -> list[Taken]:
    taken = []
    places = _places(agency, luck, an_incident)
    reported_s = time.monotonic()
    for _ in range(count):
        if time.monotonic() - reported_s > 60.0:
            agency.report_positions()
            reported_s = time.monotonic()
        lat, lon = next(places)
        taken.append(agency.hears(lat, lon))
    return taken


def _places(agency: Agency, luck: Random, an_incident: int) -> Iterator[tuple[float, float]]:
    """Somewhere in the city, and then some more times within 50 m of there."""
    lats, lons = [phone.lat for phone in agency.phones], [phone.lon for phone in agency.phones]
    near_deg = 50 / METRES_PER_DEGREE
    while True:
        lat, lon = luck.uniform(min(lats), max(lats)), luck.uniform(min(lons), max(lons))
        for _ in range(an_incident):
            yield lat + luck.uniform(0, near_deg), lon + luck.uniform(0, near_deg)


def _until_quiet(stand: Stand, *, escalates: bool) -> None:
    """No page waits, and the last level has been asked."""

    def is_quiet() -> bool:
        is_open = stand.sql("select 1 from incidents where state = 'open' limit 1")
        return not unsettled_pages(stand) and not (escalates and is_open)

    stand.wait_for(is_quiet, timeout_s=QUIET_WITHIN_S, what="the last page")
