"""R6 under Sentinel: the master is killed, or hangs, under load; its replica is promoted, and all goes on.

The sentinels and both servers are the servers' own binary, configured as `docker/sentinel` has it.
"""

import time
from collections.abc import Sequence

from chaos.fleet import Fleet, driving, founded
from chaos.handed import looked_for, unsettled_pages
from chaos.outside import Taken
from chaos.r06_redis import GIVEN_UP_S, NEVER_HUSHED, QUIET_WITHIN_S, REBUILT_WITHIN_S, WEBHOOK_P99_S, heard
from chaos.row import Row, Scale, percentile
from chaos.sentinel import Watched, watched
from chaos.stand import Plan, Stand, Wish, standing

PROMOTED_WITHIN_S = 30.0
HANGS = (False, True, False)
"""Whether the master hangs, or dies, in each failover."""
QUEUE = "rq:queue:pages"


def measure(scale: Scale) -> Row:
    hosts = 1 if scale.short else 2
    with watched() as pair, standing(Plan(apis=hosts, workers=hosts, settings={"REDIS_URL": pair.url})) as stand:
        (agency,) = stand.found(Wish(units=36, spacing_m=900.0, policy=NEVER_HUSHED))
        fleet = founded(stand)
        taken: list[Taken] = []
        with driving(fleet), heard(agency, taken, scale=scale):
            time.sleep(1.0)
            took_s = [_failed_over(stand, pair, fleet, hangs=hangs) for hangs in HANGS[: 1 if scale.short else None]]
        stand.wait_for(lambda: not unsettled_pages(stand), timeout_s=QUIET_WITHIN_S, what="the last page")
        return _row(stand, taken, took_s, scale)


def _failed_over(stand: Stand, pair: Watched, fleet: Fleet, *, hangs: bool) -> float:
    """How long after the promotion the new master knew all cars, and workers had taken what nudges there were."""
    lost, last_told_at = pair.master(), fleet.told_at
    stand.faults[f"master {'hung' if hangs else 'killed'}"] += 1
    if hangs:
        pair.processes.hang(lost)
    else:
        pair.processes.kill(lost)
    pair.until(lambda: pair.master() != lost, timeout_s=PROMOTED_WITHIN_S)
    took_s = _seconds_until_at_work(pair, fleet, as_of=last_told_at)
    if hangs:
        pair.processes.go_on(lost)
    else:
        pair.start_again(lost)
    pair.until(pair.is_complete)
    return took_s


def _seconds_until_at_work(pair: Watched, fleet: Fleet, *, as_of: float) -> float:
    """Never when it takes longer than GIVEN_UP_S."""
    began_s = time.monotonic()
    with pair.client(pair.master(), as_text=False) as client:
        while time.monotonic() - began_s < GIVEN_UP_S:
            if fleet.is_known_to(client, as_of=as_of) and client.llen(QUEUE) == 0:
                return time.monotonic() - began_s
            time.sleep(0.05)
    return float("inf")


def _row(stand: Stand, taken: Sequence[Taken], took_s: Sequence[float], scale: Scale) -> Row:
    finding = looked_for(stand, taken)
    p99_s = percentile([each.answered_at - each.sent_at for each in taken], 0.99)
    again = sum(each.calls - 1 for each in taken)
    fine = finding.nothing_lost and not again and p99_s <= WEBHOOK_P99_S * scale.slack
    return Row(
        promise="R6",
        what=f"Sentinel fails over under load: {len(taken):,} webhooks",
        faults=dict(stand.faults),
        worst=f"{len(finding.lost) + len(finding.unrung)} lost, {again} refused, webhook p99 {p99_s:.2f} s, "
        f"positions and workers {max(took_s):.2f} s after the promotion",
        bound=f"0 lost, 0 refused, p99 ≤ {WEBHOOK_P99_S:g} s, ≤ {REBUILT_WITHIN_S:g} s",
        holds=fine and max(took_s) <= REBUILT_WITHIN_S * scale.slack,
        note="; ".join([*finding.lost, *finding.unrung][:5]),
    )
