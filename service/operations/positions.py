"""Where are the units? What phones and AVL feeds report, and who is near a place. Not for status: `registry`."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest
from uuid import UUID

import structlog
from anyio.to_thread import run_sync

from service.domain.geo import Point, rough_distance_m
from service.domain.unit import Rejection, Reported
from service.operations.position_copy import tracks_in_store
from service.operations.position_desk import Judgement, PositionDesk, Report
from service.ports import Ports, PositionsUnavailable, UnitKey, UnitTrack
from service.store import units
from service.store.database import Database

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedUnit:
    """What an AVL feed says of one unit."""

    call_sign: str
    fixes: Sequence[Reported]


async def report_positions(desk: PositionDesk, report: Report) -> Judgement:
    """A phone tells where it is. The same report again is believed again, and changes nothing.

    Raises DomainError as `PositionDesk.report` does.
    """
    return (await desk.report([report]))[0]


async def report_feed(
    desk: PositionDesk, database: Database, *, agency_id: UUID, told: Sequence[FeedUnit]
) -> list[Judgement]:
    """An AVL feed tells where many units are: one judgement for each, in order.

    Every fix of a call sign that no unit has is refused. Raises DomainError as `PositionDesk.report` does, and
    unavailable while PostgreSQL is away, which knows the call signs.
    """
    ids = await run_sync(_ids_of, database, agency_id, {unit.call_sign for unit in told})
    known = [unit for unit in told if unit.call_sign in ids]
    reports = [Report(unit=UnitKey(agency_id, ids[unit.call_sign]), fixes=unit.fixes) for unit in known]
    judgements = iter(await desk.report(reports))
    return [next(judgements) if unit.call_sign in ids else _unknown(unit) for unit in told]


def units_near(database: Database, ports: Ports, *, agency_id: UUID, place: Point, limit: int) -> list[UnitTrack]:
    """Up to `limit` units with a believed fix, about nearest first; fewer than `limit` means that there are no more.

    From PostgreSQL when positions are unavailable, and then positions are rebuilt from it, best effort. Raises
    DomainError(unavailable) when PostgreSQL is away too.
    """
    try:
        return ports.positions.near(agency_id, place, limit=limit)
    except PositionsUnavailable as error:
        _log.warning("units_sought_in_store", agency_id=str(agency_id), reason=str(error))
    tracks = tracks_in_store(database, agency_id)
    try:
        ports.positions.rebuild(agency_id, tracks)
    except PositionsUnavailable:
        pass
    else:
        _log.info("positions_rebuilt", agency_id=str(agency_id), units=len(tracks))
    located = [
        (rough_distance_m(place, track.last.point), UnitTrack(unit_id, track))
        for unit_id, track in tracks.items()
        if track.last is not None
    ]
    return [unit for _, unit in nsmallest(limit, located, key=lambda unit: unit[0])]


def _ids_of(database: Database, agency_id: UUID, call_signs: set[str]) -> dict[str, UUID]:
    with database.transaction(agency_id) as tx:
        return units.by_call_sign(tx, call_signs)


def _unknown(unit: FeedUnit) -> Judgement:
    reason = "no unit has this call sign"
    return Judgement(accepted=0, rejected=[Rejection(index, reason) for index in range(len(unit.fixes))])
