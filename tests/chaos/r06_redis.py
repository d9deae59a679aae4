"""R6: Redis is killed, hung, full or wiped while webhooks come in and two thousand cars report where they are.

No alert is lost, webhooks are answered as if nothing were, and after it returns it knows all cars again, by their
newest fixes.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from random import Random
from threading import Event, Thread

from chaos.fleet import Fleet, driving, founded
from chaos.handed import looked_for, unsettled_pages
from chaos.outside import Agency, Taken
from chaos.row import Row, Scale, percentile
from chaos.stand import VALKEY, Plan, Stand, Wish, standing

WEBHOOK_P99_S = 1.0
REBUILT_WITHIN_S = 5.0
QUIET_WITHIN_S = 120.0
WEBHOOKS_EVERY_S = 0.05
SOURCES = 2
GIVEN_UP_S = 60.0
NEVER_HUSHED = {"sirens_per_minute": 60, "siren_every_s": 1, "acknowledgment_deadline_s": 120, "join_within_s": 10}
"""Every alert is to be handed over by itself, and by its first level; and soon there is another incident there."""


def measure(scale: Scale) -> list[Row]:
    plan = Plan(apis=1, workers=1) if scale.short else Plan()
    with standing(plan) as stand:
        (agency,) = stand.found(Wish(units=36, spacing_m=900.0, policy=NEVER_HUSHED))
        fleet = founded(stand)
        taken: list[Taken] = []
        with driving(fleet), heard(agency, taken, scale=scale):
            time.sleep(1.0)
            rounds, lasting_s = (1, 1.0) if scale.short else (3, 10.0)
            rebuilt_s = [took for _ in range(rounds) for took in _broken(stand, fleet, lasting_s)]
        stand.wait_for(lambda: not unsettled_pages(stand), timeout_s=QUIET_WITHIN_S, what="the last page")
        return [_alerts(stand, taken, scale), _rebuilt(stand, fleet, rebuilt_s, scale)]


@contextmanager
def heard(agency: Agency, taken: list[Taken], *, scale: Scale) -> Iterator[None]:
    """Shots where units stand, too far apart to join; `taken` grows by each that was answered 202."""
    over = Event()
    threads = [Thread(target=_hear, args=(agency, taken, over, scale.luck(f"sensors {n}"))) for n in range(SOURCES)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _hear(agency: Agency, taken: list[Taken], over: Event, luck: Random) -> None:
    places = cycle(luck.sample(agency.phones, k=len(agency.phones)))
    while not over.wait(SOURCES * WEBHOOKS_EVERY_S):
        place = next(places)
        taken.append(agency.hears(place.lat, place.lon))


def _broken(stand: Stand, fleet: Fleet, lasting_s: float) -> Iterator[float]:
    """Each fault once, and how long after it Redis knew all cars again."""
    faults: Sequence[tuple[Callable[[], None], Callable[[], None]]] = (
        (lambda: stand.kill(VALKEY), lambda: stand.restart(VALKEY)),
        (lambda: stand.stop(VALKEY), lambda: stand.cont(VALKEY)),
        (lambda: _fill(stand), lambda: _give_room(stand)),
    )
    for strike, mend in faults:
        strike()
        time.sleep(lasting_s)
        last_told_at = fleet.told_at
        mend()
        yield _seconds_until_known(stand, fleet, as_of=last_told_at)
    last_told_at = fleet.told_at
    stand.wipe_redis()
    yield _seconds_until_known(stand, fleet, as_of=last_told_at)


def _seconds_until_known(stand: Stand, fleet: Fleet, *, as_of: float) -> float:
    """Never when it takes longer than GIVEN_UP_S."""
    began_s = time.monotonic()
    with stand.redis() as client:
        while time.monotonic() - began_s < GIVEN_UP_S:
            if fleet.is_known_to(client, as_of=as_of):
                return time.monotonic() - began_s
            time.sleep(0.05)
    return float("inf")


def _fill(stand: Stand) -> None:
    stand.faults["Valkey full"] += 1
    with stand.redis() as client:
        client.config_set("maxmemory", 1)


def _give_room(stand: Stand) -> None:
    with stand.redis() as client:
        client.config_set("maxmemory", 0)


def _alerts(stand: Stand, taken: Sequence[Taken], scale: Scale) -> Row:
    finding = looked_for(stand, taken)
    answered_s = [each.answered_at - each.sent_at for each in taken]
    p99_s, again = percentile(answered_s, 0.99), sum(each.calls - 1 for each in taken)
    return Row(
        promise="R6",
        what=f"without Redis alerts go on: {len(taken):,} webhooks",
        faults=dict(stand.faults),
        worst=f"{len(finding.lost) + len(finding.unrung)} lost, {again} refused, "
        f"webhook p50 {percentile(answered_s, 0.5):.3f}, p99 {p99_s:.2f}, worst {max(answered_s):.2f} s",
        bound=f"0 lost, 0 refused, p99 ≤ {WEBHOOK_P99_S:g} s",
        holds=finding.nothing_lost and not again and p99_s <= WEBHOOK_P99_S * scale.slack,
        note="; ".join([*finding.lost, *finding.unrung][:5]),
    )


def _rebuilt(stand: Stand, fleet: Fleet, took_s: Sequence[float], scale: Scale) -> Row:
    return Row(
        promise="R6",
        what="2,000 positions are in Redis again after it returns",
        faults=dict(stand.faults),
        worst=f"{max(took_s):.2f} s, {len(fleet.refused)} reports refused",
        bound=f"≤ {REBUILT_WITHIN_S:g} s, 0 refused",
        holds=max(took_s) <= REBUILT_WITHIN_S * scale.slack and not fleet.refused,
        note="; ".join([f"{took:.2f}" for took in took_s] if max(took_s) > REBUILT_WITHIN_S else fleet.refused[:3]),
    )
