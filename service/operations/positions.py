"""Where are the units? What phones and AVL feeds report, and who is near a place. Not for status: `registry`."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import structlog

from service.domain.geo import Point
from service.domain.unit import Rejection, Reported
from service.operations.position_copy import rebuild_positions
from service.operations.position_desk import Judgement, PositionDesk, Report
from service.operations.position_feeds import Feeds
from service.ports import Ports, PositionsUnavailable, UnitKey, UnitTrack
from service.store import fixes
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
    desk: PositionDesk, feeds: Feeds, *, agency_id: UUID, told: Sequence[FeedUnit]
) -> list[Judgement]:
    """An AVL feed tells where many units are: one judgement for each, in order.

    Every fix of a call sign that no unit had some seconds ago is refused. Raises DomainError as `PositionDesk.report`
    and `Feeds.call_signs` do.
    """
    ids = await feeds.call_signs(agency_id)
    known = [unit for unit in told if unit.call_sign in ids]
    reports = [Report(unit=UnitKey(agency_id, ids[unit.call_sign]), fixes=unit.fixes) for unit in known]
    judgements = iter(await desk.report(reports))
    return [next(judgements) if unit.call_sign in ids else _unknown(unit) for unit in told]


def units_near(database: Database, ports: Ports, *, agency_id: UUID, place: Point, limit: int) -> list[UnitTrack]:
    """Up to `limit` units with a believed fix, about nearest first; fewer than `limit` means that there are no more.

    From PostgreSQL when positions are unavailable; when they are wiped, one of those who notice rebuilds them, best
    effort. Raises DomainError(unavailable) when PostgreSQL is away too.
    """
    try:
        return ports.positions.near(agency_id, place, limit=limit)
    except PositionsUnavailable as error:
        _log.warning("units_sought_in_store", agency_id=str(agency_id), reason=str(error))
    if ports.positions.may_rebuild(agency_id):
        with suppress(PositionsUnavailable):
            rebuild_positions(database, ports, agency_id)
    with database.transaction(agency_id) as tx:
        return [UnitTrack(unit_id, track) for unit_id, track in fixes.nearest(tx, place, limit=limit).items()]


def _unknown(unit: FeedUnit) -> Judgement:
    reason = "no unit has this call sign"
    return Judgement(accepted=0, rejected=[Rejection(index, reason) for index in range(len(unit.fixes))])
